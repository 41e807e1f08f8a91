package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.kafka.TopicIdentity;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.PostRules;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.processor.snapshots.StateCopies;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.LocalQueries;
import io.streamsocial.processor.task.LocalViews;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.processor.test.memory.MemoryConsumer;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.RankedRow;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The real loop on {@link MemoryKafka} and real stores, with a clock that a test moves. */
final class LoopRig implements AutoCloseable {
  static final int POSTS = 2;
  static final int SHUFFLES = 3;

  /** Read by views of some tests, with another number of partitions. */
  static final String OTHER_TOPIC = "shop.orders";

  static final int OTHERS = 3;
  static final long WINDOW = 300_000;
  static final long GRACE = 60_000;
  static final long PUBLISH = 100;
  static final long CHECKPOINT = 9_000;
  static final long IDLE = 5_000;
  static final long LINGER = 30_000;

  /** The start of a window; the clock begins shortly after. */
  static final long START = 1_763_000_000_000L - 1_763_000_000_000L % WINDOW;

  /** The identity of a count; the region "" is all regions together. */
  record Row(long windowStartMs, String region, String tag) {}

  final MemoryKafka kafka;
  private final KafkaClients clients;
  final ReadableTasks readable = new ReadableTasks(EngineConfig.defaults().build().posts().topic());
  final Map<Integer, CountTask> running = readable.byPartition();
  EngineConfig config;
  final TopicNames topics;
  final Incidents incidents = new Incidents();

  /** The wall clock. */
  long nowMs = START + 10_000;

  /** How far the wall clock was stepped against the steady one. */
  long steppedMs;

  private long latestSteppedMs;

  Loop loop;
  private UUID process = new UUID(0, 0);

  /** Of the present life. */
  InstanceMembership membership = new InstanceMembership();

  private final StoreMemory memory = new StoreMemory(8 << 20);
  private final StateDirectory directory;
  private SnapshotSource others = SnapshotSource.NONE;

  /** Of hashtags alone. */
  LoopRig(Path stateDir, Guarantee guarantee) {
    this(stateDir, guarantee, new MemoryKafka());
  }

  /** Of hashtags alone. */
  LoopRig(Path stateDir, Guarantee guarantee, MemoryKafka kafka) {
    this(kafka, kafka, config("0", 0, GRACE, guarantee, Duration.ZERO).build(), stateDir);
  }

  /** With the views of {@link TestViews}. */
  static LoopRig withViews(Path stateDir) {
    MemoryKafka kafka = new MemoryKafka();
    return new LoopRig(
        stateDir, Guarantee.EXACTLY_ONCE, kafka, kafka, "0", 0, GRACE, Duration.ZERO);
  }

  /** One of several instances on the same brokers, with the views of {@link TestViews}. */
  LoopRig(
      Path stateDir,
      Guarantee guarantee,
      MemoryKafka kafka,
      KafkaClients clients,
      String instanceId,
      int standbys,
      long graceMs,
      Duration dedupe) {
    this(kafka, clients, views(config(instanceId, standbys, graceMs, guarantee, dedupe)), stateDir);
  }

  private static EngineConfigBuilder config(
      String instanceId, int standbys, long graceMs, Guarantee guarantee, Duration dedupe) {
    return EngineConfig.defaults()
        .instanceId(instanceId)
        .standbys(standbys)
        .shufflePartitions(SHUFFLES)
        .publishMs(PUBLISH)
        .publishMaxMs(PUBLISH)
        .checkpointMs(CHECKPOINT)
        .window(Duration.ofMillis(WINDOW))
        .grace(Duration.ofMillis(graceMs))
        .sourceIdle(Duration.ofMillis(IDLE))
        .guarantee(guarantee)
        .dedupe(dedupe);
  }

  private static EngineConfig views(EngineConfigBuilder config) {
    TestViews.ALL.forEach(config::view);
    return config.hashtags(true).build();
  }

  private LoopRig(MemoryKafka kafka, KafkaClients clients, EngineConfig config, Path stateDir) {
    this.kafka = kafka;
    this.clients = clients;
    this.config = config;
    topics = TopicNames.of(config);
    directory = StateDirectory.lock(stateDir);
    loop = newLoop();
  }

  /** Where the state of partitions that have none here is looked for, from the next life on. */
  LoopRig fetchFrom(SnapshotSource holders) {
    others = holders;
    return this;
  }

  /** The id of the process that the present loop runs in. */
  UUID process() {
    return process;
  }

