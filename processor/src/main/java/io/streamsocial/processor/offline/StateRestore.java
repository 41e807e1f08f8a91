package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.kafka.BrokerRefusal;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.processor.snapshots.StateCopies;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.TaskStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Rebuilds the state of an instance from the changelog while the instance does not run: the work of
 * its next start, done earlier and several partitions at once. A restore that ends early, for any
 * reason, is continued by the next one (see {@link PartitionRestore}).
 *
 * <p>Takes the state directory for itself. Each partition is restored by one of a few threads, with
 * its own consumer; all else, the watcher too, runs on the caller's thread.
 */
public final class StateRestore {
  private static final long LOOK_MS = 200;
  // Who names an instance wants its state, however small it is.
  private static final long FETCH_ABOVE = 1;

  /**
   * The restore of one partition.
   *
   * @param from changelog offset at which it went on; 0 for a new store
   * @param to next changelog offset that the state does not include
   * @param records read from the changelog
   * @param bytes keys and values of them
   * @param fetchedBytes of the state that came from another instance before; 0 for none
   * @param complete whether the end of the changelog was reached
   */
  public record Partition(
      int partition,
      long from,
      long to,
      long records,
      long bytes,
      long fetchedBytes,
      double seconds,
      boolean complete) {
    /** Records a second. */
    public double rate() {
      return seconds > 0 ? records / seconds : 0;
    }
  }

  /**
   * @param partitions ascending; those that were not begun are absent
   * @param setAside stores that were damaged or too old, and are rebuilt: where they are now
   * @param seconds of all together, several at once
   * @param complete whether all that were asked for are restored
   */
  public record Result(
      List<Partition> partitions, List<Path> setAside, double seconds, boolean complete) {}

  /** Receives the progress, several times a second. */
  public interface Watcher {
    /**
     * While state comes from another instance.
     *
     * @param bytes that are here, of all partitions together
     * @param total bytes; an estimate while not every partition was asked for, 0 while none was
     */
    void fetched(long bytes, long total);

    /**
     * While no state comes from another instance.
     *
     * @param done changelog offsets passed in all partitions together
     * @param total to pass, fewer once state was fetched; offsets have gaps, so it is an upper
     *     bound of the records
     */
    void progress(long done, long total);
  }

  private final EngineConfig config;
  private final OfflineState state;
  private final Watcher watcher;
  private final BooleanSupplier stop;
  private final Restorer restorer;
  private final StateCopies copies;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Queue<PartitionRestore> waiting = new ConcurrentLinkedQueue<>();
  private final Queue<Partition> results = new ConcurrentLinkedQueue<>();

  private StateRestore(
      EngineConfig config,
      OfflineState state,
      SnapshotSource source,
      Watcher watcher,
      BooleanSupplier stop) {
    List<TaskStore.Spec> specs = KeptView.of(config).stream().map(KeptView::spec).toList();
    this.copies = new StateCopies(specs, state.directory(), state.memory(), FETCH_ABOVE);
    copies.from(source);
    this.config = config;
    this.state = state;
    this.watcher = watcher;
    this.stop = stop;
    this.restorer = state.restorer(KeptView.changelogs(config));
  }

  /**
   * Brings the state up to the end that the changelog has now.
   *
   * @param config names the brokers, the application, the instance and its state directory; window
   *     and retention must be those of the instance. The number of partitions is the changelog's.
   * @param partitions of the changelog; empty for all
   * @param parallel how many at once at most, 1 or more
   * @param source has the state of partitions that have none here; {@link SnapshotSource#NONE} to
   *     read all of it from the changelog
   * @param stop asked several times a second: when true, what was read is kept and the result says
   *     that it is not complete
   * @throws ConfigException when brokers, changelog or state do not fit
   * @throws TimeoutException when the brokers send nothing for a minute
   * @throws StoreException when the state directory is in use, or the disk is full or damaged
   */
  public static Result run(
      EngineConfig config,
      Set<Integer> partitions,
      int parallel,
      SnapshotSource source,
      Watcher watcher,
      BooleanSupplier stop) {
    try (OfflineState state = OfflineState.open(config)) {
      List<Integer> chosen = state.choose(partitions);
      return new StateRestore(config, state, source, watcher, stop).restore(chosen, parallel);
    } catch (KafkaException e) {
      throw BrokerRefusal.orElse(config, e, AclOperation.READ);
    }
  }

