package io.streamsocial.processor.trends;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Reads the state of this instance. Safe for any thread; never stops the loops.
 *
 * <p>A method that takes partitions gives a {@link Trending.Part}: what this instance holds of
 * them, to be merged with the parts of other instances. A method without partitions gives the
 * answer of this instance alone, in which the partitions that it does not hold are missing.
 */
public interface Queries {

  /**
   * A number that changes, and only grows, whenever an answer could: with the counts, and with the
   * partitions that answer. Two equal questions at one version have equal answers, but for how
   * stale they are. Ask for it before the answer. Never blocks.
   */
  long version();

  /**
   * Somebody begins to wait for posts to be included: until {@link #waitEnded}, which must follow,
   * they are published as often as they may be, however few they are. Never blocks.
   */
  default void waitBegan() {}

  /** See {@link #waitBegan}. */
  default void waitEnded() {}

  /**
   * Regions that a window counts by their names in each partition; further ones are counted in
   * {@link Regions#OTHER}.
   */
  int maxRegions();

  /** Every shuffle partition of the application, ascending. Never blocks. */
  List<Integer> partitions();

  /**
   * The hashtag as it is counted.
   *
   * @param hashtag with or without a leading '#', any case; folded here as at ingest
   */
  Trending.Key key(String hashtag);

  /** Those of these partitions that can be read here now. Never blocks. */
  SortedMap<Integer, Trending.Held> held(Collection<Integer> partitions);

  /**
   * The top of the ranked heads of those of these partitions that are here. Never blocks and never
   * touches RocksDB: fit for an event loop.
   *
   * @return empty when the heads alone cannot prove the part exact (rare: ask {@link #part})
   */
  Optional<Trending.TopPart> tryPart(Trending.Question question, Collection<Integer> partitions);

  /** The same, exact in every case; may read RocksDB and take long. Not for an event loop. */
  Trending.TopPart part(Trending.Question question, Collection<Integer> partitions);

  /**
   * The windows of one hashtag, as a part of one row, with zeros when it is not known; without rows
   * when its partition is not here. Reads RocksDB: not for an event loop.
   *
   * @param question its limit is not used
   */
  Trending.TopPart hashtagPart(Trending.Key key, Trending.Question question);

  /**
   * The part of {@link Emerging} and {@link Regions}: one slice for each partition that is here. A
   * partition whose heads are not rebuilt after a restart counts as not here. May read RocksDB and
   * take long: not for an event loop.
   */
  RegionVolumes.SlicesPart slices(RegionVolumes.Question question, Collection<Integer> partitions);

  /** The views of this engine, the hashtags among them, key by key. */
  ViewQueries views();

  /** {@link #tryPart} of everything that is here. */
  default Optional<Trending.Answer> tryTrending(Trending.Question question) {
    return tryPart(question, partitions())
        .map(part -> Trending.merge(question.limit(), partitions(), List.of(part)));
  }

  /** {@link #part} of everything that is here. */
  default Trending.Answer trending(Trending.Question question) {
    return Trending.merge(question.limit(), partitions(), List.of(part(question, partitions())));
  }

  /** {@link #hashtagPart} for a hashtag as it was typed. */
  default Trending.HashtagAnswer hashtag(String hashtag, Trending.Question question) {
    Trending.Key key = key(hashtag);
    return Trending.hashtag(key, hashtagPart(key, question));
  }

  /**
   * What is suddenly mentioned more than it should be, from everything that is here. Compares with
   * as many closed windows as are kept, {@link Emerging#HISTORY_WINDOWS} at most. May take long, as
   * {@link #slices}.
   */
  Emerging.Answer emerging(Emerging.Question question);

  /** The regions with their mentions, from everything that is here. May take long. */
  default Regions.Answer regions(Regions.Question question) {
    return Regions.merge(question, partitions(), List.of(slices(question.slices(), partitions())));
  }
}
