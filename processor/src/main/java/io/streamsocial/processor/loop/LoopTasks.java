package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.snapshots.StateCopies;
import io.streamsocial.processor.snapshots.StateCopy;
import io.streamsocial.processor.task.Closing;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.Followers;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskCounters;
import io.streamsocial.processor.task.TaskStatus;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.store.StoreException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The open tasks of one loop: the one door through which they are opened, shown to readers and
 * closed. Owned by the loop.
 *
 * <pre>
 *   assigned by the group:  paused --> pending --opened--> restoring --> running, resumed
 *                                         ^                    |            |        |
 *                                         +-- store damaged ---+------------+        |
 *                                                                                    v
 *   wanted as standby:  -------------------opened--> restoring ------------------> following
 * </pre>
 *
 * {@link Assignment} opens what the group assigns, {@link Standbys} what is followed, and {@link
 * TaskUpkeep} takes all of them further each turn.
 */
final class LoopTasks implements AutoCloseable {
  private final TaskStores stores;
  private final StoreFailures failures;
  private final ReadableTasks readable;
  private final InstanceMembership membership;
  private final Restorer restorer;
  private final Followers followers;
  private final TaskCounters counters;
  private final StateCopies copies;
  // Partitions whose state is on the way from another instance, as this loop has asked.
  private final Set<Integer> copying = new HashSet<>();
  private final Map<TopicPartition, IngestTask> ingests =
      new TreeMap<>(
          Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
  // Open, whether they run, follow or restore to do either.
  private final Map<Integer, CountTask> counts = new TreeMap<>();
  // Shuffle partitions that the group has assigned, open or not.
  private final Set<Integer> assigned = new HashSet<>();

  /**
   * @param restorer closed with the tasks
   * @param followers closed with the tasks
   */
  LoopTasks(
      TaskStores stores,
      StoreFailures failures,
      ReadableTasks readable,
      InstanceMembership membership,
      Restorer restorer,
      Followers followers,
      TaskCounters counters,
      StateCopies copies) {
    this.copies = copies;
    this.stores = stores;
    this.failures = failures;
    this.readable = readable;
    this.membership = membership;
    this.restorer = restorer;
    this.followers = followers;
    this.counters = counters;
  }

  // ---------------------------------------------------------------- input

  /** Open partitions of the input, by topic and partition. */
  Collection<IngestTask> ingests() {
    return ingests.values();
  }

  IngestTask ingest(TopicPartition source) {
    IngestTask task = ingests.get(source);
    if (task == null) {
      throw new IllegalStateException("%s is not open: it should be paused".formatted(source));
    }
    return task;
  }

  void open(IngestTask task) {
    ingests.put(task.topicPartition(), task);
  }

  void closeIngest(TopicPartition source) {
    IngestTask task = ingests.remove(source);
    if (task != null) {
      task.close();
    }
  }

  // ---------------------------------------------------------------- counts

  /** Open shuffle partitions, whether they run, follow or restore, ascending. */
  Collection<CountTask> counts() {
    return counts.values();
  }

  /** Null when it is not open. */
  @Nullable CountTask count(int partition) {
    return counts.get(partition);
  }

  CountTask running(int partition) {
    CountTask task = counts.get(partition);
    if (task == null || !task.status().isActive()) {
      throw new IllegalStateException(
          "count task %d does not run: its partition should be paused".formatted(partition));
    }
    return task;
  }

  /** The running tasks that have something to checkpoint, and can. */
  List<CountTask> changed() {
    List<CountTask> changed = new ArrayList<>();
    for (CountTask task : counts.values()) {
      if (task.status() == TaskStatus.RUNNING && task.changes() > 0) {
        changed.add(task);
      }
    }
    return changed;
  }

  /** Views that count nowhere now: the accounts of all tasks say so from here on. */
  void areAway(List<String> views) {
    for (String view : views) {
      counts.values().forEach(task -> task.isAway(view));
    }
  }

  void assign(int partition) {
    assigned.add(partition);
  }

  void unassign(int partition) {
    assigned.remove(partition);
  }

  boolean isAssigned(int partition) {
    return assigned.contains(partition);
  }

  /** Whether an assigned partition is open, but restores still. */
  boolean areRestoringToRun() {
    return assigned.stream()
        .map(counts::get)
        .anyMatch(task -> task != null && !task.status().isActive());
  }

  boolean areRestoring() {
    return !restorer.isIdle();
  }

  /** Reads changelogs and shuffle with new consumers from here on. */
  void renewReaders() {
    restorer.renew();
    followers.renew();
  }

  /** Any thread: ends a poll that waits, by an exception. */
  void wakeUp() {
    restorer.wakeUp();
    followers.wakeUp();
  }

  boolean areFollowing() {
    return !followers.isEmpty();
  }

  /** Shuffle offsets that the live states here stand for, by partition. */
  Map<Integer, Long> positions() {
    Map<Integer, Long> positions = new TreeMap<>();
    counts.forEach((partition, task) -> positions.put(partition, task.liveOffset()));
    return positions;
  }

  /** Whether its state is on the way from another instance, so that it cannot be opened yet. */
  boolean isCopying(int partition) {
    return copies.isUnderWay(partition);
  }

  /** Partitions whose state this loop waits for, ascending; none of them is open. */
  SortedMap<Integer, StateCopy.Progress> copying() {
    SortedMap<Integer, StateCopy.Progress> progress = new TreeMap<>();
    copying.forEach(
        partition ->
            copies.progress(partition).ifPresent(reached -> progress.put(partition, reached)));
    return progress;
  }

  /** Gives up what is on the way and not wanted here any more. */
  void keepCopying(IntPredicate wanted) {
    copying.removeIf(
        partition -> {
          boolean isOver = !isAssigned(partition) && !wanted.test(partition);
          if (isOver) {
            copies.cancel(partition);
          }
          return isOver;
        });
  }

  /** See {@link Restorer#bounds(Set)}. */
  Map<Integer, List<Restorer.Bounds>> bounds(Set<Integer> partitions) {
    return restorer.bounds(partitions);
  }

  /**
   * Opens a store and begins to restore it; false when that must wait.
   *
   * @param bounds of its changelogs, of a moment ago
   * @param toFollow false when it is to run
   */
  boolean open(int partition, List<Restorer.Bounds> bounds, boolean toFollow, Moment now) {
    if (copies.mustWait(partition, bounds)) {
      copying.add(partition);
      return false;
    }
    copying.remove(partition);
    boolean wasThere = stores.has(partition);
    CountTask task;
    try {
      task = stores.open(partition, counters);
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.CORRUPTED && wasThere) {
        failed(partition, e, now); // set aside: the next turn may fetch it from another instance
      } else {
        failures.notOpened(partition, e, now);
      }
      return false;
    }
    if (!stores.fits(task, bounds, now)) {
      return false;
    }
    membership.opened(partition);
    failures.opened(partition);
    counts.put(partition, task);
    restorer.add(task, bounds, toFollow, now);
    return true;
  }

