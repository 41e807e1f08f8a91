package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.loop.LoopRig.Row;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.test.memory.MemoryClient;
import io.streamsocial.processor.test.memory.MemoryGroup;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import io.streamsocial.processor.views.View;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster in one thread whose instances get views, lose them and get them again, by restarts in
 * any order, while they crash, hang, and fail to commit. The hashtags always equal a plain map of
 * all posts. The views equal one of the posts that were counted for them: of each posts partition
 * all from some offset on. What was counted stands in the log: one more view has a row a post.
 */
final class RollingViewsSimulationTest {
  private static final List<Fate> FATES =
      List.of(
          Fate.COMMITTED, Fate.REFUSED, Fate.UNANSWERED_BUT_COMMITTED, Fate.UNANSWERED_AND_OPEN);
  private static final Set<String> REGIONS = Set.of("", "EU", "US:a", "unknown");
  private static final List<String> GROUPS = List.of("", "EU", "US:a", "nowhere");
  private static final Set<Long> STARTS = Set.of(START - WINDOW, START, START + WINDOW);
  private static final long[] START_TIMES = {START - WINDOW, START, START + WINDOW};
  private static final int INSTANCES = 3;
  private static final long SESSION_MS = 10_000;

  /** Names each post that is counted for the views. */
  private static final View SEEN =
      View.named("seen")
          .from(
              "social.posts",
              (record, out) ->
                  out.emit(record.timestampMs(), record.partition() + "-" + record.offset(), 1))
          .unwindowed()
          .sum("posts")
          .build();

  private static final List<View> VIEWS = new ArrayList<>(TestViews.ALL);

  static {
    VIEWS.add(SEEN);
  }

  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  private record Post(long timeMs, String region, List<String> tags) {}

  /** One instance over all its lives. */
  private static final class Instance {
    private final String id;
    private final MemoryClient client;
    private final LoopRig rig;
    private boolean hasViews;
    private boolean dead = true;
    private boolean hangs;
    private long silentSinceMs;

    Instance(String id, MemoryClient client, LoopRig rig) {
      this.id = id;
      this.client = client;
      this.rig = rig;
    }

    boolean isUp() {
      return !dead && !hangs;
    }
  }

  private static final class Case implements AutoCloseable {
    private final SplittableRandom random;
    private final MemoryKafka kafka = new MemoryKafka();
    private final MemoryGroup group;
    private final List<Instance> instances = new ArrayList<>();
    private final Map<String, Post> posts = new TreeMap<>();
    private final Path state;
    private final LoopRig poster;
    private boolean wantsViews;
    private boolean mayWaver;
    private boolean isQuiet;
    private long nowMs = START + 10_000;

    Case(SplittableRandom random, Path state) {
      this.random = random;
      this.state = state;
      kafka.groupPollMax = random.nextInt(1, 20);
      kafka.restorePollMax = random.nextInt(1, 20);
      int standbys = random.nextInt(3);
      for (int i = 0; i < INSTANCES; i++) {
        MemoryClient client = kafka.client("" + i);
        instances.add(new Instance("" + i, client, rig(client, "" + i, standbys)));
      }
      poster = instances.get(0).rig;
      group = new MemoryGroup(poster.topics, POSTS, SHUFFLES);
      instances.forEach(this::start);
    }

    private LoopRig rig(KafkaClients client, String id, int standbys) {
      return new LoopRig(
          state.resolve(id),
          Guarantee.EXACTLY_ONCE,
          kafka,
          client,
          id,
          standbys,
          3_600_000,
          Duration.ZERO);
    }

    // ---------------------------------------------------------------- what happens

    private void start(Instance instance) {
      instance.hasViews =
          wantsViews && !(mayWaver && othersLack(instance) && random.nextInt(3) == 0);
      instance.rig.with(instance.hasViews ? VIEWS : List.of()).crash();
      instance.dead = false;
      instance.hangs = false;
      group.join(instance.id, instance.client);
    }

