package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.posts.PostViews;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.kstream.TimeWindowedDeserializer;
import org.apache.kafka.streams.kstream.Windowed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Posts of every kind, a process killed again and again, and not one count more or less. */
final class ExactlyOnceIT {
  private static final int POSTS = 200_000;
  private static final int KILLS = 12;
  private static final int PARTITIONS = 4;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();
  // A flush every 6 checkpoints, started but not awaited, so one more may be under way. A flush
  // that a slow disk holds up makes a longer tail, so this is asked of most and not of all.
  private static final int TAIL_CHECKPOINTS_MAX = 8;
  private static final Pattern RESTORED =
      Pattern.compile("restored \\S+-changelog-(\\d+) from offset (\\d+): (\\d+) records");

  @TempDir Path stateDir;

  private final String bootstrap = KafkaFixture.bootstrap();
  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("exact");
  private final long endMs = System.currentTimeMillis();
  private final long beginMs = endMs - Duration.ofMinutes(25).toMillis();
  private final long lateMs = beginMs - Duration.ofHours(3).toMillis();
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final List<Tail> tails = new ArrayList<>();

  /** What one restart read back of one changelog. */
  private record Tail(int partition, long from, long records) {}

  @Test
  void everyCountIsExactAfterManyKillsAndOnlyTheTailIsRestored() throws Exception {
    System.out.println("ExactlyOnceIT: repeat with -Dseed=" + seed);
    try (TestPosts posts = new TestPosts(bootstrap, topic, 5_000, seed);
        AppOffsets offsets = new AppOffsets(bootstrap, app, topic, PARTITIONS)) {
      AtomicBoolean producing = new AtomicBoolean(true);
      Thread producer = new Thread(() -> produceOnTime(posts, producing), "posts");
      producer.start();
      killAgainAndAgain();
      producing.set(false);
      producer.join();
      try (EngineProcess last = startRunning()) {
        offsets.awaitAllCounted(last);
        // Only now is stream time known to be far behind the late ones, in every partition.
        produceLate(posts);
        offsets.awaitAllCounted(last);
        assertThat(last.stop()).isZero();
      }
    }
    Map<CountKey, Long> truth =
        Recount.of(bootstrap, topic, WINDOW_MS, t -> t > lateMs + 1 && t <= endMs);
    assertThat(truth).hasSizeGreaterThan(10_000);
    assertThat(CountKey.differences(truth, StateDump.of(instanceDir(), PARTITIONS, WINDOW_MS)))
        .isEmpty();
    assertThat(CountKey.differences(truth, changelogAsKafkaStreamsReadsIt())).isEmpty();
    assertThatViewsAreExact();
    assertThatTombstonesOfSessionsStay();
    assertThatOnlyTailsWereRestored();
  }

  /** What is late for windows and sessions is not for a view without: it knows no time. */
  private void assertThatViewsAreExact() {
    Map<String, String> truth =
        ViewsOnDisk.recount(
            bootstrap,
            topic,
            (view, at) -> view.isEmpty() ? at >= lateMs && at <= endMs : at > lateMs + 1);
    assertThat(truth).hasSizeGreaterThan(50_000);
    Map<String, String> found = ViewsOnDisk.read(instanceDir(), PARTITIONS, ViewsOnDisk.of(topic));
    System.out.printf("ExactlyOnceIT: %d rows of views%n", truth.size());
    ViewsOnDisk.assertEqual(found, truth);
  }

