package io.streamsocial.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ExecutorServiceMetrics;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Threads for work that may block, with a bounded queue: when it is full, work is refused at once,
 * because an answer that comes after its client has left is of no use. Any thread submits.
 */
public final class BoundedPool implements AutoCloseable {
  private final String name;
  private final ThreadPoolExecutor executor;
  private final Runnable onRefusal;

  /**
   * @param name of the threads
   * @param queue how many may wait, at least 1
   */
  public BoundedPool(String name, int threads, int queue) {
    this(name, threads, queue, () -> {});
  }

  /**
   * @param onRefusal called for each refusal, on the thread that submits
   */
  public BoundedPool(String name, int threads, int queue, Runnable onRefusal) {
    this.onRefusal = onRefusal;
    this.name = name;
    AtomicInteger number = new AtomicInteger();
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.MILLISECONDS,
            new ArrayBlockingQueue<>(queue),
            task -> {
              Thread thread = new Thread(task, name + "-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Its threads and its queue, as meters. */
  public void bindTo(MeterRegistry registry) {
    new ExecutorServiceMetrics(executor, name, Tags.empty()).bindTo(registry);
  }

  /**
   * Runs it on a thread of the pool; when the queue is full it fails, here and now, with {@link
   * RefusalException}.
   */
  public <T> CompletionStage<T> submit(Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(work, executor);
    } catch (RejectedExecutionException e) {
      onRefusal.run();
      return CompletableFuture.failedFuture(
          RefusalException.overloaded("as many requests as allowed are waiting"));
    }
  }

  /** Waits at most so long for what runs. */
  public void close(Duration timeout) {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        executor.shutdownNow();
      }
    } catch (InterruptedException e) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(1));
  }
}
