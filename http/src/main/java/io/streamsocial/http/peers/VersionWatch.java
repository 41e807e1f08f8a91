package io.streamsocial.http.peers;

import io.streamsocial.http.RefusalException;
import io.streamsocial.processor.trends.Queries;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Waits until the state of this instance includes something. Waiting holds no thread: while there
 * are waiters, a timer looks every few milliseconds whether the state's version has moved, and asks
 * again only then, and has posts published without delay. The number of waiters is bounded.
 */
final class VersionWatch {
  private static final long LOOK_MS = 5;

  private final Queries state;
  private final ScheduledExecutorService timer;
  private final int waitersMax;
  private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicBoolean isLooking = new AtomicBoolean();

  /**
   * @param timer stays the caller's
   */
  VersionWatch(Queries state, ScheduledExecutorService timer, int waitersMax) {
    this.state = state;
    this.timer = timer;
    this.waitersMax = waitersMax;
  }

  private static final class Waiter {
    private final BooleanSupplier isIncluded;
    private final long untilNanos;
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private long askedAtVersion; // the timer's, from the first look on

    Waiter(BooleanSupplier isIncluded, long untilNanos, long askedAtVersion) {
      this.isIncluded = isIncluded;
      this.untilNanos = untilNanos;
      this.askedAtVersion = askedAtVersion;
    }

    /** Completes the waiter when its wait is over, in either way. */
    boolean isOver(long version, long nowNanos) {
      try {
        if (version != askedAtVersion) {
          askedAtVersion = version;
          if (isIncluded.getAsBoolean()) {
            return done.complete(true);
          }
        }
        return nowNanos - untilNanos >= 0 && done.complete(false);
      } catch (RuntimeException e) {
        return done.completeExceptionally(e);
      }
    }
  }

  /**
   * Completes, on the timer's thread, with true as soon as the claim holds, with false when the
   * time is over.
   *
   * @param isIncluded never blocks
   * @return fails with {@link RefusalException} when too many wait
   */
  CompletionStage<Boolean> await(BooleanSupplier isIncluded, long waitMs) {
    if (waiting.incrementAndGet() > waitersMax) {
      waiting.decrementAndGet();
      return CompletableFuture.failedFuture(
          RefusalException.overloaded(waitersMax + " requests wait for posts to be included"));
    }
    // Never asked at this version: it may have moved since the caller looked.
    long never = state.version() - 1;
    Waiter waiter =
        new Waiter(isIncluded, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs), never);
    state.waitBegan();
    waiters.add(waiter);
    look();
    return waiter.done;
  }

  int waiting() {
    return waiting.get();
  }

  private void look() {
    if (!waiters.isEmpty() && isLooking.compareAndSet(false, true)) {
      Future<?> unused = timer.schedule(this::lookNow, LOOK_MS, TimeUnit.MILLISECONDS);
    }
  }

  /** The version is read first: a later change is seen in the next look. */
  private void lookNow() {
    try {
      long now = state.version();
      long nanos = System.nanoTime();
      for (Iterator<Waiter> each = waiters.iterator(); each.hasNext(); ) {
        if (each.next().isOver(now, nanos)) {
          each.remove();
          waiting.decrementAndGet();
          state.waitEnded();
        }
      }
    } finally {
      isLooking.set(false);
      look();
    }
  }
}
