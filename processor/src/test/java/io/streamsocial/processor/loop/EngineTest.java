package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineListener;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.test.memory.MemoryKafka;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
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
      open(config, kafka).close();
      assertThat(kafka.member().closed()).isTrue();
    }
  }

  /** A program may correct its settings and try again. */
  @Test
  void oneWhoseClientsCannotBeMadeLeavesItsDirectoryFree() {
    EngineConfig config = EngineConfig.defaults().stateDir(temp).threads(2).build();
    MemoryKafka kafka = new MemoryKafka();
    kafka.createTopic(config.posts().topic(), 1, Map.of());
    AtomicInteger groups = new AtomicInteger();
    KafkaClients failing =
        (KafkaClients)
            Proxy.newProxyInstance(
                KafkaClients.class.getClassLoader(),
                new Class<?>[] {KafkaClients.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("group") && groups.incrementAndGet() == 2) {
                    throw new KafkaException("a setting of the consumer is wrong");
                  }
                  return method.invoke(kafka, arguments);
                });
    assertThatThrownBy(() -> open(config, failing))
        .isInstanceOf(KafkaException.class)
        .hasMessageContaining("setting");
    assertThat(kafka.member().closed()).isTrue();
    open(config, kafka).close();
  }

  private static Engine open(EngineConfig config, KafkaClients clients) {
    return new Engine(
        config, clients, () -> new Moment(LoopRig.START, LoopRig.START), EngineListener.NONE);
  }
}
