package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.Trending;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Offsets of a real group are deleted or moved while no instance runs: see LostOffsetsTest. */
final class LostOffsetsIT {
  private static final int PARTITIONS = 2;

  @TempDir Path stateDir;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 1, 1);
  private final Admin admin = Admin.create(Map.of("bootstrap.servers", KafkaFixture.bootstrap()));
  private EngineConfig config;
  private long sent;

  @BeforeEach
  void count() {
    config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(KafkaFixture.uniqueName("offsets"))
            .topic(topic)
            .stateDir(stateDir)
            .leaveOnStop(true)
            .build();
    countTo(100);
  }

  @AfterEach
  void close() {
    posts.close();
    admin.close();
  }

  /** Sends posts up to a number, and returns how often the engine has counted each. */
  private void countTo(int number) {
    while (sent < number) {
      posts.sendRaw((int) (sent++ % PARTITIONS), "{\"text\":\"#one\"}");
    }
    posts.flush();
    try (Engine engine = Engine.start(config)) {
      Engines.awaitPosts(engine, number);
      Engines.awaitRunning(engine);
      long now = System.currentTimeMillis();
      assertThat(
              engine
                  .queries()
                  .hashtag("one", new Trending.Question(1, 6, null, now))
                  .windows()
                  .stream()
                  .mapToLong(Trending.WindowCount::count)
                  .sum())
          .isEqualTo(number);
      assertThat(engine.incidents().begun(Incidents.Kind.OFFSETS_LOST) > 0).isEqualTo(number > 100);
      Engines.end(engine);
    }
  }

  private Set<TopicPartition> partitions(boolean ofPosts, boolean ofShuffle) {
    Set<TopicPartition> partitions = new HashSet<>();
    for (int i = 0; ofPosts && i < PARTITIONS; i++) {
      partitions.add(new TopicPartition(topic, i));
    }
    for (int i = 0; ofShuffle && i < config.tasks().shufflePartitions(); i++) {
      partitions.add(new TopicPartition(TopicNames.of(config).shuffle(), i));
    }
    return partitions;
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true"})
  void postsAreCountedOnceWhenOffsetsAreDeleted(boolean ofPosts, boolean ofShuffle)
      throws Exception {
    admin
        .deleteConsumerGroupOffsets(config.identity().appId(), partitions(ofPosts, ofShuffle))
        .all()
        .get();
    countTo(110);
  }

  @ParameterizedTest
  @CsvSource({"0", "1000"})
  void postsAreCountedOnceWhenOffsetsAreMoved(long to) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> moved = new HashMap<>();
    partitions(true, true).forEach(tp -> moved.put(tp, new OffsetAndMetadata(to)));
    admin.alterConsumerGroupOffsets(config.identity().appId(), moved).all().get();
    countTo(110);
  }

  @Test
  void anUndisturbedRestartReportsNothing() {
    countTo(100);
  }
}