    /** Another member lacks the views for sure: nothing is counted for them meanwhile. */
    private boolean othersLack(Instance instance) {
      return instances.stream()
          .anyMatch(
              each -> each != instance && each.isUp() && !each.hasViews && group.has(each.id));
    }

    void steps(int count) {
      for (int step = count; step > 0; step--) {
        step();
      }
    }

    private void step() {
      switch (random.nextInt(40)) {
        case 0 -> kafka.nextCommit = FATES.get(random.nextInt(FATES.size()));
        case 1 -> die(any(), false);
        case 2 -> die(any(), true);
        case 3 -> hang();
        case 4, 5, 6 -> comeBack();
        case 7 -> kafka.followPollMax = random.nextInt(3);
        case 8 -> kafka.followPollMax = Integer.MAX_VALUE;
        case 9 -> kafka.restorePollMax = random.nextInt(20);
        default -> {
          if (!isQuiet) {
            post();
          }
        }
      }
      turn(random.nextInt(6) == 0 ? random.nextLong(3_000) : random.nextLong(PUBLISH));
    }

    private Instance any() {
      return instances.get(random.nextInt(INSTANCES));
    }

    private void die(Instance instance, boolean orderly) {
      if (!instance.isUp()) {
        return;
      }
      if (orderly) {
        instance.rig.restart();
      } else {
        instance.rig.crash();
      }
      instance.dead = true;
      instance.silentSinceMs = nowMs;
    }

    private void hang() {
      Instance instance = any();
      if (instance.isUp()) {
        instance.hangs = true;
        instance.silentSinceMs = nowMs;
      }
    }

    private void comeBack() {
      Instance instance = any();
      if (instance.dead) {
        start(instance);
      } else if (instance.hangs) {
        instance.hangs = false;
        if (instance.hasViews != wantsViews && mayWaver && !othersLack(instance)) {
          die(instance, false); // the others may count already: it may not come back without
        } else if (!group.has(instance.id)) {
          instance.client.member().losePartitionsInPoll();
          instance.rig.turn();
          group.join(instance.id, instance.client);
        }
      }
    }

    private void turn(long ms) {
      nowMs += ms;
      instances.forEach(instance -> instance.rig.nowMs = nowMs);
      for (Instance instance : instances) {
        if (!instance.isUp()
            && group.has(instance.id)
            && nowMs - instance.silentSinceMs >= SESSION_MS) {
          group.expel(instance.id);
        }
      }
      Instance instance = any();
      if (instance.isUp()) {
        instance.rig.turn();
      }
      boolean allTakePart = instances.stream().allMatch(each -> each.isUp() || !group.has(each.id));
      if (allTakePart && group.isSettled() && group.needsRebalance()) {
        group.rebalance();
      }
    }

    private void post() {
      poster.nowMs = nowMs;
      for (int i = random.nextInt(1, 10); i > 0; i--) {
        long time = nowMs - random.nextLong(LoopRig.GRACE);
        String region = new String[] {"EU", "US:a", ""}[random.nextInt(3)];
        List<String> tags = new ArrayList<>();
        for (int t = random.nextInt(4); t > 0; t--) {
          tags.add("t" + random.nextInt(1, 1 + random.nextInt(1, 40)));
        }
        int partition = random.nextInt(POSTS);
        long offset = kafka.end(poster.posts(partition));
        poster.post(partition, time, region, "text #" + String.join(" #", tags));
        posts.put(partition + "-" + offset, new Post(time, region, tags));
      }
    }

    /**
     * Restarts every instance, one after the other or all at once, until all have what is wanted.
     */
    void roll(boolean views, boolean mayWaver) {
      this.wantsViews = views;
      this.mayWaver = mayWaver;
      while (instances.stream().anyMatch(each -> each.hasViews != views)) {
        Instance next = any();
        if (next.hasViews != views) {
          die(next, random.nextBoolean());
          steps(random.nextInt(30));
          if (next.dead) {
            start(next);
          }
        }
        steps(random.nextInt(60));
      }
    }

    /** Whether nobody posts. */
    void quiet(boolean quiet) {
      isQuiet = quiet;
    }

