package io.streamsocial.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Encoded answers by question. What is trending does not change between two publishes, so whoever
 * asks the same in between gets the same bytes; only the time and the staleness are written anew.
 * Any thread.
 */
final class AnswerCache {
  /**
   * Questions differ in limit, windows and region, which strangers choose: the cache is bounded.
   */
  private static final int QUESTIONS_MAX = 1_000;

  /**
   * A question, with the instant rounded to its window.
   *
   * @param region null for all
   */
  record Key(int limit, int windows, @Nullable String region, long windowStartMs) {}

  private record Entry(long version, TrendingBody body) {}

  private final Cache<Key, Entry> entries =
      Caffeine.newBuilder().maximumSize(QUESTIONS_MAX).build();

  /** The answer of this version, if it is here. */
  Optional<TrendingBody> find(Key key, long version) {
    Entry entry = entries.getIfPresent(key);
    return entry != null && entry.version == version ? Optional.of(entry.body) : Optional.empty();
  }

  /**
   * Keeps an answer.
   *
   * @param version asked for before the answer was made
   */
  void keep(Key key, long version, TrendingBody body) {
    entries.put(key, new Entry(version, body));
  }
}
