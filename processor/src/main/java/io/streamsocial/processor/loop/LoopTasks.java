package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.TopicNames;
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
 * The tasks of one loop. Owned by the loop.
 *
 * <pre>
 *   assigned by the group: paused --> pending --opened--> restoring --> running, resumed
 *                                        ^                    |            |        |
 *                                        +-- store damaged ---+------------+        |
 *                                                                                   v
 *   wanted as standby: ------------------opened--> restoring ------------------> following
 * </pre>
 *
 * A running task whose checkpoint finds the disk full is stalled: open to readers, its partition
 * paused, until there is room; then it is opened again.
 *
 * <p>A count task that is given back or lost goes on as a follower, so that this instance can
 * answer until the partition's next owner does; a follower that is assigned runs as soon as its
 * changelog is read to the end. Neither closes the store. Ingest tasks are opened and dropped.
 */
final class LoopTasks implements Restorer.Listener, Followers.Listener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LoopTasks.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration RESTORE_POLL = Duration.ofMillis(5);
  // How long what belongs to others stays readable here: their take-over is a matter of a second,
  // unless they have trouble.
  private static final long LINGER_MS = 30_000;

  /**
   * Shuffle records, of which a loop writes one a publish, that a standby may lack to take over.
   */
  static final long CAUGHT_UP_LAG = 1_000;

  /** Of one shuffle partition when its task was opened: its first offset, and the group's. */
  private record ShuffleBounds(long begin, long committed) {}

  private final Loop.Surroundings around;
  private final EngineConfig config;
  private final TopicNames topics;
  private final Consumer<ByteBuffer, ByteBuffer> group;
  private final Restorer restorer;
  private final Followers followers;
  private final TaskStores stores;
  private final Map<Integer, IngestTask> ingests = new TreeMap<>();
  // Open, whether they run, follow or restore to do either.
  private final Map<Integer, CountTask> counts = new TreeMap<>();
  // Shuffle partitions that the group has assigned.
  private final Set<Integer> assigned = new HashSet<>();
  // Shuffle partitions to follow.
  private Set<Integer> standbys = Set.of();
  // Followed for nobody but readers, by partition: until when, epoch milliseconds.
  private final Map<Integer, Long> lingering = new HashMap<>();
  // Assigned, but not opened yet: paused.
  private final Set<TopicPartition> pending = new HashSet<>();
  private final Map<Integer, ShuffleBounds> shuffleBounds = new HashMap<>();
  private long nowMs;

  LoopTasks(
      Loop.Surroundings around,
      Consumer<ByteBuffer, ByteBuffer> group,
      Restorer restorer,
      Followers followers,
      LoopCounters counters) {
    this.around = around;
    this.config = around.config();
    this.topics = around.topics();
    this.group = group;
    this.restorer = restorer;
    this.followers = followers;
    this.stores = new TaskStores(around, counters);
  }

  /** Open posts partitions, ascending. */
  Collection<IngestTask> ingests() {
    return ingests.values();
  }

  /** Open shuffle partitions, whether they run, follow or restore, ascending. */
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

  /** Those of the running tasks that have something to checkpoint, and can. */
  List<CountTask> changed() {
    List<CountTask> changed = new ArrayList<>();
    for (CountTask task : counts.values()) {
      if (task.isRunning() && !task.isStalled() && task.changes() > 0) {
        changed.add(task);
      }
    }
    return changed;
  }

  /** Whether something that the group has assigned is still to be opened or restored. */
  boolean areOpening() {
    return !pending.isEmpty() || areRestoringToRun();
  }

  private boolean areRestoringToRun() {
    return assigned.stream().map(counts::get).anyMatch(task -> task != null && !task.isRunning());
  }

  boolean areRestoring() {
    return !restorer.isIdle();
  }

  boolean areFollowing() {
    return !followers.isEmpty();
  }

  // ---------------------------------------------------------------- assignment

  void assigned(Collection<TopicPartition> partitions) {
    // The position is ours to set, once the task is open; until then any will do.
    group.pause(partitions);
    partitions.forEach(tp -> group.seek(tp, 0));
    pending.addAll(partitions);
    for (TopicPartition tp : partitions) {
      if (tp.topic().equals(topics.shuffle())) {
        assigned.add(tp.partition());
        lingering.remove(tp.partition());
      }
    }
  }

  /**
   * Which partitions to follow from now on. Others that were followed stay readable for a while,
   * until their new owners surely answer.
   *
   * @param ofThisInstance shuffle partitions of the instance's other loops, which need the stores
   */
  void standbys(Set<Integer> wanted, Set<Integer> ofThisInstance, long now) {
    nowMs = now;
    standbys = Set.copyOf(wanted);
    for (Integer partition : List.copyOf(counts.keySet())) {
      if (assigned.contains(partition) || wanted.contains(partition)) {
        lingering.remove(partition);
      } else if (ofThisInstance.contains(partition)) {
        close(partition);
      } else {
        lingering.putIfAbsent(partition, nowMs + LINGER_MS);
      }
    }
  }

  /** Shuffle offsets that the live states here stand for, by partition. */
  Map<Integer, Long> positions() {
    Map<Integer, Long> positions = new TreeMap<>();
    counts.forEach((partition, task) -> positions.put(partition, task.liveOffset()));
    return positions;
  }

  /** Whether one of these follows so closely that it could take over at once. */
  boolean isAnyCaughtUp(Set<Integer> partitions) {
    for (Integer partition : partitions) {
      CountTask task = counts.get(partition);
      if (task != null
          && task.role() == Role.STANDBY
          && followers.lag(partition).orElse(Long.MAX_VALUE) <= CAUGHT_UP_LAG) {
        return true;
      }
    }
    return false;
  }

  /**
   * Nobody knows what became of the last publish: everything assigned begins again from what is
   * committed. The live states do not depend on it: they go on as followers meanwhile.
   */
  void reopenAll() {
    Set<TopicPartition> all = Set.copyOf(group.assignment());
    release(all);
    assigned(all);
  }

  /** Given back or lost. */
  void release(Collection<TopicPartition> partitions) {
    for (TopicPartition tp : partitions) {
      int partition = tp.partition();
      pending.remove(tp);
      if (tp.topic().equals(topics.posts())) {
        ingests.remove(partition);
        continue;
      }
      assigned.remove(partition);
      CountTask task = counts.get(partition);
      if (task == null) {
        continue;
      }
      if (task.isReadable() && !task.isStalled()) {
        follow(task);
        lingering.put(partition, nowMs + LINGER_MS);
      } else {
        close(partition); // opened again to follow, if that is wanted
      }
    }
  }

  private void close(int partition) {
    restorer.remove(partition);
    followers.remove(partition);
    lingering.remove(partition);
    CountTask task = counts.remove(partition);
    if (task != null) {
      around.running().remove(partition, task);
      stores.close(task);
      around.viewVersion().incrementAndGet();
    }
  }

  /** Opens what is pending; only once the committed offsets are settled. */
  void openPending(long now) {
    nowMs = now;
    if (stores.mustWait(nowMs)) {
      return;
    }
    openStandbys();
    if (pending.isEmpty()) {
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
        tp.partition(),
        new IngestTask(tp, position, config.cadence().sourceIdle().toMillis(), nowMs));
    group.resume(Set.of(tp));
    return true;
  }

  /** For the group: a follower only needs the end of its changelog. */
  private boolean openCount(TopicPartition tp, long committed) {
    int partition = tp.partition();
    long begin = group.beginningOffsets(Set.of(tp), CALL_TIMEOUT).getOrDefault(tp, 0L);
    CountTask open = counts.get(partition);
    if (open == null && !openStore(partition, false)) {
      return false;
    }
    if (open != null) {
      restorer.add(open, restorer.bounds(partition), false, nowMs);
    }
    shuffleBounds.put(partition, new ShuffleBounds(begin, committed));
    return true;
  }

  private void openStandbys() {
    for (Integer partition : standbys) {
      if (!counts.containsKey(partition) && !assigned.contains(partition)) {
        boolean unused = openStore(partition, true);
      }
    }
  }

  /** Opens a store and begins to restore it; false when that must wait. */
  private boolean openStore(int partition, boolean toFollow) {
    Restorer.Bounds changelog = restorer.bounds(partition);
    CountTask task = stores.open(partition, changelog, nowMs);
    if (task == null) {
      return false;
    }
    counts.put(partition, task);
    restorer.add(task, changelog, toFollow, nowMs);
    return true;
  }

  /** Restores one batch, and lets the followers follow; returns the records read. */
  int restore(long now) {
    nowMs = now;
    int followed = followers.turn(this);
    return followed + restorer.turn(RESTORE_POLL, this, nowMs);
  }

  @Override
  public void restored(CountTask task) {
    int partition = task.partition();
    stores.restored(partition);
    if (!assigned.contains(partition)) {
      follow(task);
      return;
    }
    TopicPartition tp = new TopicPartition(topics.shuffle(), partition);
    ShuffleBounds shuffle = shuffleBounds.getOrDefault(partition, new ShuffleBounds(0, 0));
    if (task.checkpointedOffset() < shuffle.committed) {
      failed(task, task.shortOf(shuffle.committed));
      return;
    }
    if (task.liveOffset() < shuffle.begin) {
      throw new ConfigException(
          "the state of partition %d stands for %s up to offset %d, but that topic begins at %d: counts in between are lost; run reset to begin from nothing"
              .formatted(partition, tp, task.liveOffset(), shuffle.begin));
    }
    if (task.isReadable()) {
      followers.remove(partition);
      log.info("took over partition {} at shuffle offset {}", partition, task.liveOffset());
    }
    // Spread over the interval, so that the checkpoints of many tasks do not come all at once.
    long stagger =
        config.cadence().checkpointMs() * (partition + 1) / config.tasks().shufflePartitions();
    group.seek(tp, task.run(nowMs + stagger));
    show(task);
    group.resume(Set.of(tp));
  }

  private void follow(CountTask task) {
    long unused = task.follow();
    followers.add(task);
    restorer.follow(task, nowMs);
    show(task);
  }

  private void show(CountTask task) {
    around.running().put(task.partition(), task);
    around.viewVersion().incrementAndGet();
  }

  /** The store has what its checkpoint had; the changelog has the rest. */
  @Override
  public void leftBehind(CountTask task) {
    log.warn(
        "partition {} is followed too slowly: the shuffle was deleted beyond offset {}; going on from the changelog",
        task.partition(),
        task.liveOffset());
    close(task.partition());
  }

  /**
   * A store that cannot go on: set aside when damaged, then opened again and restored. On a full
   * disk a running task is stalled before.
   */
  @Override
  public void failed(CountTask task, StoreException e) {
    int partition = task.partition();
    TopicPartition tp = new TopicPartition(topics.shuffle(), partition);
    if (e.kind() == StoreException.Kind.FULL && task.isRunning()) {
      task.stall();
      group.pause(Set.of(tp));
      stores.failed(partition, e, nowMs);
      return;
    }
    close(partition);
    stores.failed(partition, e, nowMs);
    if (assigned.contains(partition)) {
      group.pause(Set.of(tp));
      pending.add(tp);
    }
  }

  /** RocksDB takes no write after it has met a full disk, whatever is free later. */
  private void reopen(CountTask stalled) {
    close(stalled.partition());
    pending.add(new TopicPartition(topics.shuffle(), stalled.partition()));
  }

  /** Shows readers what is new, and heals what they found damaged; returns how much it did. */
  int tend(long now) {
    nowMs = now;
    int work = 0;
    boolean changed = false;
    for (CountTask task : List.copyOf(counts.values())) {
      if (!task.isReadable()) {
        continue;
      }
      StoreException damage = task.damage();
      try {
        if (damage != null) {
          throw damage;
        }
        if (task.isStalled() && stores.hasRoom(nowMs)) {
          reopen(task);
          continue;
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
    for (Map.Entry<Integer, Long> entry : Map.copyOf(lingering).entrySet()) {
      if (nowMs >= entry.getValue()) {
        close(entry.getKey());
      }
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
    return new EngineStatus.Partition(
        task.partition(),
        assigned.contains(task.partition()) ? Role.ACTIVE : Role.STANDBY,
        !task.isReadable(),
        task.liveOffset(),
        lag(task),
        task.changelogOffset(),
        task.restoredRecords(),
        restorer.remaining(task.partition()),
        task.streamTimeMs(),
        task.checkpointedAtMs(),
        task.changes(),
        task.store().estimatedKeys(),
        task.store().sstBytes(),
        task.verifiedAtMs());
  }

  private long lag(CountTask task) {
    if (task.isStalled()) {
      return -1; // its partition is paused, and the client tells what it knew then
    }
    return task.isRunning()
        ? group.currentLag(new TopicPartition(topics.shuffle(), task.partition())).orElse(-1)
        : followers.lag(task.partition()).orElse(-1);
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
    assigned.clear();
    lingering.clear();
    followers.close();
    restorer.close();
  }
}
