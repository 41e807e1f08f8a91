package io.streamsocial.processor;

import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds the state of an instance from the changelog while the instance does not run: what its
 * next start would do, at a time of one's own choosing. A restore that ends early, by whatever
 * cause, goes on from where it was the next time: every {@value #PERSIST_MS} ms what was read goes
 * to disk together with how far it goes.
 *
 * <p>Takes the state directory for itself. Single-threaded: everything, the watcher included, runs
 * on the caller's thread.
 */
public final class StateRestore {
  private static final long PERSIST_MS = 2_000;
  private static final long STALLED_MS = 60_000;
  private static final Duration POLL = Duration.ofMillis(200);

  /**
   * What was done for one partition.
   *
   * @param from changelog offset at which it went on; 0 for a new store
   * @param to next changelog offset that the state does not include
   * @param records read from the changelog
   * @param complete whether the end of the changelog was reached
   */
  public record Partition(
      int partition, long from, long to, long records, double seconds, boolean complete) {
    /** Records a second. */
    public double rate() {
      return seconds > 0 ? records / seconds : 0;
    }
  }

  /**
   * @param partitions in their order; those that were not begun are absent
   * @param complete whether all that were asked for are restored
   */
  public record Result(List<Partition> partitions, boolean complete) {}

  /** Hears how far it is, several times a second. */
  public interface Watcher {
    /**
     * @param done changelog offsets passed in all partitions together
     * @param total to pass; offsets have gaps, so it is an upper bound of the records
     */
    void progress(int partition, long done, long total);
  }

  private final EngineConfig config;
  private final Watcher watcher;
  private final BooleanSupplier stop;
  private final InstantSource clock;
  private final String topic;
  private final StateDirectory directory;
  private final StoreMemory memory;
  private final Restorer restorer;
  private long doneBefore;
  private long total;

  private StateRestore(
      EngineConfig config, OfflineState state, Watcher watcher, BooleanSupplier stop) {
    this.config = config;
    this.watcher = watcher;
    this.stop = stop;
    this.clock = InstantSource.system();
    this.topic = TopicNames.of(config).changelog();
    this.directory = state.directory();
    this.memory = state.memory();
    this.restorer = state.restorer(topic);
  }

  /**
   * Brings the state up to the end that the changelog has now.
   *
   * @param config names the brokers, the application, the instance and its state directory; window
   *     and retention must be those of the instance. The number of partitions is the changelog's.
   * @param partitions of the changelog; empty for all
   * @param stop asked several times a second: when true, what was read is kept and the result says
   *     that it is not complete
   * @throws ConfigException when brokers, changelog or state do not fit
   * @throws TimeoutException when the brokers send nothing for a minute
   * @throws StoreException when the state directory is in use, or the disk is full or damaged
   */
  public static Result run(
      EngineConfig config, Set<Integer> partitions, Watcher watcher, BooleanSupplier stop) {
    try (OfflineState state = OfflineState.open(config)) {
      List<Integer> chosen = state.choose(partitions);
      return new StateRestore(config, state, watcher, stop).restore(chosen);
    } catch (KafkaException e) {
      throw BrokerRefusal.orElse(config, e, AclOperation.READ);
    }
  }

  private Result restore(List<Integer> partitions) {
    List<One> restores = new ArrayList<>();
    for (int partition : partitions) {
      Restorer.Bounds each = restorer.bounds(partition);
      restores.add(new One(partition, each));
      total += Math.max(0, each.end() - Math.max(each.begin(), position(partition)));
    }
    List<Partition> results = new ArrayList<>();
    for (One each : restores) {
      if (stop.getAsBoolean()) {
        return new Result(results, false);
      }
      Partition result = each.restore();
      results.add(result);
      if (!result.complete) {
        return new Result(results, false);
      }
    }
    return new Result(results, true);
  }

  /** Where the store stands; 0 for one that cannot be read, as it is begun anew. */
  private long position(int partition) {
    if (!directory.hasTask(partition)) {
      return 0;
    }
    try (ReadOnlyStore store =
        ReadOnlyStore.open(directory.task(partition), TopicNames.STORE, memory)) {
      return store.position().changelogOffset();
    } catch (StoreException e) {
      return 0;
    }
  }

  /** The restore of one partition. */
  private final class One implements Restorer.Listener {
    private final int partition;
    private final Restorer.Bounds bounds;
    private final LoopCounters counters = new LoopCounters();
    private boolean restored;
    private @Nullable StoreException failure;

    One(int partition, Restorer.Bounds bounds) {
      this.partition = partition;
      this.bounds = bounds;
    }

    @Override
    public void restored(CountTask task) {
      restored = true;
    }

    @Override
    public void failed(CountTask task, StoreException e) {
      failure = e;
    }

    Partition restore() {
      long begunNanos = System.nanoTime();
      CountTask task = open();
      try {
        long from = task.changelogOffset();
        restorer.add(task, bounds, false, clock.millis());
        read(task, Math.max(from, bounds.begin()));
        StoreException failed = failure;
        if (failed != null) {
          throw failed;
        }
        if (restored) {
          task.rest();
        } else {
          restorer.remove(partition);
          task.persistRestored();
          task.flush();
        }
        double seconds = (System.nanoTime() - begunNanos) / 1e9;
        return new Partition(
            partition, from, task.changelogOffset(), task.restoredRecords(), seconds, restored);
      } finally {
        task.close();
      }
    }

    /** A store that is too old or damaged is set aside; the second one is empty. */
    private CountTask open() {
      for (; ; ) {
        long nowMs = clock.millis();
        CountTask task =
            CountTask.open(partition, config.windowing(), directory, memory, counters, nowMs);
        if (TaskStores.fits(task, bounds, topic, directory, nowMs)) {
          return task;
        }
      }
    }

    private void read(CountTask task, long from) {
      long persistedNanos = System.nanoTime();
      long movedNanos = persistedNanos;
      long lastOffset = -1;
      while (!restored && failure == null && !stop.getAsBoolean()) {
        int unused = restorer.turn(POLL, this, clock.millis());
        long now = System.nanoTime();
        long offset = Math.max(from, task.changelogOffset());
        if (offset > lastOffset) {
          lastOffset = offset;
          movedNanos = now;
        } else if (now - movedNanos > STALLED_MS * 1_000_000) {
          throw new TimeoutException(
              "nothing came of %s-%d from offset %d for %d s: are the brokers at %s well? what was read is kept, run restore again"
                  .formatted(topic, partition, offset, STALLED_MS / 1_000, config.bootstrap()));
        }
        if (now - persistedNanos > PERSIST_MS * 1_000_000 && !restored && failure == null) {
          task.persistRestored();
          persistedNanos = System.nanoTime();
        }
        watcher.progress(partition, doneBefore + offset - from, total);
      }
      doneBefore += Math.max(0, lastOffset - from);
    }
  }
}
