package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineListener;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.views.View;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.MockConsumer;
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

  /** A program may correct its settings and try again: nothing of the first try is in the way. */
  @Test
  void oneWhoseClientsCannotBeMadeClosesThoseThatWereMadeAndLeavesItsDirectoryFree() {
    EngineConfig config = EngineConfig.defaults().stateDir(temp).threads(2).build();
    MemoryKafka kafka = new MemoryKafka();
    kafka.createTopic(config.posts().topic(), 1, Map.of());
    List<MockConsumer<?, ?>> made = new ArrayList<>();
    AtomicInteger fails = new AtomicInteger();
    KafkaClients failing =
        (KafkaClients)
            Proxy.newProxyInstance(
                KafkaClients.class.getClassLoader(),
                new Class<?>[] {KafkaClients.class},
                (proxy, method, arguments) -> {
                  if (Consumer.class.isAssignableFrom(method.getReturnType())
                      && made.size() == fails.get()) {
                    throw new KafkaException("a setting of the consumer is wrong");
                  }
                  Object client = method.invoke(kafka, arguments);
                  if (client instanceof MockConsumer<?, ?> consumer) {
                    made.add(consumer);
                  }
                  return client;
                });
    // Each loop has two at once: one restores, and one is its place in the group.
    for (int i = 0; i < 4; i++) {
      made.clear();
      fails.set(i);
      assertThatThrownBy(() -> open(config, failing))
          .isInstanceOf(KafkaException.class)
          .hasMessageContaining("setting");
      assertThat(made).as("before client %d", i).hasSize(i).allMatch(MockConsumer::closed);
    }
    made.clear();
    fails.set(4);
    open(config, failing).close();
    assertThat(made).hasSize(4).allMatch(MockConsumer::closed);
  }

  @Test
  void allTopicsThatAreMissingAreNamedAtOnce() {
    View view =
        View.named("balance")
            .from("shop.orders", (record, out) -> {})
            .from("shop.returns", (record, out) -> {})
            .unwindowed()
            .sum("n")
            .build();
    EngineConfig config = EngineConfig.defaults().stateDir(temp).view(view).build();
    MemoryKafka kafka = new MemoryKafka();
    assertThatThrownBy(() -> open(config, kafka))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("topic 'shop.orders' does not exist")
        .hasMessageContaining("topic 'shop.returns' does not exist");
    kafka.createTopic("shop.orders", 1, Map.of());
    assertThatThrownBy(() -> open(config, kafka))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("topic 'shop.returns' does not exist")
        .message()
        .doesNotContain("'shop.orders' does not exist");
    kafka.createTopic("shop.returns", 1, Map.of());
    open(config, kafka).close();
  }

  private static Engine open(EngineConfig config, KafkaClients clients) {
    return new Engine(
        config, clients, () -> new Moment(LoopRig.START, LoopRig.START), EngineListener.NONE);
  }
}
