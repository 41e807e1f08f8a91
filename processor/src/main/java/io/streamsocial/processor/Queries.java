package io.streamsocial.processor;

import java.util.Optional;

/** Reads the state of this instance. Safe for any thread; never stops the loops. */
public interface Queries {

  /**
   * A number that changes, and only grows, whenever an answer could: with the counts, and with the
   * partitions that answer. Two equal questions at one version have equal answers, but for how
   * stale they are. Ask for it before the answer. Never blocks.
   */
  long version();

  /**
   * The top of the ranked heads. Never blocks and never touches RocksDB: fit for an event loop.
   *
   * @return empty when the heads alone cannot prove the answer exact (rare: ask {@link #trending})
   */
  Optional<Trending.Answer> tryTrending(Trending.Question question);

  /** The same, exact in every case; may read RocksDB and take long. Not for an event loop. */
  Trending.Answer trending(Trending.Question question);

  /**
   * The windows of one hashtag. Reads RocksDB: not for an event loop.
   *
   * @param hashtag with or without a leading '#', any case; folded here as at ingest
   * @param question its limit is not used
   */
  Trending.HashtagAnswer hashtag(String hashtag, Trending.Question question);
}
