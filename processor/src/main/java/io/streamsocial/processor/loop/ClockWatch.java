package io.streamsocial.processor.loop;

import io.streamsocial.processor.Clocks;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the clocks four times a second, by a thread of its own: a loop may be inside a Kafka
 * client that has begun to wait before the wall clock was set back, and would wait on for as long
 * as the step.
 */
final class ClockWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClockWatch.class);
  private static final long TICK_MS = 250;
  private static final long END_MS = 1_000;

  private final Clocks clocks;
  private final List<Runnable> afterStepBack = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "clock-watch");

  ClockWatch(Clocks clocks) {
    this.clocks = clocks;
    thread.setDaemon(true);
  }

  /**
   * @param action called by the watch's thread soon after each step back; must not wait for long
   */
  void afterStepBack(Runnable action) {
    afterStepBack.add(action);
  }

  /** Once. */
  void start() {
    thread.start();
  }

  private void run() {
    long seen = clocks.stepsBack();
    try {
      while (!closed.await(TICK_MS, TimeUnit.MILLISECONDS)) {
        clocks.watch();
        long steps = clocks.stepsBack();
        if (steps != seen) {
          seen = steps;
          afterStepBack.forEach(ClockWatch::call);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void call(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      log.error("what follows a step of the wall clock failed: it is a bug", e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join(END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
