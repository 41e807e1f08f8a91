package io.streamsocial.processor.test;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.loop.TurnedEngine;
import io.streamsocial.processor.test.Instance.Death;
import io.streamsocial.processor.test.memory.MemoryGroup;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * The instances, their group and their brokers, with one clock. Everything that happens follows
 * from what the test asks for and from the seed. Owned by the test's thread.
 */
final class Cluster implements AutoCloseable {
  // As the engine asks of real brokers, for its place in the group and for its transactions.
  private static final long SESSION_MS = 10_000;
  private static final long REBALANCE_MS_MAX = 60_000;
  private static final int RECORDS_A_POLL = 5_000;

  private static final List<Death> DEATHS = List.of(Death.values());

  /** Turns in which a planned death must come, before the instance is killed where it is. */
  private static final int DEATH_TICKS = 4;

  /** Ticks without work until the time between two of them begins to grow. */
  private static final int IDLE_TICKS = 20;

  private static final long IDLE_TICK_MS = 1_000;

  private final TopicNames topics;
  private final int shufflePartitions;
  private final long publishMs;
  private final boolean leavesOnStop;
  private final SplittableRandom random;
  private final MemoryKafka kafka;
  private final MemoryGroup group;
  private final List<Instance> instances = new ArrayList<>();
  private final ClusterQueries queries;
  private final Trace trace;
  private long nowMs;
  private long ticks;
  private int idleTicks;

  /**
   * @param configs one an instance
   * @param kafka with the topics that are read
   */
  Cluster(List<EngineConfig> configs, MemoryKafka kafka, SplittableRandom random, long startMs) {
    EngineConfig config = configs.get(0);
    this.topics = TopicNames.of(config);
    this.shufflePartitions = config.tasks().shufflePartitions();
    this.publishMs = config.cadence().publishMs();
    this.leavesOnStop = config.tasks().leaveOnStop();
    this.random = random;
    this.kafka = kafka;
    this.nowMs = startMs;
    this.trace = new Trace(startMs);
    this.group = new MemoryGroup(topics, partitions());
    for (EngineConfig each : configs) {
      String id = each.identity().instanceId();
      instances.add(new Instance(each, kafka.client(id), this::now));
    }
    this.queries = new ClusterQueries(this::answering, () -> ticks, config);
  }

  long nowMs() {
    return nowMs;
  }

  private Moment now() {
    return new Moment(nowMs, nowMs);
  }

  List<String> trace() {
    return trace.lines();
  }

  Queries queries() {
    return queries;
  }

  Instance instance(int index) {
    return instances.get(Objects.checkIndex(index, instances.size()));
  }

  private void note(String what) {
    trace.note(nowMs, what);
  }

  /** Of the shuffle and of each topic that is read. */
  private Map<String, Integer> partitions() {
    Map<String, Integer> partitions = new TreeMap<>();
    topics.inputs().forEach(topic -> partitions.put(topic, partitions(topic)));
    partitions.put(topics.shuffle(), shufflePartitions);
    return partitions;
  }

  private int partitions(String topic) {
    return Objects.requireNonNull(kafka.topic(topic)).partitions();
  }

  private List<Queries> answering() {
    List<Queries> answering = new ArrayList<>();
    for (Instance instance : instances) {
      TurnedEngine engine = instance.engine();
      if (engine != null) {
        answering.add(engine.engine().queries());
      }
    }
    return answering;
  }

  // ---------------------------------------------------------------- time

  /** Lets so much time pass, in steps that grow while there is nothing to do. */
  void advance(long ms) {
    long endMs = nowMs + ms;
    long stepMax = Math.max(IDLE_TICK_MS, ms / 1_000);
    long step = publishMs;
    while (nowMs < endMs) {
      step = idleTicks < IDLE_TICKS ? publishMs : Math.min(step * 2, stepMax);
      tick(Math.min(step, endMs - nowMs));
    }
  }

