package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineListener;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.test.memory.MemoryKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How an engine opens and closes, without brokers. */
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

  @Test
  void oneThatNeverJoinedClosesItsClientsAndItsDirectory() {
    EngineConfig config = EngineConfig.defaults().stateDir(temp).build();
    MemoryKafka kafka = new MemoryKafka();
    kafka.createTopic(config.posts().topic(), 1, Map.of());
    for (int i = 0; i < 2; i++) {
      new Engine(config, kafka, () -> new Moment(LoopRig.START, LoopRig.START), EngineListener.NONE)
          .close();
      assertThat(kafka.member().closed()).isTrue();
    }
  }
}
