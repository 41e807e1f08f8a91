package io.streamsocial.processor.snapshots;

import io.streamsocial.processor.task.Restorer;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.snapshots.SnapshotManifest;
import io.streamsocial.store.snapshots.SnapshotView;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the stores of partitions that have none here from instances that have them, {@value
 * #THREADS} at once. The loop that is to open the partition asks {@link #mustWait} in each turn and
 * never waits itself:
 *
 * <pre>
 *   no store here, an instance may have one, and   --> fetched into root/incoming, the loop waits
 *   the changelogs have more records than the bound
 *   whole, verified, within its changelogs         --> moved into place; the changelogs' tail is read
 *   none has it                                    --> the changelogs are read
 *   all that have it failed                        --> a line says why; the changelogs are read
 *   the partition is taken away                    --> given up, and deleted
 * </pre>
 *
 * <p>Thread-safe: loops share it, as a partition may go from one to another.
 */
public final class StateCopies {
  private static final Logger log = LoggerFactory.getLogger(StateCopies.class);
  static final int THREADS = 2;
  private static final long END_MS = 3_000;

  private final List<TaskStore.Spec> views;
  private final StateDirectory directory;
  private final StoreMemory memory;
  private final long recordsMin;
  private final ExecutorService threads;
  private final Map<Integer, StateCopy> copies = new HashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong fetched = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private SnapshotSource source = SnapshotSource.NONE;
  private boolean closed;

  /**
   * @param views that each task has, in the engine's order
   * @param recordsMin changelog records from which on fetching is worth it; 0 for never
   */
  public StateCopies(
      List<TaskStore.Spec> views, StateDirectory directory, StoreMemory memory, long recordsMin) {
    this.views = List.copyOf(views);
    this.directory = directory;
    this.memory = memory;
    this.recordsMin = recordsMin;
    AtomicInteger number = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "state-copy-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Fetches from here on. Before the first loop asks. */
  public synchronized void from(SnapshotSource known) {
    source = known;
  }

  /**
   * Whether a partition's stores are being fetched, so that there is nothing to ask brokers for.
   */
  public synchronized boolean isUnderWay(int partition) {
    StateCopy copy = copies.get(partition);
    return copy != null && !copy.isEnded();
  }

  /**
   * Whether the stores of a partition are not to be opened yet, because they are fetched. Begins to
   * fetch them when that is worth it, and puts those in place that have come.
   *
   * @param changelogs bounds as they are now, one a view in the engine's order
   */
  public synchronized boolean mustWait(int partition, List<Restorer.Bounds> changelogs) {
    StateCopy copy = copies.get(partition);
    if (copy != null && !copy.isEnded()) {
      return true;
    }
    if (copy != null) {
      copies.remove(partition);
      if (!copy.isCancelled()) {
        settle(copy, changelogs);
        return false;
      }
      copy.discard(); // another loop of this instance had the partition before
    }
    if (!mayFetch(partition, changelogs)) {
      return false;
    }
    long records = records(changelogs);
    StateCopy begun =
        new StateCopy(partition, records, source, views, directory, memory, bytes::addAndGet);
    copies.put(partition, begun);
    threads.execute(begun);
    return true;
  }

  /** Whether {@link #mustWait} would begin to fetch the stores of a partition. */
  public synchronized boolean mayFetch(int partition, List<Restorer.Bounds> changelogs) {
    return !closed
        && source != SnapshotSource.NONE
        && recordsMin > 0
        && records(changelogs) > recordsMin
        && !directory.hasTask(partition);
  }

  private static long records(List<Restorer.Bounds> changelogs) {
    return changelogs.stream().mapToLong(each -> each.end() - each.begin()).sum();
  }

  private void settle(StateCopy copy, List<Restorer.Bounds> changelogs) {
    if (copy.isWithoutHolder()) {
      log.info(
          "partition {} has no state here, and no other instance is known to have it: it comes from the changelog",
          copy.partition());
      return;
    }
    SnapshotManifest manifest = copy.arrived();
    String why = manifest == null ? copy.failure() : outside(manifest, changelogs);
    if (why == null) {
      try {
        directory.install(copy.partition());
        fetched.incrementAndGet();
        log.info("partition {} has its state from {}", copy.partition(), copy.summary());
        return;
      } catch (UncheckedIOException e) {
        why = e.getMessage() + ": " + e.getCause();
      }
    }
    failed.incrementAndGet();
    copy.discard();
    log.warn(
        "partition {} has no state here and got none from another instance: {}; restoring it from the changelog",
        copy.partition(),
        why);
  }

  /** Why the changelogs cannot bring it to their ends; null when they can. */
  private @Nullable String outside(SnapshotManifest manifest, List<Restorer.Bounds> changelogs) {
    for (SnapshotView view : manifest.views()) {
      int index = views.stream().map(TaskStore.Spec::name).toList().indexOf(view.name());
      Restorer.Bounds changelog = changelogs.get(index);
      long offset = view.changelogOffset();
      if (offset > changelog.end() || (offset > 0 && offset < changelog.begin())) {
        return "the snapshot ends at offset %d of the changelog of %s, which has %d to %d"
            .formatted(offset, view.name(), changelog.begin(), changelog.end());
      }
    }
    return null;
  }

  /**
   * Waits until the stores of a partition are not being fetched any more.
   *
   * @param timeoutMs at most so long
   * @return false when they still are
   */
  public boolean await(int partition, long timeoutMs) throws InterruptedException {
    StateCopy copy;
    synchronized (this) {
      copy = copies.get(partition);
    }
    return copy == null || copy.await(timeoutMs);
  }

  /** The partition is not for this loop any more: gives up what is under way, or has come. */
  public synchronized void cancel(int partition) {
    StateCopy copy = copies.get(partition);
    if (copy == null) {
      return;
    }
    if (copy.isEnded()) {
      copies.remove(partition);
      copy.discard();
    } else if (copy.cancel()) {
      copies.remove(partition); // it had not begun
    }
  }

  /** How far a partition has come. */
  public synchronized Optional<StateCopy.Progress> progress(int partition) {
    return Optional.ofNullable(copies.get(partition)).map(StateCopy::progress);
  }

  /** Partitions that are fetched now, or wait for their turn. */
  public synchronized int running() {
    return (int) copies.values().stream().filter(copy -> !copy.isEnded()).count();
  }

  /** Bytes fetched since the start. */
  public long bytes() {
    return bytes.get();
  }

  /** Partitions that got their state from another instance since the start. */
  public long fetched() {
    return fetched.get();
  }

  /** Partitions of which every instance that was asked gave none; they came from the changelog. */
  public long failed() {
    return failed.get();
  }

  /**
   * Gives up all. Idempotent.
   *
   * @return false when some thread still uses the memory of the stores
   */
  public boolean end() {
    synchronized (this) {
      closed = true;
      copies.values().forEach(StateCopy::cancel);
    }
    threads.shutdownNow();
    try {
      return threads.awaitTermination(END_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
