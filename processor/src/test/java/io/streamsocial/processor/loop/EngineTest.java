package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine refuses before it asks anybody. */
final class EngineTest {
  @TempDir Path temp;

  @Test
  void aStateDirectoryThatIsNoneIsAMistakeOfTheConfiguration() throws IOException {
    Path file = Files.createFile(temp.resolve("file"));
    EngineConfig config = EngineConfig.defaults().stateDir(file).build();
    assertThatThrownBy(() -> Engine.open(config).close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("state-dir");
  }
}
