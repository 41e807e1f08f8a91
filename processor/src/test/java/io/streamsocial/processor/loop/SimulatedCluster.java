package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static java.util.stream.Collectors.toUnmodifiableSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.loop.LoopRig.Row;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.test.memory.MemoryClient;
import io.streamsocial.processor.test.memory.MemoryGroup;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Instances of one application in one thread: real loops, stores, assignor and placement over
 * brokers in memory. By the steps of a seed they crash, end in order, hang past their session and
 * wake up, while commits fail and somebody posts.
 */
abstract class SimulatedCluster implements AutoCloseable {
  private static final List<Fate> FATES =
      List.of(
          Fate.COMMITTED, Fate.REFUSED, Fate.UNANSWERED_BUT_COMMITTED, Fate.UNANSWERED_AND_OPEN);
  private static final int INSTANCES = 3;
  private static final long SESSION_MS = 10_000;
  static final Set<String> REGIONS = Set.of("", "EU", "US:a", "unknown");

  /** Of the windows that a case may post to; all are kept for as long. */
  static final Set<Long> STARTS =
      LongStream.range(-1, 9).mapToObj(i -> START + i * WINDOW).collect(toUnmodifiableSet());

  private static final long END = Collections.max(STARTS) + WINDOW;

  /** One instance over all its lives. */
  static final class Instance {
    final String id;
    final MemoryClient client;
    final LoopRig rig;
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

    boolean isDead() {
      return dead;
    }
  }

  final SplittableRandom random;
  final MemoryKafka kafka = new MemoryKafka();
  final MemoryGroup group;
  final List<Instance> instances = new ArrayList<>();

  /** What the hashtags of all that is posted count. */
  final Map<Row, Long> expected = new HashMap<>();

  final LoopRig poster;
  long nowMs = START + 10_000;
  private final Path state;
  private final Duration dedupe;

  /**
   * None of the instances is started.
   *
   * @param others partitions of further input topics, by name
   */
  SimulatedCluster(
      SplittableRandom random, Path state, Duration dedupe, Map<String, Integer> others) {
    this.random = random;
    this.state = state;
    this.dedupe = dedupe;
    kafka.groupPollMax = random.nextInt(1, 20);
    kafka.restorePollMax = random.nextInt(1, 20);
    int standbys = random.nextInt(3);
    for (int i = 0; i < INSTANCES; i++) {
      MemoryClient client = kafka.client("" + i);
      instances.add(new Instance("" + i, client, rig(client, "" + i, standbys)));
    }
    poster = instances.get(0).rig;
    Map<String, Integer> topics = new HashMap<>(others);
    topics.put(poster.topics.posts(), POSTS);
    topics.put(poster.topics.shuffle(), SHUFFLES);
    group = new MemoryGroup(poster.topics, topics);
  }

  private LoopRig rig(KafkaClients clients, String id, int standbys) {
    return new LoopRig(
        state.resolve(id), Guarantee.EXACTLY_ONCE, kafka, clients, id, standbys, 3_600_000, dedupe);
  }

  // ---------------------------------------------------------------- what happens

  /** Its present life joins the group. */
  void start(Instance instance) {
    instance.dead = false;
    instance.hangs = false;
    group.join(instance.id, instance.client);
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
      default -> post();
    }
    turn(random.nextInt(6) == 0 ? random.nextLong(3_000) : random.nextLong(PUBLISH));
    look(any());
  }

  /** Hears of one of the instances after each step. */
  void look(Instance instance) {}

  final Instance any() {
    return instances.get(random.nextInt(INSTANCES));
  }

  final void die(Instance instance, boolean orderly) {
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
      wakeUp(instance);
    }
  }

  /** It hung, maybe past its session. */
  void wakeUp(Instance instance) {
    if (!group.has(instance.id)) {
      instance.client.member().losePartitionsInPoll();
      // Its producer is still the old one; what it would commit is refused until it has joined.
      instance.rig.turn();
      group.join(instance.id, instance.client);
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

  /** A few posts. */
  void post() {
    assertThat(nowMs).as("nobody looks at later windows").isLessThan(END);
    poster.nowMs = nowMs;
    for (int i = random.nextInt(1, 10); i > 0; i--) {
      long time = nowMs - random.nextLong(LoopRig.GRACE);
      String region = new String[] {"EU", "US:a", ""}[random.nextInt(3)];
      List<String> tags = new ArrayList<>();
      for (int t = random.nextInt(4); t > 0; t--) {
        tags.add("t" + random.nextInt(1, 1 + random.nextInt(1, 40)));
      }
      if (send(random.nextInt(POSTS), time, region, tags)) {
        String named = region.isEmpty() ? "unknown" : region;
        for (String tag : tags) {
          expected.merge(new Row(time - time % WINDOW, "", tag), 1L, Long::sum);
          expected.merge(new Row(time - time % WINDOW, named, tag), 1L, Long::sum);
        }
      }
    }
  }

  /** Posts it, through {@link #poster}; returns whether it counts. */
  abstract boolean send(int partition, long timeMs, String region, List<String> tags);

  static String text(List<String> tags) {
    return "text #" + String.join(" #", tags);
  }

  /** Everything that was posted is counted, and every instance takes part. */
  final void rest() {
    kafka.nextCommit = Fate.COMMITTED;
    kafka.followPollMax = Integer.MAX_VALUE;
    kafka.restorePollMax = Integer.MAX_VALUE;
    for (int i = 0; i < 200_000 && !isAtRest(i); i++) {
      turn(PUBLISH / 4);
      comeBack();
    }
  }

  /** After so many turns; looked at now and then. */
  boolean isAtRest(int turns) {
    return turns > 3_000
        && turns % 500 == 0
        && instances.stream().allMatch(Instance::isUp)
        && group.isSettled()
        && !group.needsRebalance()
        && instances.stream().mapToLong(i -> i.rig.running()).sum() == SHUFFLES
        && hashtags().equals(expected);
  }

  // ---------------------------------------------------------------- what came of it

  /** All tasks that count for the group. */
  final List<CountTask> active() {
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

  final Map<Row, Long> hashtags() {
    Map<Row, Long> rows = new HashMap<>();
    active().forEach(task -> rows.putAll(LoopRig.counts(task, STARTS, REGIONS)));
    return rows;
  }

  /** An instance without any state, to be run by the caller: what Kafka holds makes its state. */
  final LoopRig other() {
    return rig(kafka, "other", 0);
  }

  /** Restores and counts all of it. */
  final void runAlone(LoopRig other) {
    other.nowMs = nowMs + 1_000_000;
    other.run();
    other.settle();
    for (int i = 0; i < 2_000; i++) {
      other.turn();
    }
  }

  @Override
  public void close() {
    instances.forEach(instance -> instance.rig.close());
  }
}
