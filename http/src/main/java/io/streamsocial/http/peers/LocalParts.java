package io.streamsocial.http.peers;

import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Answers parts from this instance's own state, for its clients and for other instances alike. Any
 * thread; never blocks the caller: waiting holds no thread, and RocksDB is read in the read pool.
 */
final class LocalParts {
  private final Queries queries;
  private final BoundedPool reads;
  private final VersionWatch watch;
  private final Supplier<Moment> clock;

  LocalParts(Queries queries, BoundedPool reads, VersionWatch watch, Supplier<Moment> clock) {
    this.queries = queries;
    this.reads = reads;
    this.watch = watch;
    this.clock = clock;
  }

  /** Every partition of the application, ascending. */
  List<Integer> partitions() {
    return queries.partitions();
  }

  /** The views of this instance. */
  ViewQueries views() {
    return queries.views();
  }

  /** The state of those of these partitions that this instance can read now. */
  SortedMap<Integer, Trending.Held> held(Collection<Integer> partitions) {
    return queries.held(partitions);
  }

  /**
   * Answers with what this instance holds of these partitions. With {@code after} it waits until
   * they include those posts, or the wait is over; then it answers with what there is.
   *
   * @return fails with {@link RefusalException} when too many wait or read
   */
  <P extends Trending.Part> CompletionStage<Gathered<P>> answer(
      PartQuestion<P> question, ReadOptions options, List<Integer> partitions) {
    return answer(question, options, partitions, () -> held(partitions));
  }

  /**
   * The same, by a caller that may have looked already.
   *
   * @param held called at most once, and only where the options ask something of the state
   */
  <P extends Trending.Part> CompletionStage<Gathered<P>> answer(
      PartQuestion<P> question,
      ReadOptions options,
      List<Integer> partitions,
      Supplier<SortedMap<Integer, Trending.Held>> held) {
    if (options.arePlain()) {
      return read(question, partitions, new TreeSet<>());
    }
    SortedMap<Integer, Trending.Held> now = held.get();
    InputOffsets after = options.after();
    if (options.waitMs() == 0 || includes(now, partitions, after)) {
      return read(question, partitions, stale(options, now, partitions));
    }
    return watch
        .await(() -> includes(held(partitions), partitions, after), options.waitMs())
        .thenCompose(
            unused -> read(question, partitions, stale(options, held(partitions), partitions)));
  }

  /** A partition that is not here is not waited for: another instance has it. */
  private static boolean includes(
      SortedMap<Integer, Trending.Held> held, List<Integer> partitions, InputOffsets after) {
    for (int partition : partitions) {
      Trending.Held each = held.get(partition);
      if (each != null && !each.includes(after)) {
        return false;
      }
    }
    return true;
  }

  private SortedSet<Integer> stale(
      ReadOptions options, SortedMap<Integer, Trending.Held> held, List<Integer> partitions) {
    SortedSet<Integer> stale = new TreeSet<>();
    if (options.maxStalenessMs().isPresent()) {
      long oldestMs = Math.max(1, clock.get().steadyMs() - options.maxStalenessMs().getAsLong());
      for (int partition : partitions) {
        Trending.Held each = held.get(partition);
        if (each != null && each.freshMs() < oldestMs) {
          stale.add(partition);
        }
      }
    }
    return stale;
  }

  private <P extends Trending.Part> CompletionStage<Gathered<P>> read(
      PartQuestion<P> question, List<Integer> partitions, SortedSet<Integer> stale) {
    List<Integer> wanted = partitions;
    if (!stale.isEmpty()) {
      wanted = new ArrayList<>(partitions);
      wanted.removeAll(stale);
    }
    return part(question, wanted)
        .thenApply(part -> new Gathered<>(partitions, List.of(part), stale, false));
  }

  private <P extends Trending.Part> CompletionStage<P> part(
      PartQuestion<P> question, List<Integer> partitions) {
    if (partitions.isEmpty()) {
      return CompletableFuture.completedFuture(question.nothing());
    }
    Optional<P> ready = question.tryRead(queries, partitions);
    return ready.isPresent()
        ? CompletableFuture.completedFuture(ready.get())
        : reads.submit(() -> question.read(queries, partitions));
  }
}
