package io.streamsocial.processor;

import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of the group: its consumer, its producer, its tasks. It has no thread of its own:
 * whoever turns it calls {@link #runOnce} again and again, always from one thread, and at last
 * {@link #close}. Rebalance callbacks come from inside {@code poll}, so they need no lock.
 *
 * <pre>
 *   a turn:  publish what is due -> poll -> parse posts, fold shuffle records
 *            -> open what was assigned -> restore a batch -> show readers what is new
 * </pre>
 *
 * <p><b>What a failure undoes.</b> Folded posts live in the combiner until they are published. A
 * publish that was aborted drops them and seeks back. When nobody knows what became of it, the loop
 * starts anew: new producer, which settles the open transaction, then tasks and positions from the
 * group's committed offsets. The live state of count tasks comes from committed shuffle records
 * only, so an abort does not touch it.
 */
final class Loop implements ConsumerRebalanceListener, Restorer.Listener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final long IDLE_POLL_MS = 100;
  private static final long RESTORE_POLL_MS = 5;
  // An idle loop says so once a second: stream time and freshness move on without posts.
  private static final long HEARTBEAT_MS = 1_000;
  private static final long RETRY_MS = 1_000;
  private static final long PRUNE_MS = 30_000;
  // Shuffle records kept behind a checkpoint, for readers that are a little behind.
  private static final long PRUNE_MARGIN = 1_000;
  private static final long STATUS_MS = 100;
  // Distinct keys folded before a publish comes early.
  private static final int COMBINER_ENTRIES_MAX = 100_000;
  private static final int CORRUPTIONS_MAX = 2;

  /**
   * What a loop needs and does not own.
   *
   * @param running running count tasks of the instance by partition, for its readers; concurrent
   */
  record Surroundings(
      EngineConfig config,
      TopicNames topics,
      Windowing windowing,
      int postsPartitions,
      KafkaClients clients,
      Admin admin,
      StateDirectory directory,
      StoreMemory memory,
      Map<Integer, CountTask> running) {}

  /** Of one shuffle partition when its task was opened: its first offset, and the group's. */
  private record ShuffleBounds(long begin, long committed) {}

  /** What others see of a loop. */
  record Snapshot(EngineStatus.Loop loop, List<EngineStatus.Partition> partitions) {}

  private final Surroundings around;
  private final EngineConfig config;
  private final TopicNames topics;
  private final int index;
  private final String name;
  private final Consumer<ByteBuffer, ByteBuffer> group;
  private final Restorer restorer;
  private final LoopCounters counters = new LoopCounters();
  private final Combiner combiner;
  private final Rejected rejected;
  private final PostParser parser;
  private final Map<Integer, IngestTask> ingests = new TreeMap<>();
  private final Map<Integer, CountTask> counts = new TreeMap<>();
  // Assigned, but not opened yet: paused.
  private final Set<TopicPartition> pending = new HashSet<>();
  private final Map<Integer, ShuffleBounds> shuffleBounds = new HashMap<>();
  private final Map<Integer, Integer> corruptions = new HashMap<>();
  private final Map<Integer, Long> prunedTo = new HashMap<>();
  private @Nullable Publisher publisher; // null: to be made anew before anything else
  private boolean joined;
  private boolean rebalancing;
  private boolean closing;
  private long nowMs;
  private long publishedMs;
  private long retryOpenMs;
  private long pruneMs;
  private long statusMs;
  private volatile Snapshot snapshot;

  Loop(Surroundings around, int index) {
    this.around = around;
    this.config = around.config;
    this.topics = around.topics;
    this.index = index;
    this.name = "loop-" + index;
    this.combiner = new Combiner(around.windowing);
    this.rejected = new Rejected(topics.rejected());
    this.parser = new PostParser(config.maxPostBytes(), config.maxFuture().toMillis());
    this.group = around.clients.group(index);
    this.restorer = new Restorer(around.clients.restore(index), around.admin, topics.changelog());
    this.snapshot = snapshot();
    group.subscribe(List.of(topics.posts(), topics.shuffle()), this);
  }

  String name() {
    return name;
  }

  /** Any thread. */
  Snapshot lastSnapshot() {
    return snapshot;
  }

  /**
   * One turn.
   *
   * @param now the wall clock, epoch milliseconds
   * @return records processed
   * @throws ConfigException when only a person can help
   */
  int runOnce(long now) {
    nowMs = now;
    int work = 0;
    try {
      renewPublisher();
      publishIfDue();
      work += dispatch(poll());
      openPending();
      work += restorer.turn(Duration.ofMillis(RESTORE_POLL_MS), this, nowMs);
    } catch (FencedInstanceIdException e) {
      throw new ConfigException(
          "instance id '%s' is already used by another running process of application '%s', which took over: stop one of them, or give each its own --instance-id"
              .formatted(config.instanceId(), config.appId()));
    } catch (RetriableException e) {
      log.warn("{}: the brokers did not answer, trying again: {}", name, e.toString());
    }
    work += tend();
    if (nowMs - statusMs >= STATUS_MS || nowMs < statusMs) {
      statusMs = nowMs;
      snapshot = snapshot();
    }
    return work;
  }

  // ---------------------------------------------------------------- publish

  private void renewPublisher() {
    if (publisher != null) {
      return;
    }
    Publisher renewed =
        new Publisher(
            around.clients.producer(index),
            group,
            config,
            topics,
            around.postsPartitions,
            counters);
    try {
      renewed.begin();
      publisher = renewed;
      publishedMs = nowMs;
    } catch (KafkaException e) {
      renewed.close();
      throw e;
    }
  }

  private void publishIfDue() {
    List<CountTask> due = new ArrayList<>();
    for (CountTask task : counts.values()) {
      if (task.isCheckpointDue(nowMs)) {
        due.add(task);
      }
    }
    boolean unpublished = combiner.entries() > 0 || !rejected.pending().isEmpty();
    for (IngestTask ingest : ingests.values()) {
      unpublished |= ingest.hasUnpublished();
    }
    long sinceMs = nowMs - publishedMs;
    if (!due.isEmpty()
        || (unpublished && sinceMs >= config.publishMs())
        || combiner.entries() >= COMBINER_ENTRIES_MAX
        || rejected.isFull()
        || (!ingests.isEmpty() && sinceMs >= HEARTBEAT_MS)) {
      publish(due);
    }
  }

  private void publish(Collection<CountTask> due) {
    Publisher current = publisher;
    if (current == null) {
      return;
    }
    publishedMs = nowMs;
    try {
      for (Publisher.StoreFailure failure :
          current.publish(combiner, rejected, ingests.values(), due, nowMs)) {
        failed(failure.task(), failure.cause());
      }
    } catch (Publisher.FailedException e) {
      counters.aborts++;
      if (e.wasAborted()) {
        log.warn(
            "{}: a publish was aborted and is repeated: {}", name, String.valueOf(e.getCause()));
        rewind();
      } else {
        startAnew(String.valueOf(e.getCause()));
      }
    }
  }

  /** Gives up what was folded since the last publish. */
  private void rewind() {
    combiner.clear();
    rejected.clear();
    for (IngestTask ingest : ingests.values()) {
      group.seek(ingest.topicPartition(), ingest.rewind());
    }
  }

  private void startAnew(String why) {
    log.warn(
        "{}: a publish had no certain result, starting anew from what is committed: {}", name, why);
    combiner.clear();
    rejected.clear();
    drop(group.assignment());
    group.pause(group.assignment());
    pending.addAll(group.assignment());
    if (publisher != null) {
      publisher.close();
      publisher = null;
    }
  }

  // ---------------------------------------------------------------- poll

  private ConsumerRecords<ByteBuffer, ByteBuffer> poll() {
    try {
      return group.poll(Duration.ofMillis(pollMs()));
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition tp : e.partitions()) {
        skipDeleted(tp, e.offsetOutOfRangePartitions().get(tp));
      }
      return ConsumerRecords.empty();
    }
  }

  private long pollMs() {
    if (!restorer.isIdle() || !pending.isEmpty()) {
      return RESTORE_POLL_MS;
    }
    boolean waiting = combiner.entries() > 0;
    long untilDue = config.publishMs() - (nowMs - publishedMs);
    return waiting
        ? Math.max(0, Math.min(untilDue, IDLE_POLL_MS))
        : Math.min(config.publishMs(), IDLE_POLL_MS);
  }

  /** The topic's retention was faster than we are. */
  private void skipDeleted(TopicPartition tp, @Nullable Long offset) {
    if (!tp.topic().equals(topics.posts())) {
      throw new ConfigException(
          "%s@%s does not exist any more: shuffle records were deleted before they were checkpointed; set retention.ms=-1 on %s, then run reset"
              .formatted(tp, offset, topics.shuffle()));
    }
    log.error(
        "{}@{} does not exist any more: posts were deleted before they were counted; going on with the oldest that is left. Lengthen the topic's retention.",
        tp,
        offset);
    group.seekToBeginning(Set.of(tp));
  }

  private int dispatch(ConsumerRecords<ByteBuffer, ByteBuffer> records) {
    for (TopicPartition tp : records.partitions()) {
      if (tp.topic().equals(topics.posts())) {
        ingest(tp, records.records(tp));
      } else {
        fold(tp, records.records(tp));
      }
    }
    for (IngestTask ingest : ingests.values()) {
      TopicPartition tp = ingest.topicPartition();
      ingest.polled(group.position(tp), group.currentLag(tp), nowMs);
    }
    return records.count();
  }

  private void ingest(TopicPartition tp, List<ConsumerRecord<ByteBuffer, ByteBuffer>> posts) {
    IngestTask task = ingests.get(tp.partition());
    if (task == null) {
      throw new IllegalStateException(
          "records of " + tp + ", which is not open: it should be paused");
    }
    for (ConsumerRecord<ByteBuffer, ByteBuffer> post : posts) {
      Rejection rejection = task.ingest(post, parser, combiner, nowMs);
      counters.posts++;
      if (rejection == null) {
        counters.mentions += parser.hashtags().size();
        counters.oversizedTags += parser.hashtags().oversized();
      } else {
        counters.rejected(rejection.reason());
        rejected.add(post, rejection);
      }
    }
  }

  private void fold(TopicPartition tp, List<ConsumerRecord<ByteBuffer, ByteBuffer>> records) {
    CountTask task = counts.get(tp.partition());
    if (task == null || !task.isRunning()) {
      throw new IllegalStateException(
          "records of " + tp + ", which does not run: it should be paused");
    }
    try {
      records.forEach(task::fold);
    } catch (StoreException e) {
      failed(task, e);
    }
  }

  // ---------------------------------------------------------------- assignment

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
    joined = true;
    rebalancing = false;
    // The position is ours to set, once the task is open; until then any will do.
    group.pause(assigned);
    assigned.forEach(tp -> group.seek(tp, 0));
    pending.addAll(assigned);
    if (!assigned.isEmpty()) {
      log.info("{}: assigned {}", name, assigned);
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
    rebalancing = true;
    if (revoked.isEmpty()) {
      return;
    }
    List<CountTask> leaving = new ArrayList<>();
    for (TopicPartition tp : revoked) {
      CountTask task = tp.topic().equals(topics.shuffle()) ? counts.get(tp.partition()) : null;
      if (task != null && task.isRunning() && task.changes() > 0) {
        leaving.add(task);
      }
    }
    publish(leaving);
    drop(revoked);
    if (!closing) {
      log.info("{}: gave back {}", name, revoked);
    }
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> lost) {
    rebalancing = true;
    log.warn("{}: lost {} to the group; nothing of them is committed any more", name, lost);
    drop(lost);
    rewind();
  }

  /** Closes tasks as they are: what is not committed is somebody else's to do, or ours again. */
  private void drop(Collection<TopicPartition> partitions) {
    for (TopicPartition tp : partitions) {
      pending.remove(tp);
      if (tp.topic().equals(topics.posts())) {
        ingests.remove(tp.partition());
        continue;
      }
      restorer.remove(tp.partition());
      CountTask task = counts.remove(tp.partition());
      if (task != null) {
        around.running.remove(tp.partition(), task);
        task.close();
      }
    }
  }

  private void openPending() {
    if (pending.isEmpty() || publisher == null || nowMs < retryOpenMs) {
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> committed = group.committed(pending, CALL_TIMEOUT);
    for (TopicPartition tp : List.copyOf(pending)) {
      OffsetAndMetadata offset = committed.get(tp);
      boolean opened =
          tp.topic().equals(topics.posts())
              ? openIngest(tp, offset)
              : openCount(tp, offset == null ? 0 : offset.offset());
      if (opened) {
        pending.remove(tp);
      }
    }
  }

  private boolean openIngest(TopicPartition tp, @Nullable OffsetAndMetadata committed) {
    if (committed == null) {
      group.seekToBeginning(Set.of(tp));
    } else {
      group.seek(tp, committed.offset());
    }
    long position = group.position(tp, CALL_TIMEOUT);
    ingests.put(
        tp.partition(), new IngestTask(tp, position, config.sourceIdle().toMillis(), nowMs));
    group.resume(Set.of(tp));
    return true;
  }

  private boolean openCount(TopicPartition tp, long committed) {
    int partition = tp.partition();
    Restorer.Bounds changelog = restorer.bounds(partition);
    long begin = group.beginningOffsets(Set.of(tp), CALL_TIMEOUT).getOrDefault(tp, 0L);
    CountTask task;
    try {
      task = openStore(partition);
    } catch (StoreException e) {
      retryOrGiveUp(partition, e);
      return false;
    }
    if (task.changelogOffset() > 0 && task.changelogOffset() < changelog.begin()) {
      task.close();
      log.warn(
          "the state of partition {} ends at changelog offset {}, but the changelog begins at {}: too old to go on from, restoring from the beginning; the old state is set aside as {}",
          partition,
          task.changelogOffset(),
          changelog.begin(),
          around.directory.setAside(partition, nowMs));
      return false;
    }
    if (task.changelogOffset() > changelog.end()) {
      task.close();
      throw new ConfigException(
          "the state of partition %d has seen changelog offset %d, but %s-%d ends at %d: the topic was truncated or made anew; bring it back, or run reset to begin from nothing"
              .formatted(
                  partition,
                  task.changelogOffset(),
                  topics.changelog(),
                  partition,
                  changelog.end()));
    }
    shuffleBounds.put(partition, new ShuffleBounds(begin, committed));
    counts.put(partition, task);
    restorer.add(task, changelog, nowMs);
    return true;
  }

  private CountTask openStore(int partition) {
    return CountTask.open(
        partition, around.windowing, around.directory, around.memory, counters, nowMs);
  }

  private void retryOrGiveUp(int partition, StoreException e) {
    switch (e.kind()) {
      case LOCKED, FULL, CLOSED -> {
        retryOpenMs = nowMs + RETRY_MS;
        log.warn("{}: partition {} waits: {}", name, partition, e.getMessage());
      }
      case OTHER_FORMAT -> throw new ConfigException(String.valueOf(e.getMessage()));
      case CORRUPTED ->
          throw new ConfigException(
              "the store of partition %d cannot be opened even when empty: %s; check the disk"
                  .formatted(partition, e.getMessage()));
    }
  }

  @Override
  public void restored(CountTask task) {
    int partition = task.partition();
    TopicPartition tp = new TopicPartition(topics.shuffle(), partition);
    ShuffleBounds shuffle = shuffleBounds.getOrDefault(partition, new ShuffleBounds(0, 0));
    if (task.checkpointedOffset() < shuffle.committed) {
      failed(task, task.shortOf(shuffle.committed));
      return;
    }
    if (task.checkpointedOffset() < shuffle.begin) {
      throw new ConfigException(
          "the state of partition %d stands for %s up to offset %d, but that topic begins at %d: counts in between are lost; run reset to begin from nothing"
              .formatted(partition, tp, task.checkpointedOffset(), shuffle.begin));
    }
    // Spread over the interval, so that the checkpoints of many tasks do not come all at once.
    long stagger = config.checkpointMs() * (partition + 1) / config.shufflePartitions();
    group.seek(tp, task.run(nowMs + stagger));
    around.running.put(partition, task);
    group.resume(Set.of(tp));
  }

  /** A store that cannot go on: set aside when damaged, then opened again and restored. */
  @Override
  public void failed(CountTask task, StoreException e) {
    int partition = task.partition();
    TopicPartition tp = new TopicPartition(topics.shuffle(), partition);
    drop(Set.of(tp));
    if (e.kind() == StoreException.Kind.CORRUPTED) {
      int times = corruptions.merge(partition, 1, Integer::sum);
      Object aside = around.directory.setAside(partition, nowMs);
      if (times > CORRUPTIONS_MAX) {
        throw new ConfigException(
            "the store of partition %d is damaged for the %d. time: %s; check the disk under %s"
                .formatted(partition, times, e.getMessage(), aside));
      }
      log.warn(
          "the store of partition {} is damaged and set aside as {}; rebuilding it from the changelog. {}",
          partition,
          aside,
          e.getMessage());
    } else {
      retryOrGiveUp(partition, e);
    }
    group.pause(Set.of(tp));
    pending.add(tp);
  }

  // ---------------------------------------------------------------- the rest of a turn

  private int tend() {
    int work = 0;
    for (CountTask task : List.copyOf(counts.values())) {
      if (!task.isRunning()) {
        continue;
      }
      StoreException damage = task.damage();
      try {
        if (damage != null) {
          throw damage;
        }
        work += task.rebuildNextHead() ? 1 : 0;
        task.publishView();
      } catch (StoreException e) {
        failed(task, e);
      }
    }
    prune();
    return work;
  }

  /**
   * Deletes what the checkpoints have made superfluous: the shuffle has no retention of its own.
   */
  private void prune() {
    if (nowMs < pruneMs) {
      return;
    }
    pruneMs = nowMs + PRUNE_MS;
    Map<TopicPartition, RecordsToDelete> superfluous = new HashMap<>();
    for (CountTask task : counts.values()) {
      long to = task.checkpointedOffset() - PRUNE_MARGIN;
      if (task.isRunning() && to > prunedTo.getOrDefault(task.partition(), 0L)) {
        prunedTo.put(task.partition(), to);
        superfluous.put(
            new TopicPartition(topics.shuffle(), task.partition()),
            RecordsToDelete.beforeOffset(to));
      }
    }
    if (!superfluous.isEmpty()) {
      KafkaFuture<Void> unused =
          around
              .admin
              .deleteRecords(superfluous)
              .all()
              .whenComplete(
                  (done, e) -> {
                    if (e != null) {
                      log.warn(
                          "{}: deleting old shuffle records failed, trying again later: {}",
                          name,
                          e.toString());
                    }
                  });
    }
  }

  private EngineState state() {
    if (closing) {
      return EngineState.STOPPING;
    }
    if (!joined) {
      return EngineState.STARTING;
    }
    if (rebalancing) {
      return EngineState.REBALANCING;
    }
    return pending.isEmpty() && restorer.isIdle() ? EngineState.RUNNING : EngineState.RESTORING;
  }

  private Snapshot snapshot() {
    long postsLag = 0;
    for (IngestTask ingest : ingests.values()) {
      postsLag = ingest.lag() < 0 || postsLag < 0 ? -1 : postsLag + ingest.lag();
    }
    EngineStatus.Loop loop =
        new EngineStatus.Loop(
            name, state(), nowMs, List.copyOf(ingests.keySet()), postsLag, counters.snapshot());
    List<EngineStatus.Partition> partitions = new ArrayList<>();
    for (CountTask task : counts.values()) {
      partitions.add(status(task));
    }
    return new Snapshot(loop, List.copyOf(partitions));
  }

  private EngineStatus.Partition status(CountTask task) {
    TopicPartition tp = new TopicPartition(topics.shuffle(), task.partition());
    return new EngineStatus.Partition(
        task.partition(),
        !task.isRunning(),
        task.shuffleOffset(),
        task.isRunning() ? group.currentLag(tp).orElse(-1) : -1,
        task.changelogOffset(),
        task.restoredRecords(),
        restorer.remaining(task.partition()),
        task.streamTimeMs(),
        task.checkpointedAtMs(),
        task.changes(),
        task.store().estimatedKeys(),
        task.store().sstBytes());
  }

  /**
   * Publishes and checkpoints a last time, flushes the stores, so that the next start restores
   * nothing, and closes. The group keeps our place for a session timeout (static membership). Call
   * it after a failure too: then what is not committed is dropped.
   *
   * @param orderly false after a failure
   */
  void close(boolean orderly, long now) {
    closing = true;
    nowMs = now;
    snapshot = snapshot();
    if (orderly && publisher != null) {
      List<CountTask> changed = new ArrayList<>();
      for (CountTask task : counts.values()) {
        if (task.isRunning() && task.changes() > 0) {
          changed.add(task);
        }
      }
      publish(changed);
      counts.values().forEach(CountTask::flush);
    }
    close();
  }

  @Override
  public void close() {
    closing = true;
    for (CountTask task : counts.values()) {
      around.running.remove(task.partition(), task);
      task.close();
    }
    counts.clear();
    ingests.clear();
    restorer.close();
    if (publisher != null) {
      publisher.close();
      publisher = null;
    }
    group.close(CloseOptions.timeout(Duration.ofSeconds(2)));
  }
}
