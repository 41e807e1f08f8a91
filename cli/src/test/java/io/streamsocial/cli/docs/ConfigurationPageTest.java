package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {
  private static final String WRITE =
      "mvn -pl cli -am test -Dtest=ConfigurationPageTest -Ddocs.write=true"
          + " -Dsurefire.failIfNoSpecifiedTests=false";

  @Test
  void thePageIsWhatTheCodeSays() throws IOException {
    Path page = DocPages.root().resolve("docs").resolve("configuration.md");
    String rendered = ConfigurationPage.render();
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(page, rendered);
    }
    assertThat(page).as("write it with: " + WRITE).exists();
    assertThat(Files.readString(page))
        .as("docs/configuration.md is not what the code says; write it again with: " + WRITE)
        .isEqualTo(rendered);
  }

  @Test
  void everyKindOfSettingIsThereWithWhatIsAllowed() {
    List<String> lines = ConfigurationPage.render().lines().toList();
    assertThat(lines)
        .anyMatch(line -> line.startsWith("| `--threads` | `TRENDING_THREADS` | `1` | 1 to 64 |"))
        .anyMatch(line -> line.startsWith("| `--window` | `TRENDING_WINDOW` | `5m` | 1s to 24h |"))
        .anyMatch(line -> line.contains("`exactly_once`, `at_least_once`"))
        .anyMatch(line -> line.startsWith("| `--nodes` | `TRENDING_NODES` | `1` | 1 and 3 |"))
        .anyMatch(line -> line.startsWith("| `transactional.id` | none,"))
        .anyMatch(line -> line.startsWith("| `storeMemoryBytes` | `long` |"));
    assertThat(ConfigurationPage.render())
        .as("the same again")
        .isEqualTo(String.join("\n", lines) + "\n");
  }
}