  private Result restore(List<Integer> partitions, int parallel) {
    long begunNanos = System.nanoTime();
    for (int partition : partitions) {
      List<Restorer.Bounds> bounds = restorer.bounds(partition);
      long left = left(partition, bounds);
      waiting.add(
          new PartitionRestore(config, state, copies, partition, bounds, left, stopped::get));
    }
    List<PartitionRestore> all = List.copyOf(waiting);
    Set<Path> setAsideBefore = Set.copyOf(state.directory().damaged());
    int threads = Math.min(parallel, all.size());
    ExecutorService pool = Executors.newFixedThreadPool(threads, StateRestore::thread);
    try {
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int index = i;
        workers.add(pool.submit(() -> work(index)));
      }
      workers.forEach(worker -> await(worker, all));
    } finally {
      end(pool);
    }
    List<Partition> sorted =
        results.stream().sorted(Comparator.comparingInt(Partition::partition)).toList();
    boolean complete =
        sorted.size() == partitions.size() && sorted.stream().allMatch(Partition::complete);
    List<Path> setAside =
        state.directory().damaged().stream()
            .filter(each -> !setAsideBefore.contains(each))
            .toList();
    return new Result(sorted, setAside, (System.nanoTime() - begunNanos) / 1e9, complete);
  }

  private static Thread thread(Runnable work) {
    return new Thread(work, "restore");
  }

  /** The first worker uses the consumer that has read the bounds. */
  private void work(int index) {
    Restorer own = index == 0 ? restorer : state.restorer(KeptView.changelogs(config), index);
    try {
      PartitionRestore next = waiting.poll();
      while (next != null && !stopped.get()) {
        results.add(next.run(own));
        next = waiting.poll();
      }
    } catch (Throwable e) {
      stopped.set(true); // the others keep what they have read, and end
      throw e;
    } finally {
      if (index > 0) {
        own.close();
      }
    }
  }

  /** Watches until a worker has ended; rethrows what ended it. */
  private void await(Future<?> worker, List<PartitionRestore> all) {
    while (true) {
      try {
        Object unused = worker.get(LOOK_MS, TimeUnit.MILLISECONDS);
        return;
      } catch (java.util.concurrent.TimeoutException e) {
        report(all);
        if (stop.getAsBoolean()) {
          stopped.set(true);
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException("a restore failed", e.getCause());
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  private void report(List<PartitionRestore> all) {
    List<PartitionRestore.Fetch> fetches = all.stream().map(PartitionRestore::fetched).toList();
    if (fetches.stream().noneMatch(PartitionRestore.Fetch::isUnderWay)) {
      watcher.progress(
          all.stream().mapToLong(PartitionRestore::done).sum(),
          all.stream().mapToLong(PartitionRestore::total).sum());
      return;
    }
    long total = fetches.stream().mapToLong(PartitionRestore.Fetch::bytesTotal).sum();
    long known = fetches.stream().filter(each -> each.bytesTotal() > 0).count();
    long due = fetches.stream().filter(PartitionRestore.Fetch::isDue).count();
    watcher.fetched(
        fetches.stream().mapToLong(PartitionRestore.Fetch::bytes).sum(),
        known == 0 ? 0 : total + total / known * due); // those to come are taken to be as large
  }

  /** When this returns, no worker uses the stores' memory. */
  private void end(ExecutorService pool) {
    stopped.set(true);
    pool.shutdown();
    awaitEnd(pool, copies::end);
  }

  /**
   * Waits for all workers, also when the caller is interrupted: the memory that they use is freed
   * next. None takes longer than opening or flushing a large store on a slow disk.
   *
   * @param haveCopiesEnded waits a while, and gives up at once in a thread that is interrupted
   */
  static void awaitEnd(ExecutorService pool, BooleanSupplier haveCopiesEnded) {
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      interrupted |= Thread.interrupted();
      try {
        ended = haveCopiesEnded.getAsBoolean() && pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Offsets to pass, of all views. */
  private long left(int partition, List<Restorer.Bounds> bounds) {
    List<KeptView> views = KeptView.of(config);
    long left = 0;
    for (int i = 0; i < views.size(); i++) {
      Restorer.Bounds changelog = bounds.get(i);
      long position = position(partition, views.get(i));
      left += Math.max(0, changelog.end() - Math.max(changelog.begin(), position));
    }
    return left;
  }

  /** A view's changelog offset; 0 for one that cannot be read, because it is rebuilt. */
  private long position(int partition, KeptView view) {
    if (!state.directory().hasTask(partition)) {
      return 0;
    }
    try (ReadOnlyStore store =
        ReadOnlyStore.open(
            state.directory().task(partition),
            view.name(),
            view.kind(),
            view.lanes(),
            state.memory())) {
      return store.position().changelogOffset();
    } catch (StoreException e) {
      return 0;
    }
  }
}
