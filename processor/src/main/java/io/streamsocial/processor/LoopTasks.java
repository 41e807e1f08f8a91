package io.streamsocial.processor;

import io.streamsocial.store.StoreException;
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
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of one loop: opened when the group assigns their partitions, restored, run, and closed
 * when they are given back or lost. Owned by the loop.
 *
 * <pre>
 *   assigned: paused --> pending --opened--> restoring (count tasks only) --> open, resumed
 *                          ^                     |                             |
 *                          +------ store damaged, disk full, result unknown ---+
 * </pre>
 */
final class LoopTasks implements Restorer.Listener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LoopTasks.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration RESTORE_POLL = Duration.ofMillis(5);
  private static final long RETRY_MS = 1_000;
  private static final int CORRUPTIONS_MAX = 2;

  /** Of one shuffle partition when its task was opened: its first offset, and the group's. */
  private record ShuffleBounds(long begin, long committed) {}

  private final Loop.Surroundings around;
  private final EngineConfig config;
  private final TopicNames topics;
  private final Consumer<ByteBuffer, ByteBuffer> group;
  private final Restorer restorer;
  private final LoopCounters counters;
  private final Map<Integer, IngestTask> ingests = new TreeMap<>();
  private final Map<Integer, CountTask> counts = new TreeMap<>();
  // Assigned, but not opened yet: paused.
  private final Set<TopicPartition> pending = new HashSet<>();
  private final Map<Integer, ShuffleBounds> shuffleBounds = new HashMap<>();
  private final Map<Integer, Integer> corruptions = new HashMap<>();
  private long retryOpenMs;
  private long nowMs;

  LoopTasks(
      Loop.Surroundings around,
      Consumer<ByteBuffer, ByteBuffer> group,
      Restorer restorer,
      LoopCounters counters) {
    this.around = around;
    this.config = around.config();
    this.topics = around.topics();
    this.group = group;
    this.restorer = restorer;
    this.counters = counters;
  }

  /** Open posts partitions, ascending. */
  Collection<IngestTask> ingests() {
    return ingests.values();
  }

  /** Open shuffle partitions, running or restoring, ascending. */
  Collection<CountTask> counts() {
    return counts.values();
  }

  IngestTask ingest(int partition) {
    IngestTask task = ingests.get(partition);
    if (task == null) {
      throw new IllegalStateException(
          "posts partition %d is not open: it should be paused".formatted(partition));
    }
    return task;
  }

  CountTask running(int partition) {
    CountTask task = counts.get(partition);
    if (task == null || !task.isRunning()) {
      throw new IllegalStateException(
          "count task %d does not run: its partition should be paused".formatted(partition));
    }
    return task;
  }

  /** Those of the running tasks that have something to checkpoint. */
  List<CountTask> changed() {
    List<CountTask> changed = new ArrayList<>();
    for (CountTask task : counts.values()) {
      if (task.isRunning() && task.changes() > 0) {
        changed.add(task);
      }
    }
    return changed;
  }

  /** Whether something is still to be opened or restored. */
  boolean areOpening() {
    return !pending.isEmpty() || !restorer.isIdle();
  }

  boolean areRestoring() {
    return !restorer.isIdle();
  }

  // ---------------------------------------------------------------- assignment

  void assigned(Collection<TopicPartition> partitions) {
    // The position is ours to set, once the task is open; until then any will do.
    group.pause(partitions);
    partitions.forEach(tp -> group.seek(tp, 0));
    pending.addAll(partitions);
  }

  /** Everything that is assigned is to be opened anew, from what is committed. */
  void reopenAll() {
    Set<TopicPartition> all = Set.copyOf(group.assignment());
    drop(all);
    group.pause(all);
    pending.addAll(all);
  }

  /** Closes tasks as they are: what is not committed is somebody else's to do, or ours again. */
  void drop(Collection<TopicPartition> partitions) {
    for (TopicPartition tp : partitions) {
      pending.remove(tp);
      if (tp.topic().equals(topics.posts())) {
        ingests.remove(tp.partition());
        continue;
      }
      restorer.remove(tp.partition());
      CountTask task = counts.remove(tp.partition());
      if (task != null) {
        around.running().remove(tp.partition(), task);
        task.close();
        around.viewVersion().incrementAndGet();
      }
    }
  }

  /** Opens what is pending; only once the committed offsets are settled. */
  void openPending(long now) {
    nowMs = now;
    if (pending.isEmpty() || nowMs < retryOpenMs) {
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
          around.directory().setAside(partition, nowMs));
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
        partition, around.windowing(), around.directory(), around.memory(), counters, nowMs);
  }

  private void retryOrGiveUp(int partition, StoreException e) {
    switch (e.kind()) {
      case LOCKED, FULL, CLOSED -> {
        retryOpenMs = nowMs + RETRY_MS;
        log.warn("partition {} waits: {}", partition, e.getMessage());
      }
      case OTHER_FORMAT -> throw new ConfigException(String.valueOf(e.getMessage()));
      case CORRUPTED ->
          throw new ConfigException(
              "the store of partition %d cannot be opened even when empty: %s; check the disk"
                  .formatted(partition, e.getMessage()));
    }
  }

  /** Restores one batch; returns its records. */
  int restore(long now) {
    nowMs = now;
    return restorer.turn(RESTORE_POLL, this, nowMs);
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
    around.running().put(partition, task);
    around.viewVersion().incrementAndGet();
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
      Object aside = around.directory().setAside(partition, nowMs);
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

  /** Shows readers what is new, and heals what they found damaged; returns how much it did. */
  int tend(long now) {
    nowMs = now;
    int work = 0;
    boolean changed = false;
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
        changed |= task.publishView();
      } catch (StoreException e) {
        failed(task, e);
      }
    }
    if (changed) {
      around.viewVersion().incrementAndGet();
    }
    return work;
  }

  List<EngineStatus.Partition> status() {
    List<EngineStatus.Partition> partitions = new ArrayList<>();
    for (CountTask task : counts.values()) {
      partitions.add(status(task));
    }
    return List.copyOf(partitions);
  }

  private EngineStatus.Partition status(CountTask task) {
    TopicPartition tp = new TopicPartition(topics.shuffle(), task.partition());
    return new EngineStatus.Partition(
        task.partition(),
        Role.ACTIVE,
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

  /** Closes every task as it is. */
  @Override
  public void close() {
    for (CountTask task : counts.values()) {
      around.running().remove(task.partition(), task);
      task.close();
    }
    counts.clear();
    ingests.clear();
    restorer.close();
  }
}