  /** Which views, beside the hashtags, the process has from its next life on. */
  LoopRig with(List<View> views) {
    config =
        new EngineConfig(
            config.identity(),
            config.brokers(),
            config.posts(),
            new EngineConfig.Views(true, views),
            config.tasks(),
            config.windows(),
            config.cadence(),
            config.storage(),
            config.guarantee());
    return this;
  }

  /** How often it publishes at least while few posts come, from the next life on. */
  LoopRig publishMaxMs(long ms) {
    config =
        new EngineConfig(
            config.identity(),
            config.brokers(),
            config.posts(),
            config.views(),
            config.tasks(),
            config.windows(),
            new EngineConfig.Cadence(PUBLISH, ms, CHECKPOINT, config.cadence().sourceIdle()),
            config.storage(),
            config.guarantee());
    return this;
  }

  /** As a group whose members all have the views of this one; of several, their group says it. */
  private GroupTable allHaveTheViews() {
    List<GroupTable.AgreedView> agreed =
        config.views().others().stream()
            .map(view -> new GroupTable.AgreedView(view.name(), List.of()))
            .toList();
    return new GroupTable(POSTS, SHUFFLES, List.of(), -1, "", Optional.empty(), agreed);
  }

  private StateCopies copies() {
    List<TaskStore.Spec> specs = KeptView.of(config).stream().map(KeptView::spec).toList();
    StateCopies copies = new StateCopies(specs, directory, memory, 1);
    copies.from(others);
    return copies;
  }

  private Loop newLoop() {
    for (String input : config.inputs()) {
      if (kafka.topic(input) == null) {
        kafka.createTopic(input, input.equals(topics.posts()) ? POSTS : OTHERS, Map.of());
      }
    }
    membership = new InstanceMembership();
    if (clients == kafka) {
      membership.agreed(allHaveTheViews(), 0);
    }
    process = membership.process();
    membership.advertise(new InstanceAddress("localhost", 8080));
    membership.findResting(directory, SHUFFLES, memory);
    TaskStores stores = new TaskStores(KeptView.of(config), directory, memory);
    return new LoopWiring(
            config,
            new LoopWiring.Input(
                new InputTopics(
                    config.inputs().stream()
                        .map(topic -> new TopicIdentity(topic, clients::admin, now(topic)))
                        .toList()),
                kafka::end),
            clients,
            clients::admin,
            stores,
            copies(),
            readable,
            membership,
            incidents)
        .loop(0);
  }

  private TopicIdentity.Description now(String topic) {
    MemoryKafka.Topic found = Objects.requireNonNull(kafka.topic(topic));
    return new TopicIdentity.Description(found.id(), found.partitions());
  }

  /** The brokers' id of the posts topic. */
  Uuid postsId() {
    return now(topics.posts()).id();
  }

  /** Answers from the tasks that run here. */
  LocalQueries queries() {
    return new LocalQueries(
        config.windows().windowing(),
        config.windows().maxRegions(),
        SHUFFLES,
        readable,
        new LocalViews(config.schemas(), SHUFFLES, readable, membership::waiting));
  }

  // ---------------------------------------------------------------- the crank

  int turn() {
    return loop.runOnce(now());
  }

  int turn(long ms) {
    nowMs += ms;
    return turn();
  }

  /** Both clocks, as the next turn reads them. */
  Moment now() {
    latestSteppedMs = Math.max(latestSteppedMs, steppedMs);
    return new Moment(nowMs, nowMs - steppedMs, nowMs - steppedMs + latestSteppedMs);
  }

  /** The wall clock is set to another time, forward or back; the steady one goes on. */
  void stepWallClock(long ms) {
    nowMs += ms;
    steppedMs += ms;
    MemoryConsumer<ByteBuffer> before = kafka.member();
    Set<TopicPartition> assigned = before.assignment();
    turn();
    if (kafka.member() != before) {
      // As the group does: a static member gets its place back.
      kafka.member().rebalanceInPoll(assigned);
    }
  }

  /** Joins, opens and restores everything. */
  LoopRig run() {
    kafka.member().rebalanceInPoll(everything());
    for (int i = 0; i < 1_000 && (running() < SHUFFLES || i == 0); i++) {
      turn();
    }
    turn();
    return this;
  }

  /** Everything posted is read, published, and folded; less than any checkpoint interval. */
  void settle() {
    for (int i = 0; i < 6; i++) {
      turn(PUBLISH);
    }
  }

