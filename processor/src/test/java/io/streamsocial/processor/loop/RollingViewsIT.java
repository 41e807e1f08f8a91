package io.streamsocial.processor.loop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.views.View;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances in processes of their own, on a real Kafka, while posts come all the time: a rolling
 * restart adds a view, another takes one away, and between them instances are killed.
 *
 * <p>What must hold is what decision 11 says. The views that stay are exact over all of it. The one
 * that is added has, of each posts partition, every post from one on and none before: nothing that
 * was published before the last instance without it was stopped, everything that was posted after
 * all had said that they count it. The one that is taken away has everything that it had when the
 * restart began and nothing that was posted after it; what came meanwhile may be missing.
 */
final class RollingViewsIT {
  private static final int PARTITIONS = 4;
  private static final int INSTANCES = 3;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String ADDED = "added";
  private static final String TAKEN = "taken";

  @TempDir Path stateDir;

  private final String bootstrap = KafkaFixture.bootstrap();
  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("rolling");
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final AppOffsets offsets = new AppOffsets(bootstrap, app, topic, PARTITIONS);
  private final List<EngineProcess> instances = new ArrayList<>();
  private final long begunNanos = System.nanoTime();

  @AfterEach
  void end() {
    instances.forEach(EngineProcess::close);
    offsets.close();
  }

  @Test
  void viewsComeAndGoWithRollingRestartsAndNoRowIsWrong() throws Exception {
    System.out.println("RollingViewsIT: repeat with -Dseed=" + seed);
    Map<Integer, Long> lacking;
    Map<Integer, Long> added;
    Set<String> takenBefore;
    Map<Integer, Long> gone;
    try (TestPosts posts = new TestPosts(bootstrap, topic, 2_000, seed)) {
      AtomicBoolean producing = new AtomicBoolean(true);
      Thread producer = new Thread(() -> produce(posts, producing), "posts");
      producer.start();
      try {
        for (int i = 0; i < INSTANCES; i++) {
          instances.add(start(i, TAKEN));
        }
        awaitRunning();
        awaitCounting(TAKEN, true);
        say("all run");
        killOne(TAKEN);

        lacking = roll(TAKEN + "," + ADDED);
        awaitCounting(ADDED, true);
        say("all count the view that was added");
        added = offsets.ends();
        killOne(TAKEN + "," + ADDED);
        awaitCounting(ADDED, true);
        takenBefore = awaitTaken();

        Map<Integer, Long> unused = roll(ADDED);
        awaitCounting(TAKEN, false);
        gone = offsets.ends();
        killOne(ADDED);
        LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
      } finally {
        producing.set(false);
        producer.join();
      }
    }
    say("the posts end");
    stopOneByOne();
    say("all is counted");
    assertThatWhatStayedIsExact();
    assertThatTheAddedBeganOnce(lacking, added);
    assertThatTheTakenHasWhatItHad(takenBefore, gone);
  }

  @SuppressWarnings("AnnotateFormatMethod") // private, and its callers are in sight
  private void say(String format, Object... values) {
    System.out.printf(
        "RollingViewsIT: after %.1f s: %s%n",
        (System.nanoTime() - begunNanos) / 1e9, format.formatted(values));
  }

  /** Some hundred posts a second, of now. */
  private void produce(TestPosts posts, AtomicBoolean producing) {
    for (int i = 0; producing.get(); i++) {
      posts.send(i % PARTITIONS, System.currentTimeMillis(), 30_000);
      if (i % 20 == 0) {
        LockSupport.parkNanos(30_000_000L);
      }
    }
    posts.flush();
  }

  // ---------------------------------------------------------------- the instances

  private EngineProcess start(int id, String views) throws Exception {
    return EngineProcess.start(
        bootstrap, app, topic, stateDir, "instance=" + id, "leaves=true", "posts=" + views);
  }

