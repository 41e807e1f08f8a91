package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.trends.Regions;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;

/** What {@link ViewTest} promises to those who write tests with it. */
final class ViewTestTest {
  private static ViewTest start(int instances) {
    return ViewTest.of(Posts.config().build()).instances(instances).start();
  }

  @Test
  void whatIsSentIsCountedOnceItHadTime() {
    try (ViewTest test = start(2)) {
      Posts.send(test, "#java and #kafka", "EU", test.nowMs());
      Posts.send(test, "#java", "US", test.nowMs());
      assertThat(Posts.counts(test, 1, "")).isEmpty();
      test.advance(Duration.ofSeconds(1));
      assertThat(Posts.counts(test, 1, "")).isEqualTo(Map.of("java", 2L, "kafka", 1L));
      assertThat(Posts.counts(test, 1, "EU")).isEqualTo(Map.of("java", 1L, "kafka", 1L));
      Trending.Question question = new Trending.Question(1, 1, null, test.nowMs());
      assertThat(test.queries().hashtag("#Java", question).windows())
          .extracting(Trending.WindowCount::count)
          .containsExactly(2L);
      assertThat(test.queries().tryTrending(question).orElseThrow())
          .isEqualTo(test.queries().trending(question));
      assertThat(test.queries().regions(new Regions.Question(10, 1, test.nowMs())).rows())
          .hasSize(2);
    }
  }