  /** All that was counted is checkpointed. */
  void checkpoint() {
    settle();
    turn(CHECKPOINT);
    turn(PUBLISH);
  }

  /** As kill -9: nothing is published or checkpointed any more. */
  void crash() {
    loop.close();
    loop = newLoop();
  }

  void restart() {
    loop.close(true, now());
    loop = newLoop();
  }

  /** The loop as the group sees it. */
  Membership membership() {
    return kafka.membership();
  }

  // ---------------------------------------------------------------- input

  TopicPartition posts(int partition) {
    return new TopicPartition(topics.posts(), partition);
  }

  TopicPartition shuffle(int partition) {
    return new TopicPartition(topics.shuffle(), partition);
  }

  TopicPartition changelog(int partition) {
    return new TopicPartition(topics.changelogs().get(0), partition);
  }

  Set<TopicPartition> everything() {
    Set<TopicPartition> all = new HashSet<>();
    for (int i = 0; i < POSTS; i++) {
      all.add(posts(i));
    }
    for (int i = 0; i < SHUFFLES; i++) {
      all.add(shuffle(i));
    }
    return all;
  }

  Set<TopicPartition> everythingBut(TopicPartition... without) {
    Set<TopicPartition> rest = everything();
    rest.removeAll(Set.of(without));
    return rest;
  }

  void post(int partition, long timestampMs, String region, String text) {
    raw(
        partition,
        "{\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}"
            .formatted(text, region, timestampMs));
  }

  void post(int partition, String text) {
    post(partition, nowMs, "EU", text);
  }

  void raw(int partition, String value) {
    kafka.append(posts(partition), utf8(value), nowMs);
  }

  /** A post that is known by its id. */
  void named(int partition, String postId, long timestampMs, String region, String text) {
    raw(
        partition,
        "{\"post_id\":\"%s\",\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}"
            .formatted(postId, text, region, timestampMs));
  }

  /** A post that is known by the header of its record. */
  void keyed(int partition, String key, long timestampMs, String region, String text) {
    String value =
        "{\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}".formatted(text, region, timestampMs);
    Headers headers = new RecordHeaders().add(PostRules.IDEMPOTENCY_HEADER, utf8(key));
    kafka.append(posts(partition), headers, null, utf8(value), nowMs);
  }

  // ---------------------------------------------------------------- what came of it

  static int owner(String tag) {
    return Combiner.partition(utf8(tag), SHUFFLES);
  }

  /** A tag that lives in the partition. */
  static String tagOf(int partition) {
    int i = 0;
    while (owner("tag" + i) != partition) {
      i++;
    }
    return "tag" + i;
  }

  CountTask task(int partition) {
    CountTask task = running.get(partition);
    if (task == null) {
      throw new AssertionError("partition " + partition + " does not run");
    }
    return task;
  }

  /** Tasks that count for the group. */
  long running() {
    return running.values().stream().filter(task -> task.status().isActive()).count();
  }

  boolean runs(int partition) {
    CountTask task = running.get(partition);
    return task != null && task.status().isActive();
  }

  /** In the first window, all regions together. */
  long count(String tag) {
    return task(owner(tag)).store().counts(new long[] {START}, new byte[0], utf8(tag))[0];
  }

  /** All rows of some windows and regions. */
  Map<Row, Long> counts(Set<Long> starts, Set<String> regions) {
    Map<Row, Long> counts = new HashMap<>();
    for (int p = 0; p < SHUFFLES; p++) {
      counts(task(p), starts, regions)
          .forEach(
              (row, count) -> {
                if (counts.put(row, count) != null) {
                  throw new AssertionError("two partitions count " + row);
                }
              });
    }
    return counts;
  }

  /** The rows of one task. */
  static Map<Row, Long> counts(CountTask task, Set<Long> starts, Set<String> regions) {
    Map<Row, Long> counts = new HashMap<>();
    for (long start : starts) {
      for (String region : regions) {
        for (RankedRow row : task.store().top(new long[] {start}, region, 10_000)) {
          String tag = new String(row.key(), StandardCharsets.UTF_8);
          counts.put(new Row(start, region, tag), row.total());
        }
      }
    }
    return counts;
  }

  EngineStatus.Counters counters() {
    return status().counters();
  }

  EngineStatus.Loop status() {
    turn(PUBLISH); // a status is taken at most every 100 ms
    return loop.lastSnapshot().loop();
  }

  @Override
  public void close() {
    loop.close();
    memory.close();
    directory.close();
  }
}
