package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DocBlockTest {
  private static DocBlock block(String language, String marker, String... lines) {
    return new DocBlock("page.md", 10, language, marker, List.of(lines));
  }

  @Test
  void commandsOfAScriptAreItsLinesPutTogether() {
    DocBlock block = block("sh", "", "# first", "a --b \\", "  --c", "", "d");
    assertThat(block.commands())
        .extracting(DocBlock.Command::text)
        .containsExactly("a --b --c", "d");
    assertThat(block.commands().get(1).where()).isEqualTo("page.md:15");
  }

  @Test
  void onAConsoleCommandsAndWhatTheyPrintAreToldApart() {
    DocBlock block = block("console", "", "$ a", "one", "two", "$ b");
    assertThat(block.commands()).extracting(DocBlock.Command::text).containsExactly("a", "b");
    assertThat(block.commands().get(0).shown()).containsExactly("one", "two");
    assertThatThrownBy(() -> block("console", "", "forgot the dollar").commands())
        .hasMessageContaining("page.md:11");
  }

  @Test
  void markersAreWhatThePageSaysAboutACommand() {
    DocBlock with = block("sh", "run with --yes: nobody is there", "reset");
    assertThat(with.added()).isEqualTo(" --yes");
    assertThat(with.isRun()).isTrue();
    assertThat(block("sh", "not run: needs Docker", "docker").isRun()).isFalse();
    assertThat(block("sh", "not run: needs Docker", "docker").reason()).isEqualTo("needs Docker");
    assertThat(block("sh", "exit 3: it waits", "x").exitCode()).isEqualTo(3);
    assertThat(block("sh", "", "x").exitCode()).isZero();
  }

  @Test
  void outputThatIsNoLongerPrintedIsFound() throws Exception {
    DocBlock.Command table = new DocBlock.Command("page.md:1", "x", List.of("NAME  COUNT", "a  7"));
    ShownOutput.check(table, "NAME     COUNT\na        1234\n");
    assertThatThrownBy(() -> ShownOutput.check(table, "NAME  TOTAL\na  7\n"))
        .hasMessageContaining("NAME COUNT");
    DocBlock.Command json =
        new DocBlock.Command("page.md:1", "x", List.of("{\"rows\":[{\"n\":1}],", "\"ok\":true}"));
    ShownOutput.check(json, "{\"ok\":false,\"rows\":[],\"more\":1}");
    ShownOutput.check(json, "{\"ok\":false,\"rows\":[{\"n\":5}]}");
    assertThatThrownBy(() -> ShownOutput.check(json, "{\"ok\":false,\"rows\":[{\"m\":5}]}"))
        .hasMessageContaining("has n");
    assertThatThrownBy(() -> ShownOutput.check(json, "{\"ok\":\"yes\",\"rows\":[]}"))
        .isInstanceOf(AssertionError.class);
  }
}