  /** Reads the changelog of an open task to its end, so that it can run. */
  void restoreToRun(CountTask task, List<Restorer.Bounds> bounds, Moment now) {
    restorer.add(task, bounds, false, now);
  }

  /** It is live: lets readers ask it. A view whose state it found incomplete counts no more. */
  void show(CountTask task) {
    task.incomplete().forEach(membership::incomplete);
    readable.show(task);
  }

  /** What readers see of some task has changed. */
  void viewsChanged() {
    readable.changed();
  }

  void close(int partition) {
    restorer.remove(partition);
    followers.remove(partition);
    CountTask task = counts.remove(partition);
    if (task != null) {
      readable.hide(task);
      task.close();
      membership.closed(partition, task.checkpointedOffset());
    }
  }

  /** See {@link StoreFailures#failed}; a store that is set aside rests here no more. */
  void failed(int partition, StoreException e, Moment now) {
    if (e.kind() == StoreException.Kind.CORRUPTED) {
      membership.opened(partition);
    }
    failures.failed(partition, e, now);
  }

  // ---------------------------------------------------------------- for the report

  /** Shuffle records that a follower has not folded yet; -1 when unknown. */
  long followingLag(int partition) {
    return followers.lag(partition).orElse(-1);
  }

  /** See {@link Restorer#remaining}. */
  long restoreRemaining(int partition) {
    return restorer.remaining(partition);
  }

  /** Closes every task as it is, and the rest, whatever of it fails. */
  @Override
  public void close() {
    List<Runnable> parts = new ArrayList<>();
    for (CountTask task : counts.values()) {
      parts.add(() -> readable.hide(task));
      parts.add(task::close);
    }
    copying.forEach(partition -> parts.add(() -> copies.cancel(partition)));
    ingests.values().forEach(ingest -> parts.add(ingest::close));
    parts.add(followers::close);
    parts.add(restorer::close);
    counts.clear();
    copying.clear();
    ingests.clear();
    assigned.clear();
    Closing.all(parts);
  }
}