    /** Everything that was posted is counted, and every instance takes part. */
    void rest() {
      kafka.nextCommit = Fate.COMMITTED;
      kafka.followPollMax = Integer.MAX_VALUE;
      kafka.restorePollMax = Integer.MAX_VALUE;
      for (int i = 0; i < 200_000 && !isAtRest(i); i++) {
        turn(PUBLISH / 4);
        comeBack();
      }
    }

    private boolean isAtRest(int turns) {
      return turns > 3_000
          && turns % 500 == 0
          && instances.stream().allMatch(Instance::isUp)
          && group.isSettled()
          && !group.needsRebalance()
          && instances.stream().mapToLong(i -> i.rig.running()).sum() == SHUFFLES
          && hashtags().equals(expectedHashtags());
    }

    // ---------------------------------------------------------------- what came of it

    private List<CountTask> active() {
      List<CountTask> tasks = new ArrayList<>();
      for (Instance instance : instances) {
        for (CountTask task : instance.rig.running.values()) {
          if (task.status().isActive()) {
            tasks.add(task);
          }
        }
      }
      return tasks;
    }

    private Map<Row, Long> hashtags() {
      Map<Row, Long> rows = new HashMap<>();
      active().forEach(task -> rows.putAll(LoopRig.counts(task, STARTS, REGIONS)));
      return rows;
    }

    private Map<Row, Long> expectedHashtags() {
      Map<Row, Long> rows = new HashMap<>();
      for (Post post : posts.values()) {
        long start = post.timeMs - post.timeMs % WINDOW;
        for (String tag : post.tags) {
          rows.merge(new Row(start, "", tag), 1L, Long::sum);
          String region = post.region.isEmpty() ? "unknown" : post.region;
          rows.merge(new Row(start, region, tag), 1L, Long::sum);
        }
      }
      return rows;
    }

    /** All that was published to the shuffle, what checkpoints have made superfluous included. */
    private List<ByteBuffer> log() {
      List<ByteBuffer> log = new ArrayList<>();
      for (MemoryKafka.Transaction each : kafka.transactions()) {
        each.to(poster.topics.shuffle()).forEach(sent -> log.add(ByteBuffer.wrap(sent.value())));
      }
      return log;
    }

    /** The posts that the log has for the views. */
    private Set<String> seen() {
      Set<String> seen = new HashSet<>();
      ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
      for (ByteBuffer shuffle : log()) {
        reader.begin(shuffle);
        addSeen(reader, seen);
      }
      return seen;
    }

    private static void addSeen(ShuffleRecord.Reader reader, Set<String> seen) {
      while (reader.nextGroup()) {
        while (reader.viewId() == SEEN.id() && reader.nextEntry()) {
          String post = new String(reader.array(), reader.keyOffset(), reader.keyLength(), UTF_8);
          assertThat(seen.add(post)).as("%s is counted twice", post).isTrue();
        }
      }
    }

    void verifyHashtags() {
      assertThat(hashtags()).isEqualTo(expectedHashtags());
    }

    void verifyThatAllCount() {
      verifyHashtags();
      for (Instance instance : instances) {
        assertThat(instance.rig.incidents.open(Incidents.Kind.VIEWS_WAITING))
            .as("%s: %s", instance.id, instance.rig.incidents.open())
            .isZero();
      }
    }

    /** From some post on, all of a partition. */
    void verifyThatTheSeenAreTheLast() {
      Set<String> seen = seen();
      for (int p = 0; p < POSTS; p++) {
        boolean began = false;
        for (long offset = 0; offset < kafka.end(poster.posts(p)); offset++) {
          boolean isSeen = seen.contains(p + "-" + offset);
          assertThat(isSeen || !began).as("post %d of partition %d", offset, p).isTrue();
          began |= isSeen;
        }
      }
    }