  @Test
  void timeStandsStillButForWhoLetsItPass() {
    Instant start = Instant.parse("2027-03-04T05:06:07Z");
    try (ViewTest test = ViewTest.of(Posts.config().build()).startAt(start).start()) {
      long before = test.nowMs();
      assertThat(before - start.toEpochMilli()).isBetween(0L, 60_000L);
      Posts.send(test, "#java", "EU", test.nowMs());
      assertThat(test.nowMs()).isEqualTo(before);
      test.advance(Duration.ofMillis(1_234));
      assertThat(test.nowMs()).isEqualTo(before + 1_234);
      assertThatThrownBy(() -> test.advance(Duration.ofMillis(-1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("it does not go back");
    }
  }

  @Test
  void windowsExpireInVirtualTime() {
    try (ViewTest test = start(1)) {
      long sentMs = test.nowMs();
      Posts.send(test, "#old", "EU", sentMs);
      test.settle();
      test.advance(Duration.ofHours(3));
      // Stream time goes by the posts, not by the clock.
      for (int i = 0; i < 100; i++) {
        Posts.send(test, "#new", "EU", test.nowMs());
      }
      test.advance(Duration.ofMinutes(1));
      Trending.Question then = new Trending.Question(1, 1, null, sentMs);
      assertThat(test.queries().hashtag("old", then).known()).isFalse();
      assertThat(Posts.counts(test, 1, "")).isEqualTo(Map.of("new", 100L));
    }
  }

  @Test
  void theOthersTakeOverFromOneThatWasKilled() {
    try (ViewTest test = start(2)) {
      Posts.send(test, "#java", "EU", test.nowMs());
      test.settle();
      test.crash(0);
      assertThatThrownBy(() -> test.engine(0)).hasMessage("instance 0 is down");
      assertThatThrownBy(() -> test.crash(0)).hasMessage("instance 0 is down");
      Trending.Question question = new Trending.Question(1, 1, null, test.nowMs());
      assertThat(test.queries().trending(question).completeness().missing()).isNotEmpty();
      Posts.send(test, "#java", "EU", test.nowMs());
      test.settle();
      assertThat(Posts.counts(test, 1, "")).isEqualTo(Map.of("java", 2L));
      test.restart(0);
      assertThatThrownBy(() -> test.restart(0)).hasMessage("instance 0 is up");
      test.settle();
      assertThat(test.engine(0).status().state()).isEqualTo(EngineState.RUNNING);
    }
  }

  /** Nobody is left who knows of it: the brokers end it when its time is over. */
  @Test
  void whatAKilledInstanceHasLeftOpenHoldsNobodyBackForLong() {
    List<String> traces = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      try (ViewTest test =
          ViewTest.of(Posts.config().leaveOnStop(true).build()).instances(2).seed(seed).start()) {
        for (int i = 0; i < 20; i++) {
          Posts.send(test, "#java", "EU", test.nowMs());
        }
        test.crash(1);
        Posts.send(test, "#java", "EU", test.nowMs());
        test.advance(Duration.ofMillis(500));
        test.stop(0);
        test.restart(0);
        test.settle();
        assertThat(Posts.counts(test, 2, "")).isEqualTo(Map.of("java", 21L));
        traces.addAll(test.trace());
      }
    }
    assertThat(traces).anyMatch(line -> line.endsWith("in the middle of a transaction"));
  }

  @Test
  void standbysAnswerAtOnce() {
    try (ViewTest test =
        ViewTest.of(Posts.config().standbys(1).build()).instances(2).seed(3).start()) {
      Posts.send(test, "#java", "EU", test.nowMs());
      test.advance(Duration.ofSeconds(30));
      test.stop(1);
      assertThat(Posts.counts(test, 1, "")).isEqualTo(Map.of("java", 1L));
    }
  }

  @Test
  void partitionsChangeHandsInARebalance() {
    try (ViewTest test = start(3)) {
      int before = test.trace().size();
      Posts.send(test, "#java", "EU", test.nowMs());
      test.rebalance();
      test.settle();
      assertThat(test.trace().subList(before, test.trace().size()))
          .anyMatch(line -> line.contains("the group rebalances"));
      assertThat(Posts.counts(test, 1, "")).isEqualTo(Map.of("java", 1L));
    }
  }

  @Test
  void recordsGoWhereKafkasProducersSendThem() {
    try (ViewTest test = start(1)) {
      byte[] value = "{\"text\":\"#java\"}".getBytes(UTF_8);
      for (String name : List.of("a", "shop-7", "Straße")) {
        byte[] key = name.getBytes(UTF_8);
        assertThat(test.send(Posts.TOPIC, key, value, 1).partition())
            .isEqualTo(BuiltInPartitioner.partitionForKey(key, 4));
      }
      assertThat(
              test.send(new ProducerRecord<byte[], byte[]>(Posts.TOPIC, 2, null, value))
                  .partition())
          .isEqualTo(2);
      assertThatThrownBy(
              () -> test.send(new ProducerRecord<byte[], byte[]>(Posts.TOPIC, 4, null, value)))
          .hasMessage("topic social.posts has no partition 4, but 4 partitions");
      assertThatThrownBy(() -> test.send("orders", null, value, 1))
          .hasMessageStartingWith("topic orders does not exist: the application reads [");
    }
  }

  @Test
  void whatIsRejectedCanBeRead() {
    try (ViewTest test = start(2)) {
      test.send(Posts.TOPIC, null, "no json".getBytes(UTF_8), test.nowMs());
      test.settle();
      List<ConsumerRecord<byte[], byte[]>> rejected =
          test.records("streamsocial-trending-rejected");
      assertThat(rejected).hasSize(1);
      assertThat(rejected.get(0).value()).asString(UTF_8).isEqualTo("no json");
    }
  }

  @Test
  void whatDoesNotSettleIsNamed() {
    try (ViewTest test = start(1)) {
      test.stop(0);
      Posts.send(test, "#java", "EU", test.nowMs());
      assertThatThrownBy(test::settle)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("instance 0 is down")
          .hasMessageContaining("partition 0 is held by none");
    }
  }

  @Test
  void nothingIsLeftBehind() throws IOException {
    Set<Path> directories = directories();
    Set<Thread> threads = new HashSet<>(Thread.getAllStackTraces().keySet());
    ViewTest test = start(3);
    Posts.send(test, "#java", "EU", test.nowMs());
    test.settle();
    test.crash(1);
    assertThat(Thread.getAllStackTraces().keySet()).isEqualTo(threads);
    assertThat(directories()).hasSize(directories.size() + 1);
    test.close();
    test.close();
    assertThat(directories()).isEqualTo(directories);
    assertThatThrownBy(test::settle).hasMessage("the test is closed");
  }

  @Test
  void aConfigurationThatTheEngineRefusesIsRefusedHere() throws IOException {
    Set<Path> directories = directories();
    // The stores want at least 8 MB of native memory, which the builder checks.
    assertThatThrownBy(() -> ViewTest.of(Posts.config().storeMemoryBytes(1).build()))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> ViewTest.of(Posts.config().build()).instances(17))
        .hasMessage("instances is 17: allowed is 1 to 16");
    assertThat(directories()).isEqualTo(directories);
  }

  private static Set<Path> directories() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("view-test-"))
          .collect(Collectors.toSet());
    }
  }
}
