package io.streamsocial.http.peers;

import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.OverloadedException;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers parts from this instance's own state, for its clients and for other instances alike. Any
 * thread; never blocks the caller: waiting holds no thread, and RocksDB is read in the read pool.
 */
public final class LocalParts {
  private final Queries queries;
  private final BoundedPool reads;
  private final VersionWatch watch;
  private final InstantSource clock;

  public LocalParts(Queries queries, BoundedPool reads, VersionWatch watch, InstantSource clock) {
    this.queries = queries;
    this.reads = reads;
    this.watch = watch;
    this.clock = clock;
  }

  /**
   * @param stale held here, but staler than the reader takes, so not in the part
   */
  record Local(Trending.Part part, SortedSet<Integer> stale) {}

  /**
   * What is here of these partitions. With {@code after} it waits until they include those posts,
   * or the wait is over; then it answers with what there is.
   *
   * @return fails with {@link OverloadedException} when too many wait or read
   */
  CompletionStage<Local> answer(PartQuestion asked, Collection<Integer> partitions) {
    Map<Integer, Long> after = asked.options().after();
    if (asked.options().waitMs() == 0 || includes(partitions, after)) {
      return read(asked, partitions);
    }
    return watch
        .await(() -> includes(partitions, after), asked.options().waitMs())
        .thenCompose(unused -> read(asked, partitions));
  }

  /** A partition that is not here is not waited for: another instance has it. */
  private boolean includes(Collection<Integer> partitions, Map<Integer, Long> after) {
    return after.isEmpty()
        || queries.held(partitions).values().stream().allMatch(held -> held.includes(after));
  }

  private CompletionStage<Local> read(PartQuestion asked, Collection<Integer> partitions) {
    SortedSet<Integer> stale = stale(asked.options(), partitions);
    Collection<Integer> wanted = partitions;
    if (!stale.isEmpty()) {
      List<Integer> rest = new ArrayList<>(partitions);
      rest.removeAll(stale);
      wanted = rest;
    }
    return part(asked, wanted).thenApply(part -> new Local(part, stale));
  }

  private SortedSet<Integer> stale(ReadOptions options, Collection<Integer> partitions) {
    SortedSet<Integer> stale = new TreeSet<>();
    if (options.maxStalenessMs().isPresent()) {
      long oldestMs = Math.max(1, clock.millis() - options.maxStalenessMs().getAsLong());
      queries
          .held(partitions)
          .forEach(
              (partition, held) -> {
                if (held.freshMs() < oldestMs) {
                  stale.add(partition);
                }
              });
    }
    return stale;
  }

  private CompletionStage<? extends Trending.Part> part(
      PartQuestion asked, Collection<Integer> partitions) {
    if (partitions.isEmpty()) {
      // A part without partitions is of any kind: it is dropped before the merge.
      return CompletableFuture.completedFuture(Trending.TopPart.NOTHING);
    }
    RegionVolumes.Question slices = asked.slices();
    if (slices != null) {
      return reads.submit(() -> queries.slices(slices, partitions));
    }
    KeyPage.Question page = asked.page();
    if (page != null) {
      return reads.submit(() -> queries.page(page, partitions));
    }
    Trending.Key key = asked.key();
    if (key != null) {
      return reads.submit(() -> queries.hashtagPart(key, asked.question()));
    }
    Optional<Trending.TopPart> ready = queries.tryPart(asked.question(), partitions);
    return ready.isPresent()
        ? CompletableFuture.completedFuture(ready.get())
        : reads.submit(() -> queries.part(asked.question(), partitions));
  }
}