    void verifyViews() {
      TestViews.Expected expected = new TestViews.Expected();
      Set<String> seen = seen();
      posts.forEach(
          (name, post) -> {
            if (seen.contains(name)) {
              expected.post(post.timeMs, post.region, post.tags);
            }
          });
      Map<String, String> rows = expected.rows();
      Map<String, String> found = new HashMap<>();
      active().forEach(task -> found.putAll(TestViews.rows(task, START_TIMES, GROUPS)));
      assertThat(found).isEqualTo(rows);
      for (Instance instance : instances) {
        instance.rig.running.forEach(
            (p, task) ->
                assertThat(TestViews.rows(task, START_TIMES, GROUPS))
                    .as("partition %s as %s of %s", p, task.status().role(), instance.id)
                    .isEqualTo(of(p, rows)));
      }
      // The changelogs and the shuffle alone make the same state on another disk.
      try (LoopRig other = rig(kafka, "other", 0)) {
        other.with(VIEWS).crash();
        other.nowMs = nowMs + 1_000_000;
        other.run();
        other.settle();
        for (int i = 0; i < 2_000; i++) {
          other.turn();
        }
        assertThat(other.counts(STARTS, REGIONS)).isEqualTo(expectedHashtags());
        assertThat(TestViews.rows(other, START_TIMES, GROUPS)).isEqualTo(rows);
      }
    }

    private static Map<String, String> of(int partition, Map<String, String> rows) {
      Map<String, String> own = new HashMap<>(rows);
      own.keySet()
          .removeIf(row -> LoopRig.owner(row.substring(row.lastIndexOf(' ') + 1)) != partition);
      return own;
    }

    /** Views of which some instance has found that its state lacks rows. */
    Set<String> incomplete() {
      Set<String> views = new HashSet<>();
      instances.forEach(each -> views.addAll(each.rig.membership.incomplete().keySet()));
      return views;
    }

    void verifyThatNoneCounts(Set<String> views) {
      verifyHashtags();
      int before = rowsInLog(views);
      for (int i = 0; i < 20; i++) {
        post();
      }
      rest();
      verifyHashtags();
      assertThat(rowsInLog(views)).isEqualTo(before);
      for (Instance instance : instances) {
        assertThat(instance.rig.incidents.open().toString()).contains(views);
      }
    }

    private int rowsInLog(Set<String> views) {
      ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
      int rows = 0;
      for (ByteBuffer shuffle : log()) {
        reader.begin(shuffle);
        while (reader.nextGroup()) {
          int id = reader.viewId();
          boolean counts =
              VIEWS.stream().anyMatch(view -> view.id() == id && views.contains(view.name()));
          while (reader.nextEntry()) {
            rows += counts ? 1 : 0;
          }
        }
      }
      return rows;
    }

    @Override
    public void close() {
      instances.forEach(instance -> instance.rig.close());
    }
  }

  private Case newCase(SplittableRandom random) {
    return new Case(random, directory.resolve("" + cases.incrementAndGet()));
  }

  @Test
  void viewsThatAreAddedCountFromOnePostOnInEachPartition() {
    Property.holds(
        Integer.getInteger("cases", 3),
        random -> {
          try (Case one = newCase(random)) {
            one.steps(random.nextInt(100));
            one.roll(true, true);
            one.steps(random.nextInt(200));
            one.rest();
            one.verifyThatAllCount();
            one.verifyThatTheSeenAreTheLast();
            one.verifyViews();
          }
        });
  }

  @Test
  void viewsThatGoAndComeBackAreExactOrSayThatTheyAreNot() {
    Property.holds(
        Integer.getInteger("cases", 3),
        random -> {
          try (Case one = newCase(random)) {
            one.roll(true, true);
            one.steps(random.nextInt(100));
            if (random.nextBoolean()) { // then no row is passed over, or few are
              one.rest();
              one.quiet(true);
            }
            one.roll(false, false);
            one.quiet(false);
            one.steps(random.nextInt(100));
            one.rest();
            one.verifyHashtags();
            one.roll(true, false);
            one.steps(random.nextInt(200));
            one.rest();
            Set<String> incomplete = one.incomplete();
            if (!incomplete.isEmpty()) {
              one.verifyThatNoneCounts(incomplete);
            } else {
              one.verifyThatAllCount();
              one.verifyViews();
            }
          }
        });
  }
}
