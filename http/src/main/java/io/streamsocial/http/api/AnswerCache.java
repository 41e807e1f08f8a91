package io.streamsocial.http.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Encoded answers by question. What is trending does not change between two publishes, so whoever
 * asks the same in between gets the same bytes; only the time and the staleness are written anew.
 *
 * <p>An answer from this instance alone is good for as long as its version stands. One with parts
 * of other instances cannot see their versions: it is reused while the own version stands and no
 * longer than one publish interval, which is by how much counts can be late anyway. Any thread.
 */
public final class AnswerCache {
  /**
   * Questions differ in limit, windows and region, which strangers choose: the cache is bounded.
   */
  private static final int QUESTIONS_MAX = 1_000;

  private final Cache<Key, Entry> entries =
      Caffeine.newBuilder().maximumSize(QUESTIONS_MAX).build();
  private final long publishNanos;
  private final LongSupplier nanoClock;

  /**
   * @param publishMs how often the counts of other instances can change
   */
  public AnswerCache(long publishMs) {
    this(publishMs, System::nanoTime);
  }

  public AnswerCache(long publishMs, LongSupplier nanoClock) {
    this.publishNanos = TimeUnit.MILLISECONDS.toNanos(publishMs);
    this.nanoClock = nanoClock;
  }

  /**
   * A question, with the instant rounded to its window.
   *
   * @param region null for all
   */
  public record Key(int limit, int windows, @Nullable String region, long windowStartMs) {}

  private record Entry(long version, boolean isRemote, long madeNanos, TrendingBody body) {}

  /** The answer of this version, if it is here. */
  public Optional<TrendingBody> find(Key key, long version) {
    Entry entry = entries.getIfPresent(key);
    if (entry == null || entry.version != version) {
      return Optional.empty();
    }
    boolean isYoung = nanoClock.getAsLong() - entry.madeNanos < publishNanos;
    return isYoung || !entry.isRemote ? Optional.of(entry.body) : Optional.empty();
  }

  /**
   * Keeps an answer.
   *
   * @param version asked for before the answer was made
   * @param isRemote whether other instances may have a part in it
   */
  public void keep(Key key, long version, boolean isRemote, TrendingBody body) {
    entries.put(key, new Entry(version, isRemote, nanoClock.getAsLong(), body));
  }
}
