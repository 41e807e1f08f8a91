package io.streamsocial.http.api;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Equal questions at one time are one piece of work. Any thread. */
final class SingleFlight<K, V> {
  private final Map<K, CompletableFuture<V>> underWay = new ConcurrentHashMap<>();
  private final Runnable shared;

  /**
   * @param shared called for each question that joined an equal one under way
   */
  SingleFlight(Runnable shared) {
    this.shared = shared;
  }

  /**
   * The result of this work, or of the equal one that runs; also its failure.
   *
   * @param work never blocks
   */
  CompletionStage<V> of(K key, Supplier<CompletionStage<V>> work) {
    CompletableFuture<V> mine = new CompletableFuture<>();
    CompletableFuture<V> other = underWay.putIfAbsent(key, mine);
    if (other != null) {
      shared.run();
      return other;
    }
    CompletionStage<V> running;
    try {
      running = work.get();
    } catch (RuntimeException e) {
      running = CompletableFuture.failedFuture(e);
    }
    CompletionStage<V> unused =
        running.whenComplete(
            (value, failure) -> {
              underWay.remove(key, mine);
              if (failure == null) {
                mine.complete(value);
              } else {
                mine.completeExceptionally(failure);
              }
            });
    return mine;
  }
}
