package io.streamsocial.http.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.Moment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Answers by question. A kept answer is given again while its {@link Freshness} allows it, and
 * equal questions at one time are one piece of work. Any thread.
 */
final class AnswerCache<K, A> {
  private final Cache<K, Kept<A>> entries;
  private final SingleFlight<K, Answered<A>> flights;
  private final Freshness freshness;
  private final LongSupplier nanoClock;

  /**
   * @param questionsMax bounds the cache, because clients choose the questions
   * @param shared called for each question that joined an equal one under way
   */
  AnswerCache(int questionsMax, Freshness freshness, Runnable shared) {
    this(questionsMax, freshness, shared, System::nanoTime);
  }

  AnswerCache(int questionsMax, Freshness freshness, Runnable shared, LongSupplier nanoClock) {
    this.entries = Caffeine.newBuilder().maximumSize(questionsMax).build();
    this.freshness = freshness;
    this.flights = new SingleFlight<>(shared);
    this.nanoClock = nanoClock;
  }

  /**
   * How long an answer is given again: while the version stands, and not longer than this.
   *
   * @param version of this instance's state; asked for before an answer is made
   * @param ownNanos for an answer from this instance alone
   * @param remoteNanos for an answer with parts of others, whose versions cannot be seen
   */
  record Freshness(LongSupplier version, long ownNanos, long remoteNanos) {

    /**
     * The answer changes only with the version. Parts of others are reused for one publish
     * interval, by which counts can be late anyway.
     */
    static Freshness ofVersion(LongSupplier version, long publishMs) {
      return new Freshness(version, Long.MAX_VALUE, Duration.ofMillis(publishMs).toNanos());
    }

    /** The answer is expensive and changes slowly: the version does not matter. */
    static Freshness of(Duration age) {
      return new Freshness(() -> 0, age.toNanos(), age.toNanos());
    }
  }

  private record Kept<A>(long version, long madeNanos, Answered<A> answer) {}

  /**
   * @param options an answer that meets them is reused; where they ask something of the state, a
   *     new answer is neither shared nor kept
   * @param work never blocks
   */
  CompletionStage<Answered<A>> of(
      K key, ReadOptions options, Moment now, Supplier<CompletionStage<Answered<A>>> work) {
    long version = freshness.version().getAsLong();
    Kept<A> kept = entries.getIfPresent(key);
    if (kept != null
        && isFresh(kept, version)
        && options.accept(kept.answer().completeness(), now)) {
      return CompletableFuture.completedFuture(kept.answer());
    }
    return options.arePlain()
        ? flights.of(key, () -> work.get().thenApply(answer -> keep(key, version, answer)))
        : work.get();
  }

  private boolean isFresh(Kept<A> kept, long version) {
    long maxNanos = kept.answer().isRemote() ? freshness.remoteNanos() : freshness.ownNanos();
    return kept.version() == version && nanoClock.getAsLong() - kept.madeNanos() < maxNanos;
  }

  private Answered<A> keep(K key, long version, Answered<A> answer) {
    entries.put(key, new Kept<>(version, nanoClock.getAsLong(), answer));
    return answer;
  }
}
