package io.streamsocial.processor;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** One instance. */
@SuppressWarnings("DoNotCallSuggester")
public final class Engine implements AutoCloseable {
  private Engine() {}

  /**
   * Checks the topics (creating internal ones), opens the state and starts the loops. Returns when
   * the loops run; they join the group and restore in the background, see {@link #status()}.
   *
   * @throws ConfigException when configuration, topics or state on disk do not fit
   */
  public static Engine start(EngineConfig config) {
    throw new IllegalStateException(config.appId());
  }

  public EngineConfig config() {
    throw new IllegalStateException();
  }

  /** Any thread; never blocks. */
  public EngineStatus status() {
    throw new IllegalStateException();
  }

  /** Any thread. */
  public Queries queries() {
    throw new IllegalStateException();
  }

  /** Completed when a loop has died: the process should say so and exit. */
  public CompletableFuture<Throwable> failure() {
    throw new IllegalStateException();
  }

  /** Final publish, checkpoint and flush, then closes; at most so long. Idempotent. */
  public void close(Duration timeout) {}

  @Override
  public void close() {
    close(Duration.ofSeconds(8));
  }
}
