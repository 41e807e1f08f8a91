package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns one loop in a thread of its own, until it is stopped or until the loop fails. One that is
 * never started can be turned by hand, by the thread that also ends it.
 */
final class LoopThread {
  private static final Logger log = LoggerFactory.getLogger(LoopThread.class);

  private final Loop loop;
  private final Supplier<Moment> clock;
  private final Consumer<Throwable> onFailure;
  private final Thread thread;
  private boolean started;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;

  LoopThread(Loop loop, Supplier<Moment> clock, Consumer<Throwable> onFailure) {
    this.loop = loop;
    this.clock = clock;
    this.onFailure = onFailure;
    this.thread = new Thread(this::run, loop.name());
  }

  void start() {
    started = true;
    thread.start();
  }

  /**
   * One turn in the caller's thread, instead of {@link #start}.
   *
   * @return records processed
   */
  int turn() {
    try {
      return loop.runOnce(clock.get());
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    }
  }

  private void run() {
    try {
      while (!stopping) {
        loop.runOnce(clock.get());
        long restMs = loop.restMs();
        if (restMs > 0) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(restMs));
        }
      }
    } catch (Throwable e) { // an Error too must turn the health red, not vanish with its thread
      failure = e;
      report(e);
    }
    end();
  }

  /** A process whose loops have ended may end soon, with no other word of why. */
  private void report(Throwable e) {
    if (e instanceof ConfigException) {
      // Written for people: it says what is wrong and what to do, which a trace does not.
      log.error("{} stops, the engine has failed: {}", loop.name(), e.getMessage());
    } else {
      log.error(
          "{} failed and stops: it is a bug, or something that only a restart mends",
          loop.name(),
          e);
    }
  }

  private void end() {
    try {
      loop.close(failure == null, clock.get());
    } catch (Throwable e) {
      log.error("{}: closing failed; the next start restores what was not flushed", loop.name(), e);
      if (failure == null) {
        failure = e;
      }
    }
    Throwable cause = failure;
    if (cause != null) {
      onFailure.accept(cause);
    }
  }

  Loop loop() {
    return loop;
  }

  @Nullable Throwable failure() {
    return failure;
  }

  void stop() {
    stopping = true;
  }

  /** Closes a loop that was never started as it is: what is not committed is dropped. */
  void drop() {
    loop.close();
  }

  /**
   * Waits for the thread to end; a loop that was never started ends here.
   *
   * @return false when it still runs after so long
   */
  boolean join(long timeoutMs) {
    if (!started) {
      end();
      return true;
    }
    try {
      thread.join(Math.max(1, timeoutMs));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