  /** Until everything that was sent is counted, by whoever is up. */
  boolean settle(long msMax) {
    long endMs = nowMs + msMax;
    while (!isSettled()) {
      if (nowMs >= endMs) {
        return false;
      }
      tick(publishMs);
    }
    return true;
  }

  /** Every instance that is up takes a turn, in an order of the seed. */
  private void tick(long ms) {
    nowMs += ms;
    ticks++;
    instances.forEach(this::giveUpSilent);
    kafka.groupPollMax = random.nextInt(4) == 0 ? random.nextInt(1, 20) : RECORDS_A_POLL;
    int work = 0;
    for (Instance instance : inAnyOrder()) {
      if (instance.isUp()) {
        work += turn(instance);
      }
    }
    rebalanceIfDue();
    idleTicks = work > 0 ? 0 : idleTicks + 1;
  }

  private void giveUpSilent(Instance instance) {
    if (nowMs - instance.silentSinceMs() < SESSION_MS) {
      return;
    }
    instance.client().timeOutTransaction();
    if (group.has(instance.id())) {
      note("the group goes on without instance " + instance.id());
      group.expel(instance.id());
    }
  }

  private List<Instance> inAnyOrder() {
    List<Instance> order = new ArrayList<>(instances);
    for (int i = order.size(); i > 1; i--) {
      order.add(order.remove(random.nextInt(i)));
    }
    return order;
  }

  private int turn(Instance instance) {
    int work = 0;
    try {
      work = instance.turn();
      commits(instance);
    } catch (ProcessKilled e) {
      commits(instance);
      instance.kill();
    } catch (RuntimeException e) {
      throw new IllegalStateException("instance %s has failed: %s".formatted(instance.id(), e), e);
    }
    return work;
  }

  private void commits(Instance instance) {
    for (MemoryKafka.Transaction commit : kafka.transactions()) {
      Map<String, Long> offsets = new TreeMap<>();
      commit.offsets().forEach((tp, offset) -> offsets.put(tp.toString(), offset));
      note(
          "instance %s commits %d records, and the offsets %s"
              .formatted(instance.id(), commit.records().size(), offsets));
    }
    kafka.transactions().clear();
  }

  private void rebalanceIfDue() {
    boolean allTakePart = instances.stream().allMatch(each -> each.isUp() || !group.has(each.id()));
    if (allTakePart && group.isSettled() && group.needsRebalance()) {
      group.rebalance();
      note("the group rebalances: " + group.assignment());
      idleTicks = 0;
    }
  }

  private boolean isSettled() {
    if (!group.isSettled() || group.needsRebalance() || isAnyRestoring()) {
      return false;
    }
    InputOffsets ends = ends();
    SortedMap<Integer, Trending.Held> held = queries.held(queries.partitions());
    return held.size() == shufflePartitions
        && held.values().stream()
            .allMatch(each -> each.role() == Role.ACTIVE && each.includes(ends));
  }

  /** Counts may run before the input that belongs to the same instance is open. */
  private boolean isAnyRestoring() {
    return instances.stream()
        .anyMatch(
            each ->
                each.isUp()
                    && each.engine() != null
                    && each.engine().engine().status().state() == EngineState.RESTORING);
  }

  /** Of all topics that are read. */
  private InputOffsets ends() {
    SortedMap<String, SortedMap<Integer, Long>> ends = new TreeMap<>();
    for (String topic : topics.inputs()) {
      SortedMap<Integer, Long> ofTopic = new TreeMap<>();
      for (int p = 0; p < partitions(topic); p++) {
        ofTopic.put(p, kafka.end(new TopicPartition(topic, p)));
      }
      ends.put(topic, ofTopic);
    }
    SortedMap<Integer, Long> posts = Objects.requireNonNull(ends.remove(topics.posts()));
    return new InputOffsets(posts, ends);
  }

