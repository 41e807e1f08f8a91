package io.streamsocial.http.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.streamsocial.http.SingleFlight;
import io.streamsocial.http.peers.ReadOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Answers that are dear and change slowly: whoever asks the same within a second gets the same, and
 * equal questions at one time are one piece of work. Any thread.
 */
final class ExpiringAnswers<K, V> {
  private static final Duration GOOD_FOR = Duration.ofSeconds(1);

  /** Strangers choose the questions: the cache is bounded. */
  private static final int QUESTIONS_MAX = 200;

  private final Cache<K, V> recent;
  private final SingleFlight<K, V> flights;

  /**
   * @param shared told of each question that joined another
   */
  ExpiringAnswers(Runnable shared) {
    this(shared, Ticker.systemTicker());
  }

  ExpiringAnswers(Runnable shared, Ticker nanoClock) {
    this.recent =
        Caffeine.newBuilder()
            .maximumSize(QUESTIONS_MAX)
            .expireAfterWrite(GOOD_FOR)
            .ticker(nanoClock)
            .build();
    this.flights = new SingleFlight<>(shared);
  }

  /**
   * @param options a question that asks more of the state than any answer gives is worked out anew
   * @param work never blocks
   */
  CompletionStage<V> of(K key, ReadOptions options, Supplier<CompletionStage<V>> work) {
    if (!options.arePlain()) {
      return work.get();
    }
    V known = recent.getIfPresent(key);
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    return flights.of(
        key,
        () ->
            work.get()
                .thenApply(
                    answer -> {
                      recent.put(key, answer);
                      return answer;
                    }));
  }
}
