package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads the views of this instance; the hashtags are one of them. Safe for any thread; never stops
 * the loops.
 *
 * <p>A method that takes partitions gives what this instance holds of them, to be merged with the
 * parts of other instances. A partition that is not here, or whose store is damaged, is in no part.
 */
public interface ViewQueries {
  /** All views, in the order in which the engine has them. */
  List<ViewSchema> all();

  /** A view by its name. */
  default Optional<ViewSchema> find(String name) {
    return all().stream().filter(view -> view.name().equals(name)).findFirst();
  }

  /**
   * The same, of one that must be there.
   *
   * @throws IllegalArgumentException when it is not; the message names those that are
   */
  default ViewSchema require(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no view '%s'; the views are: %s"
                        .formatted(
                            name,
                            all().stream()
                                .map(ViewSchema::name)
                                .collect(Collectors.joining(", ")))));
  }

  /**
   * Why nothing is answered of a view now: it waits for an instance that cannot count it, or lacks
   * rows that were counted. No partition is in a part of it then. Empty when it counts.
   */
  Optional<String> waiting(ViewSchema view);

  /** The key of a text as people write it: of hashtags folded as at ingest, of others its UTF-8. */
  ViewKey key(ViewSchema view, String text);

  /** The shuffle partition that owns a key. */
  int partition(ViewKey key);

  /**
   * The rows of those of the keys that these partitions own. Reads RocksDB: not for an event loop.
   */
  ViewKeys.Part keys(ViewKeys.Question question, Collection<Integer> partitions);

  /**
   * The first keys of a range, of these partitions together. Reads RocksDB: not for an event loop.
   * Costs at most what {@link ViewRange} allows.
   */
  ViewRange.Part range(ViewRange.Question question, Collection<Integer> partitions);

  /** The sessions of a key, if these partitions own it. Reads RocksDB: not for an event loop. */
  ViewSessions.Part sessions(ViewSessions.Question question, Collection<Integer> partitions);

  /** The active keys of these partitions. Never blocks: fit for an event loop. */
  ViewActive.Part active(ViewActive.Question question, Collection<Integer> partitions);

  /**
   * The top of the ranked heads. Never blocks and never touches RocksDB: fit for an event loop.
   *
   * @return empty when the heads alone cannot prove the part exact: ask {@link #top}
   */
  Optional<ViewTop.Part> tryTop(ViewTop.Question question, Collection<Integer> partitions);

  /**
   * The same, by a scan where the heads do not suffice. Of a field that the view is not ranked by
   * it costs at most what {@link ViewTop} allows, and says so where that is too little. Not for an
   * event loop.
   */
  ViewTop.Part top(ViewTop.Question question, Collection<Integer> partitions);
}
