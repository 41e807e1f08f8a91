package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.KafkaClients;
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
import org.apache.kafka.common.TopicPartition;

/**
 * Instances of one application in one thread, which get views and lose them with their restarts:
 * they crash, hang past their session and wake up, while commits fail and somebody posts.
 */
class RollingCluster implements AutoCloseable {
  private static final List<Fate> FATES =
      List.of(
          Fate.COMMITTED, Fate.REFUSED, Fate.UNANSWERED_BUT_COMMITTED, Fate.UNANSWERED_AND_OPEN);
  private static final int INSTANCES = 3;
  private static final long SESSION_MS = 10_000;
  static final Set<String> REGIONS = Set.of("", "EU", "US:a", "unknown");
  static final Set<Long> STARTS = Set.of(START - WINDOW, START, START + WINDOW);

  /** Names each post that is counted for the views. */
  static final View SEEN =
      View.named("seen")
          .from(
              "social.posts",
              (record, out) ->
                  out.emit(record.timestampMs(), record.partition() + "-" + record.offset(), 1))
          .unwindowed()
          .sum("posts")
          .build();

  static final List<View> VIEWS = new ArrayList<>(TestViews.ALL);

  static {
    VIEWS.add(SEEN);
  }

  record Post(long timeMs, String region, List<String> tags) {}

  /** One instance over all its lives. */
  static final class Instance {
    final String id;
    private final MemoryClient client;
    final LoopRig rig;
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

  final SplittableRandom random;
  final MemoryKafka kafka = new MemoryKafka();
  final MemoryGroup group;
  final List<Instance> instances = new ArrayList<>();
  final Map<String, Post> posts = new TreeMap<>();
  final Path state;
  final LoopRig poster;
  boolean wantsViews;
  boolean mayWaver;
  boolean isQuiet;
  long nowMs = START + 10_000;

  RollingCluster(SplittableRandom random, Path state) {
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
    group =
        new MemoryGroup(
            poster.topics,
            Map.of(
                poster.topics.posts(),
                POSTS,
                poster.topics.shuffle(),
                SHUFFLES,
                LoopRig.OTHER_TOPIC,
                LoopRig.OTHERS));
    instances.forEach(this::start);
  }

  /** Those that come and go. */
  List<View> views() {
    return VIEWS;
  }

  LoopRig rig(KafkaClients client, String id, int standbys) {
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
    instance.hasViews = wantsViews && !(mayWaver && othersLack(instance) && random.nextInt(3) == 0);
    instance.rig.with(instance.hasViews ? views() : List.of()).crash();
    instance.dead = false;
    instance.hangs = false;
    group.join(instance.id, instance.client);
  }

  /** Another member lacks the views for sure: nothing is counted for them meanwhile. */
  boolean othersLack(Instance instance) {
    return instances.stream()
        .anyMatch(each -> each != instance && each.isUp() && !each.hasViews && group.has(each.id));
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

  void post() {
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

  /** Restarts every instance, one after the other or all at once, until all have what is wanted. */
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

  /**
   * Until every view has a checkpoint in every partition: what it counted before its first one may
   * be passed over like that of a view which was reset. Or until one has been found incomplete, and
   * counts no more.
   */
  void stepsToFirstCheckpoints() {
    for (int i = 0; i < 1_000 && !areAllCheckpointed() && incomplete().isEmpty(); i++) {
      steps(10);
    }
    if (!areAllCheckpointed() && incomplete().isEmpty()) {
      throw new AssertionError("some view has no checkpoint");
    }
  }

  private boolean areAllCheckpointed() {
    Set<TopicPartition> checkpointed = new HashSet<>();
    for (MemoryKafka.Transaction each : kafka.transactions()) {
      each.records().forEach(r -> checkpointed.add(new TopicPartition(r.topic(), r.partition())));
    }
    String shuffle = poster.topics.shuffle();
    String app = shuffle.substring(0, shuffle.lastIndexOf('-'));
    for (View view : TestViews.ALL) {
      String topic = TopicNames.changelog(app, view.name());
      for (int p = 0; p < SHUFFLES; p++) {
        if (!checkpointed.contains(new TopicPartition(topic, p))) {
          return false;
        }
      }
    }
    return true;
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

  boolean isAtRest(int turns) {
    return turns > 3_000
        && turns % 500 == 0
        && instances.stream().allMatch(Instance::isUp)
        && group.isSettled()
        && !group.needsRebalance()
        && instances.stream().mapToLong(i -> i.rig.running()).sum() == SHUFFLES
        && hashtags().equals(expectedHashtags());
  }

  // ---------------------------------------------------------------- what came of it

  List<CountTask> active() {
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

  Map<Row, Long> hashtags() {
    Map<Row, Long> rows = new HashMap<>();
    active().forEach(task -> rows.putAll(LoopRig.counts(task, STARTS, REGIONS)));
    return rows;
  }

  Map<Row, Long> expectedHashtags() {
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
  List<ByteBuffer> log() {
    List<ByteBuffer> log = new ArrayList<>();
    for (MemoryKafka.Transaction each : kafka.transactions()) {
      each.to(poster.topics.shuffle()).forEach(sent -> log.add(ByteBuffer.wrap(sent.value())));
    }
    return log;
  }

  /** Views of which some instance has found that its state lacks rows. */
  Set<String> incomplete() {
    Set<String> views = new HashSet<>();
    instances.forEach(each -> views.addAll(each.rig.membership.incomplete().keySet()));
    return views;
  }

  @Override
  public void close() {
    instances.forEach(instance -> instance.rig.close());
  }
}