  /** As long as the sessions: a store that goes on after a while needs them. */
  private void assertThatTombstonesOfSessionsStay() throws Exception {
    ConfigResource sessions =
        new ConfigResource(
            ConfigResource.Type.TOPIC, TopicNames.changelog(app, PostViews.SESSIONS));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Config settings =
          Objects.requireNonNull(
              admin.describeConfigs(List.of(sessions)).all().get().get(sessions));
      assertThat(settings.get(TopicConfig.DELETE_RETENTION_MS_CONFIG).value())
          .isEqualTo(settings.get(TopicConfig.RETENTION_MS_CONFIG).value());
    }
  }

  private Path instanceDir() {
    return stateDir.resolve(app).resolve("0");
  }

  private void produceOnTime(TestPosts posts, AtomicBoolean producing) {
    int onTime = POSTS - POSTS / 20;
    for (int i = 0; i < onTime; i++) {
      long at = beginMs + (endMs - beginMs) * i / onTime;
      posts.send(i % PARTITIONS, at, 30_000);
      if (i % 100 == 0) {
        poison(posts, i);
      }
      // Spread over the kills: the last part only once they are done.
      if (i % 1000 == 0 && producing.get()) {
        posts.flush();
        LockSupport.parkNanos(120_000_000L);
      }
    }
    posts.flush();
  }

  private void poison(TestPosts posts, int i) {
    String[] bad = {
      "not json at all",
      "{\"text\":",
      "{\"text\":42,\"timestamp\":" + endMs + "}",
      "{\"text\":\"#future\",\"timestamp\":" + (endMs + 86_400_000L) + "}",
      "{\"text\":\"#seconds\",\"timestamp\":" + endMs / 1000 + "}",
      "{\"text\":\"#negative\",\"timestamp\":-5}",
      "[\"#array\"]",
    };
    posts.sendRaw(i % PARTITIONS, bad[i / 100 % bad.length]);
  }

  private void produceLate(TestPosts posts) {
    int late = POSTS / 20;
    for (int i = 0; i < late; i++) {
      boolean onTime = i % 2 == 0;
      posts.send(i % PARTITIONS, onTime ? endMs : lateMs, onTime ? 30_000 : 0);
    }
    posts.flush();
  }

  private void killAgainAndAgain() throws Exception {
    for (int i = 0; i < KILLS; i++) {
      try (EngineProcess engine = startRunning()) {
        LockSupport.parkNanos(random.nextLong(50_000_000L, 1_500_000_000L));
        engine.kill();
      }
    }
  }

  private EngineProcess startRunning() throws Exception {
    EngineProcess engine = EngineProcess.start(bootstrap, app, topic, stateDir, "threads=2");
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(20))
        .until(engine::isRunning);
    for (String line : engine.lines()) {
      Matcher restored = RESTORED.matcher(line);
      if (restored.find()) {
        tails.add(
            new Tail(
                Integer.parseInt(restored.group(1)),
                Long.parseLong(restored.group(2)),
                Long.parseLong(restored.group(3))));
      }
    }
    return engine;
  }

  /** A proof by a program that is not ours. */
  private Map<CountKey, Long> changelogAsKafkaStreamsReadsIt() {
    Map<CountKey, Long> rows = new HashMap<>();
    try (TimeWindowedDeserializer<String> keys =
        new TimeWindowedDeserializer<>(new StringDeserializer(), WINDOW_MS)) {
      keys.setIsChangelogTopic(true);
      for (ConsumerRecord<byte[], byte[]> change : Recount.readAll(bootstrap, changelog())) {
        Windowed<String> key = keys.deserialize(change.topic(), change.key());
        assertThat(key.window().end() - key.window().start()).isEqualTo(WINDOW_MS);
        int colon = key.key().lastIndexOf(':');
        rows.put(
            new CountKey(
                key.window().start(),
                key.key().substring(0, colon),
                key.key().substring(colon + 1)),
            ByteBuffer.wrap(change.value()).getLong());
      }
    }
    return rows;
  }

  private String changelog() {
    return app + "-" + TopicNames.STORE + "-changelog";
  }

  private void assertThatOnlyTailsWereRestored() {
    Map<Integer, List<ConsumerRecord<byte[], byte[]>>> changes =
        Recount.readAll(bootstrap, changelog()).stream()
            .collect(
                Collectors.groupingBy(
                    ConsumerRecord::partition, TreeMap::new, Collectors.toList()));
    long total = changes.values().stream().mapToLong(List::size).sum();
    long read = tails.stream().mapToLong(Tail::records).sum();
    assertThat(tails).isNotEmpty();
    System.out.printf(
        "ExactlyOnceIT: %d kills, %d changelog records in all, %d read back in %d restores%n",
        KILLS, total, read, tails.size());
    List<Long> checkpoints = new ArrayList<>();
    long readFromTheBeginning = 0;
    for (Tail tail : tails) {
      List<ConsumerRecord<byte[], byte[]>> partition =
          changes.getOrDefault(tail.partition, List.of());
      List<ConsumerRecord<byte[], byte[]>> inTail =
          partition.stream()
              .filter(change -> change.offset() >= tail.from)
              .limit(tail.records)
              .toList();
      readFromTheBeginning +=
          partition.stream().filter(change -> change.offset() < tail.from).count() + inTail.size();
      checkpoints.add(
          inTail.stream()
              .filter(change -> change.headers().lastHeader(Changelog.CHECKPOINT_HEADER) != null)
              .count());
    }
    checkpoints.sort(null);
    System.out.printf(
        "ExactlyOnceIT: %d from the beginning; checkpoints in the tails: %s%n",
        readFromTheBeginning, checkpoints);
    assertThat(checkpoints.get(checkpoints.size() / 2))
        .as("checkpoints in most of %s: %s", tails, checkpoints)
        .isLessThanOrEqualTo(TAIL_CHECKPOINTS_MAX);
    assertThat(read)
        .as("records read back; every time from the beginning, it would have been that many")
        .isLessThan(readFromTheBeginning);
  }
}