  /** What {@link #settle} waits for. */
  String unsettled() {
    List<String> why = new ArrayList<>();
    why.add("%s end at %s".formatted(topics.inputs(), text(ends())));
    for (Instance instance : instances) {
      why.add(
          "instance %s is %s"
              .formatted(
                  instance.id(),
                  instance.engine() == null
                      ? "down"
                      : instance.engine().engine().status().state()));
    }
    SortedMap<Integer, Trending.Held> held = queries.held(queries.partitions());
    for (int partition : queries.partitions()) {
      Trending.Held each = held.get(partition);
      why.add(
          "partition %d %s"
              .formatted(
                  partition,
                  each == null
                      ? "is held by none"
                      : "is held as %s up to the offsets %s"
                          .formatted(each.role(), text(each.offsets()))));
    }
    return String.join(", ", why);
  }

  private static String text(InputOffsets offsets) {
    return offsets.others().isEmpty()
        ? offsets.posts().toString()
        : offsets.posts() + " and " + offsets.others();
  }

  // ---------------------------------------------------------------- instances

  void start(int index) {
    Instance instance = instance(index);
    if (instance.engine() != null) {
      throw new IllegalStateException("instance %d is up".formatted(index));
    }
    instance.start();
    note("instance " + index + " starts");
    group.join(instance.id(), instance.client());
    idleTicks = 0;
  }

  void stop(int index) {
    Instance instance = up(index);
    instance.stop();
    commits(instance);
    note("instance " + index + " stops");
    if (leavesOnStop) {
      group.expel(instance.id());
    }
    idleTicks = 0;
  }

  /** At a point of its work that the seed chooses, within {@link #DEATH_TICKS} publishes. */
  void crash(int index) {
    Instance instance = up(index);
    Death death = DEATHS.get(random.nextInt(DEATHS.size()));
    instance.plan(death);
    if (death != Death.BETWEEN_TURNS) {
      for (int i = 0; i < DEATH_TICKS && instance.isUp(); i++) {
        tick(publishMs);
      }
    }
    if (instance.isUp()) {
      death = Death.BETWEEN_TURNS;
      instance.kill();
    }
    note("instance %d was killed %s".formatted(index, death));
    idleTicks = 0;
  }

  private Instance up(int index) {
    Instance instance = instance(index);
    if (!instance.isUp()) {
      throw new IllegalStateException("instance %d is down".formatted(index));
    }
    return instance;
  }

  /** An instance leaves the group in order, or by silence, and comes back. */
  void rebalance() {
    List<Instance> up = instances.stream().filter(Instance::isUp).toList();
    if (up.isEmpty()) {
      throw new IllegalStateException("no instance is up: restart one");
    }
    Instance leaver = up.get(random.nextInt(up.size()));
    int index = instances.indexOf(leaver);
    if (random.nextBoolean()) {
      stop(index);
      group.expel(leaver.id());
      awaitOthers();
      start(index);
    } else {
      note("instance " + index + " hangs");
      leaver.hang();
      awaitOthers();
      note("instance " + index + " goes on");
      leaver.wake();
      if (!group.has(leaver.id())) {
        leaver.client().member().losePartitionsInPoll();
        // Its producer is still the old one; what it would commit is refused until it has joined.
        int unused = turn(leaver);
        group.join(leaver.id(), leaver.client());
      }
    }
    idleTicks = 0;
  }

  /** Until the others have what was the leaver's. */
  private void awaitOthers() {
    long endMs = nowMs + REBALANCE_MS_MAX;
    long sessionEndMs = nowMs + SESSION_MS + publishMs;
    boolean others = instances.stream().anyMatch(Instance::isUp);
    while (nowMs < endMs && (nowMs < sessionEndMs || (others && !isSettled()))) {
      tick(publishMs);
    }
  }

  /** Nothing is committed any more. */
  @Override
  public void close() {
    instances.forEach(Instance::kill);
  }
}
