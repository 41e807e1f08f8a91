package io.streamsocial.http.auth;

import static io.streamsocial.http.fixture.Rules.READ;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.Access;
import io.streamsocial.http.fixture.Rules;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadedTest {
  @Test
  void aReloadThatFailsKeepsWhatWasThere(@TempDir Path own) throws UnusableFileException {
    Rules rules = new Rules(own);
    Path file = rules.write("t", "read " + READ);
    Reloaded<Tokens> tokens =
        Reloaded.open("tokens-file", List.of(file), contents -> Tokens.parse(contents.get(0)));
    for (String broken : List.of("", "# none", "read", "root 0123456789abcdef", "read short")) {
      rules.write("t", broken);
      tokens.refresh();
      assertThat(tokens.value().access(READ)).hasValue(Access.READ);
    }
    assertThat(file.toFile().delete()).isTrue();
    tokens.refresh();
    assertThat(tokens.value().access(READ)).hasValue(Access.READ);
    rules.write("t", "admin " + READ);
    tokens.refresh();
    assertThat(tokens.value().access(READ)).hasValue(Access.ADMIN);
  }
}
