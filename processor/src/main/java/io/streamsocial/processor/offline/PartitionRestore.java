package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.snapshots.StateCopies;
import io.streamsocial.processor.snapshots.StateCopy;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskCounters;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.store.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The offline restore of one partition. Run once, by one thread; {@link #done} is for any.
 *
 * <p>Every {@value #PERSIST_MS} ms the rows go to disk together with their offset, so a restore
 * that ends early, for any reason, continues from there.
 */
final class PartitionRestore implements Restorer.Listener {
  private static final long PERSIST_MS = 2_000;
  private static final long STALLED_MS = 60_000;
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long FETCH_LOOK_MS = 200; // to be asked whether to stop

  private final EngineConfig config;
  private final TaskStores stores;
  private final List<String> topics;
  private final int partition;
  private final StateCopies copies;
  private List<Restorer.Bounds> bounds;
  private final BooleanSupplier stop;
  private final TaskCounters counters = new TaskCounters();
  private volatile long done;
  private volatile long total;
  private volatile Fetch fetch;
  private boolean restored;
  private @Nullable StoreException failure;

  /**
   * @param total offsets of the changelogs to pass, as it looks before anything is done
   * @param stop asked several times a second; any thread
   */
  PartitionRestore(
      EngineConfig config,
      OfflineState state,
      StateCopies copies,
      int partition,
      List<Restorer.Bounds> bounds,
      long total,
      BooleanSupplier stop) {
    this.copies = copies;
    this.config = config;
    this.stores = new TaskStores(KeptView.of(config), state.directory(), state.memory());
    this.topics = KeptView.changelogs(config);
    this.partition = partition;
    this.bounds = bounds;
    this.total = total;
    this.fetch = copies.mayFetch(partition, bounds) ? Fetch.DUE : Fetch.NONE;
    this.stop = stop;
  }

  /** Changelog offsets passed so far. */
  long done() {
    return done;
  }

  /** Changelog offsets to pass, with those that are passed; fewer once the state was fetched. */
  long total() {
    return total;
  }

  /**
   * What comes from another instance.
   *
   * @param isDue not begun, but it will be asked for
   * @param isUnderWay begun and not ended
   * @param bytes that are here
   * @param bytesTotal of all; 0 while it is not known
   */
  record Fetch(boolean isDue, boolean isUnderWay, long bytes, long bytesTotal) {
    static final Fetch NONE = new Fetch(false, false, 0, 0);
    static final Fetch DUE = new Fetch(true, false, 0, 0);

    private static Fetch of(StateCopy.Progress reached, boolean isUnderWay) {
      return new Fetch(false, isUnderWay, reached.bytes(), reached.bytesTotal());
    }
  }

  /** How far that has come; any thread. */
  Fetch fetched() {
    return fetch;
  }

  @Override
  public void restored(CountTask task) {
    restored = true;
  }

  @Override
  public void failed(CountTask task, StoreException e) {
    failure = e;
  }

  /**
   * @param restorer the thread's own, without tasks
   */
  StateRestore.Partition run(Restorer restorer) {
    long begunNanos = System.nanoTime();
    long bytesBefore = restorer.bytes();
    long fetchedBytes = fetch(restorer);
    CountTask task = open();
    try {
      long from = offset(task);
      restorer.add(task, bounds, false, Moment.now());
      read(restorer, task);
      StoreException failed = failure;
      if (failed != null) {
        throw failed;
      }
      if (restored) {
        task.rest(Moment.now());
      } else {
        restorer.remove(partition);
        task.persistRestored();
        task.flush();
      }
      return new StateRestore.Partition(
          partition,
          from,
          offset(task),
          task.restoredRecords(),
          restorer.bytes() - bytesBefore,
          fetchedBytes,
          (System.nanoTime() - begunNanos) / 1e9,
          restored);
    } finally {
      restorer.remove(partition);
      task.close();
    }
  }

  /**
   * Gets the state from another instance, where one is asked and there is none here.
   *
   * @return bytes of the state that came; 0 when none did
   */
  private long fetch(Restorer restorer) {
    fetch = Fetch.NONE;
    if (!copies.mustWait(partition, bounds)) {
      return 0;
    }
    try {
      do {
        fetch = reached(true);
        if (stop.getAsBoolean()) {
          copies.cancel(partition);
        }
      } while (!copies.await(partition, FETCH_LOOK_MS));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    Fetch came = reached(false);
    fetch = came;
    if (stop.getAsBoolean()) {
      copies.cancel(partition);
      return 0;
    }
    // The other instance has gone on meanwhile.
    bounds = restorer.bounds(partition);
    boolean unused = copies.mustWait(partition, bounds);
    if (!stores.has(partition)) {
      fetch = Fetch.NONE;
      return 0;
    }
    return came.bytes();
  }

  private Fetch reached(boolean isUnderWay) {
    return copies
        .progress(partition)
        .map(reached -> Fetch.of(reached, isUnderWay))
        .orElse(Fetch.NONE);
  }

  /** A store that is too old or damaged is set aside; the second one is empty. */
  private CountTask open() {
    for (; ; ) {
      Moment now = Moment.now();
      CountTask task = stores.open(partition, counters, now);
      if (stores.fits(task, bounds, now) && stores.isSound(task, now, stop)) {
        return task;
      }
    }
  }

  /** Of all its changelogs together. */
  private static long offset(CountTask task) {
    long offset = 0;
    for (int view = 0; view < task.views(); view++) {
      offset += task.changelogOffset(view);
    }
    return offset;
  }

  /** The same, where reading begins. */
  private long begin(CountTask task) {
    long begin = 0;
    for (int view = 0; view < task.views(); view++) {
      begin += Math.max(task.changelogOffset(view), bounds.get(view).begin());
    }
    return begin;
  }

  private void read(Restorer restorer, CountTask task) {
    long from = begin(task);
    total = Math.max(0, bounds.stream().mapToLong(Restorer.Bounds::end).sum() - from);
    long persistedNanos = System.nanoTime();
    long movedNanos = persistedNanos;
    long lastOffset = -1;
    while (!restored && failure == null && !stop.getAsBoolean()) {
      int unused = restorer.turn(POLL, this, Moment.now());
      long now = System.nanoTime();
      long offset = Math.max(from, offset(task));
      if (offset > lastOffset) {
        lastOffset = offset;
        movedNanos = now;
      } else if (now - movedNanos > STALLED_MS * 1_000_000) {
        throw new TimeoutException(
            "nothing came of %s, partition %d, from offset %d for %d s: are the brokers at %s well? what was read is kept, run restore again"
                .formatted(
                    topics, partition, offset, STALLED_MS / 1_000, config.brokers().bootstrap()));
      }
      if (now - persistedNanos > PERSIST_MS * 1_000_000 && !restored && failure == null) {
        task.persistRestored();
        persistedNanos = System.nanoTime();
      }
      done = offset - from;
    }
  }
}