  private void awaitRunning() {
    await("all run")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> instances.stream().allMatch(EngineProcess::isRunning));
  }

  /** Until each instance says that it counts the view, or does no more. */
  private void awaitCounting(String view, boolean counts) {
    await("all count %s: %s".formatted(view, counts))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                instances.stream()
                    .allMatch(
                        each ->
                            each.isRunning()
                                && !each.counts().isEmpty()
                                && each.counts().contains(view) == counts));
  }

  /**
   * Stops each instance in order, which leaves the group, or kills it, which does not; and starts
   * it again with other views.
   *
   * @return up to where posts were published just before the last one was stopped
   */
  private Map<Integer, Long> roll(String views) throws Exception {
    Map<Integer, Long> committed = Map.of();
    int first = random.nextInt(INSTANCES);
    for (int i = 0; i < INSTANCES; i++) {
      committed = offsets.committed();
      replace((first + i) % INSTANCES, views);
      LockSupport.parkNanos(random.nextLong(1_000_000_000L));
    }
    return committed;
  }

  private void replace(int id, String views) throws Exception {
    EngineProcess before = instances.get(id);
    boolean orderly = random.nextBoolean();
    say("instance %d is %s, then with %s", id, orderly ? "stopped" : "killed", views);
    if (orderly) {
      assertThat(before.stop()).as("exit code, %s", before.lines()).isZero();
    } else {
      before.kill();
    }
    instances.set(id, start(id, views));
    awaitRunning();
  }

  private void killOne(String views) throws Exception {
    LockSupport.parkNanos(random.nextLong(500_000_000L));
    int id = random.nextInt(INSTANCES);
    say("instance %d is killed", id);
    instances.get(id).kill();
    LockSupport.parkNanos(random.nextLong(500_000_000L));
    instances.set(id, start(id, views));
    awaitRunning();
  }

  /** The last one gets every partition, and counts what is left. */
  private void stopOneByOne() throws Exception {
    for (int id = 1; id < INSTANCES; id++) {
      assertThat(instances.get(id).stop()).as("exit code").isZero();
    }
    offsets.awaitAllCounted(instances.get(0));
    assertThat(instances.get(0).stop()).isZero();
  }

  // ---------------------------------------------------------------- what came of it

  private void assertThatWhatStayedIsExact() {
    Path instance = stateDir.resolve(app).resolve("0");
    Map<CountKey, Long> hashtags = Recount.of(bootstrap, topic, WINDOW_MS, at -> true);
    assertThat(hashtags).hasSizeGreaterThan(1_000);
    assertThat(CountKey.differences(hashtags, StateDump.of(instance, PARTITIONS, WINDOW_MS)))
        .isEmpty();
    List<View> stayed = ViewsOnDisk.of(topic);
    Map<String, String> rows = ViewsOnDisk.recount(bootstrap, topic, (view, at) -> true);
    assertThat(rows).hasSizeGreaterThan(10_000);
    System.out.printf(
        "RollingViewsIT: %d rows of hashtags, %d of views that stayed%n",
        hashtags.size(), rows.size());
    ViewsOnDisk.assertEqual(ViewsOnDisk.read(instance, PARTITIONS, stayed), rows);
  }

  /**
   * @param lacking up to where posts were published when an instance without it still ran
   * @param added ends of the posts when all counted it
   */
  private void assertThatTheAddedBeganOnce(Map<Integer, Long> lacking, Map<Integer, Long> added)
      throws Exception {
    Path instance = stateDir.resolve(app).resolve("0");
    List<View> view = List.of(ViewsOnDisk.everyPost(ADDED, topic));
    Set<String> found = ViewsOnDisk.posts(ViewsOnDisk.read(instance, PARTITIONS, view));
    assertThat(ofChangelog(ADDED)).as("the changelog has the same").isEqualTo(found);
    Map<Integer, Long> began = new TreeMap<>();
    Set<String> expected = new HashSet<>();
    Map<Integer, Long> ends = offsets.ends();
    for (int p = 0; p < PARTITIONS; p++) {
      long begin = first(found, p);
      began.put(p, begin);
      for (long offset = begin; offset < ends.getOrDefault(p, 0L); offset++) {
        expected.add(p + "-" + offset);
      }
      assertThat(begin)
          .as("partition %d counts from one post on", p)
          .isBetween(lacking.getOrDefault(p, 0L), added.getOrDefault(p, 0L));
    }
    System.out.printf(
        "RollingViewsIT: the added view counts from %s on; the last without it stopped after %s, all said that they count it before %s%n",
        began, lacking, added);
    assertThat(found.size())
        .as("each post from there on, and none twice")
        .isEqualTo(expected.size());
    assertThat(found.containsAll(expected)).as("each post from there on").isTrue();
  }

  private static long first(Set<String> posts, int partition) {
    String prefix = partition + "-";
    return posts.stream()
        .filter(post -> post.startsWith(prefix))
        .mapToLong(post -> Long.parseLong(post.substring(prefix.length())))
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /**
   * Until everything that is posted now is in the changelog of the view that will be taken away.
   */
  private Set<String> awaitTaken() throws Exception {
    Set<String> posted = new HashSet<>();
    offsets
        .ends()
        .forEach(
            (p, end) -> {
              for (long offset = 0; offset < end; offset++) {
                posted.add(p + "-" + offset);
              }
            });
    await("all of the view that goes is in its changelog")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> ofChangelog(TAKEN).containsAll(posted));
    return posted;
  }

  /**
   * @param before what it had
   * @param gone ends of the posts when no instance counted it any more
   */
  private void assertThatTheTakenHasWhatItHad(Set<String> before, Map<Integer, Long> gone) {
    Set<String> found = ofChangelog(TAKEN);
    assertThat(found.containsAll(before)).as("what it had").isTrue();
    Set<String> after = new HashSet<>(found);
    after.removeIf(
        post -> {
          int dash = post.indexOf('-');
          long end = gone.getOrDefault(Integer.valueOf(post.substring(0, dash)), 0L);
          return Long.parseLong(post.substring(dash + 1)) < end;
        });
    assertThat(after).as("posts that came when no instance counted it").isEmpty();
    System.out.printf(
        "RollingViewsIT: the view that was taken away has %d posts, %d of them from before%n",
        found.size(), before.size());
  }

  /** The posts of a view of every post, by its changelog: each once. */
  private Set<String> ofChangelog(String view) {
    Map<String, Long> rows = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> row :
        Recount.readAll(bootstrap, TopicNames.changelog(app, view))) {
      rows.put(new String(row.key(), UTF_8), ByteBuffer.wrap(row.value()).getLong(Long.BYTES));
    }
    assertThat(rows.values()).as("a post of %s that counts twice", view).allMatch(n -> n == 1);
    return rows.keySet();
  }
}
