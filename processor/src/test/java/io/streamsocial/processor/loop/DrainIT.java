package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.Trending;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A backlog of twenty minutes is drained in seconds, its partitions at different speeds. With a
 * grace of one minute any rule that took the fastest partition for the time would drop most of it
 * as late.
 */
final class DrainIT {
  private static final int PARTITIONS = 4;
  private static final int POSTS = 100_000;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();
  private static final long END_MS = System.currentTimeMillis();
  private static final long SPAN_MS = Duration.ofMinutes(20).toMillis();
  private static final String TOPIC = KafkaFixture.createTopic("backlog", PARTITIONS);

  @TempDir Path stateDir;

  @BeforeAll
  static void writeBacklog() {
    try (TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), TOPIC, 2_000, 42)) {
      for (int i = 0; i < POSTS; i++) {
        // One partition after the other on the log, all over the same time.
        int partition = i / (POSTS / PARTITIONS);
        long at = END_MS - SPAN_MS + SPAN_MS * (i % (POSTS / PARTITIONS)) / (POSTS / PARTITIONS);
        posts.send(partition, at, 20_000);
      }
      posts.flush();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, EXACTLY_ONCE", "3, EXACTLY_ONCE", "2, AT_LEAST_ONCE"})
  void theSameExactCountsWithAnyNumberOfLoops(int threads, Guarantee guarantee) {
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(KafkaFixture.uniqueName("drain"))
            .topic(TOPIC)
            .stateDir(stateDir)
            .threads(threads)
            .guarantee(guarantee)
            .grace(Duration.ofMinutes(1))
            .checkpointMs(500)
            .build();
    boolean isRepeated;
    try (Engine engine = Engine.start(config)) {
      Engines.awaitPosts(engine, POSTS);
      Engines.awaitCheckpoints(engine);
      Engines.end(engine);
      EngineStatus last = engine.status();
      assertThat(Engines.sum(last, EngineStatus.Counters::late)).isZero();
      assertThat(last.loops()).hasSize(threads);
      isRepeated =
          Engines.sum(last, EngineStatus.Counters::posts) > POSTS
              || Engines.sum(last, EngineStatus.Counters::aborts) > 0;
    }
    Map<CountKey, Long> truth =
        Recount.of(KafkaFixture.bootstrap(), TOPIC, WINDOW_MS, t -> t <= END_MS);
    Path instance =
        stateDir.resolve(config.identity().appId()).resolve(config.identity().instanceId());
    Map<CountKey, Long> found =
        StateDump.of(instance, config.tasks().shufflePartitions(), WINDOW_MS);
    if (guarantee == Guarantee.AT_LEAST_ONCE && isRepeated) {
      // A loop that loses its place for a while is free to count twice, and says that it did.
      assertThat(found).containsOnlyKeys(truth.keySet());
      assertThat(found)
          .allSatisfy(
              (key, count) ->
                  assertThat(count).isGreaterThanOrEqualTo(truth.getOrDefault(key, 0L)));
    } else {
      assertThat(CountKey.differences(truth, found)).isEmpty();
    }
  }

  @Test
  void theAnswerSaysWhichInputItIncludes() {
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(KafkaFixture.uniqueName("asof"))
            .topic(TOPIC)
            .stateDir(stateDir)
            .build();
    try (Engine engine = Engine.start(config)) {
      Engines.awaitPosts(engine, POSTS);
      Trending.Question question = new Trending.Question(10, 3, null, END_MS);
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> {
                Completeness known = engine.queries().trending(question).completeness();
                assertThat(known.partial()).isFalse();
                assertThat(known.asOf()).hasSize(PARTITIONS);
                assertThat(known.asOf().values())
                    .allSatisfy(offset -> assertThat(offset).isEqualTo(POSTS / PARTITIONS));
                assertThat(known.stalenessMs(engine.clocks().get())).isBetween(0L, 3_000L);
              });
      Engines.end(engine);
    }
  }
}
