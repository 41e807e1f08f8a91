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
import java.util.concurrent.TimeUnit;
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
  private static final long FETCH_LOOK_MS = 20;

  private final EngineConfig config;
  private final TaskStores stores;
  private final List<String> topics;
  private final int partition;
  private final StateCopies copies;
  private List<Restorer.Bounds> bounds;
  private final BooleanSupplier stop;
  private final TaskCounters counters = new TaskCounters();
  private volatile long done;
  private boolean restored;
  private @Nullable StoreException failure;

  /**
   * @param stop asked several times a second; any thread
   */
  PartitionRestore(
      EngineConfig config,
      OfflineState state,
      StateCopies copies,
      int partition,
      List<Restorer.Bounds> bounds,
      BooleanSupplier stop) {
    this.copies = copies;
    this.config = config;
    this.stores = new TaskStores(KeptView.of(config), state.directory(), state.memory());
    this.topics = KeptView.changelogs(config);
    this.partition = partition;
    this.bounds = bounds;
    this.stop = stop;
  }

  /** Changelog offsets passed so far. */
  long done() {
    return done;
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
    if (!copies.mustWait(partition, bounds)) {
      return 0;
    }
    try {
      while (copies.isUnderWay(partition)) {
        if (stop.getAsBoolean()) {
          copies.cancel(partition);
        }
        TimeUnit.MILLISECONDS.sleep(FETCH_LOOK_MS);
      }
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    long bytes = copies.progress(partition).map(StateCopy.Progress::bytes).orElse(0L);
    if (stop.getAsBoolean()) {
      copies.cancel(partition);
      return 0;
    }
    // The other instance has gone on meanwhile.
    bounds = restorer.bounds(partition);
    boolean unused = copies.mustWait(partition, bounds);
    return stores.has(partition) ? bytes : 0;
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
