package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.ViewStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the files of every open store again now and then, so that a damaged file is found before a
 * query needs it, and while the changelog still has its rows. What is damaged is reported to the
 * task, whose loop sets the store aside and rebuilds it, as when a query had found it.
 *
 * <p>A thread of its own, which waits after each file for as long as keeps it below {@value
 * #BYTES_PER_SECOND} bytes a second; loops and readers never wait for it.
 */
public final class ChecksumRounds implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ChecksumRounds.class);
  private static final long BYTES_PER_SECOND = 8L << 20;
  private static final long LOOK_MS_MAX = 60_000;
  private static final long END_MS = 2_000;

  private final ReadableTasks tasks;
  private final long everyMs;
  private final Supplier<Moment> clock;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);
  // The thread's own: when each open store is due, by the steady clock. A store that is opened
  // reads all its rows then.
  private final Map<CountTask, Long> dueMs = new HashMap<>();

  /**
   * @param every from one reading of a store to the next; zero for never
   */
  public ChecksumRounds(ReadableTasks tasks, Duration every, Supplier<Moment> clock) {
    this.tasks = tasks;
    this.everyMs = every.toMillis();
    this.clock = clock;
    this.thread = new Thread(this::run, "checksums");
    thread.setDaemon(true);
  }

  public void start() {
    if (everyMs > 0) {
      thread.start();
    }
  }

  private void run() {
    try {
      while (!stopped.await(Math.min(everyMs, LOOK_MS_MAX), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.error("checksums are verified no longer: it is a bug; counting goes on", e);
    }
  }

  private void look() throws InterruptedException {
    List<CountTask> open = List.copyOf(tasks.byPartition().values());
    dueMs.keySet().retainAll(open);
    for (CountTask task : open) {
      long nowMs = clock.get().steadyMs();
      long due = dueMs.computeIfAbsent(task, opened -> nowMs + everyMs);
      if (nowMs >= due) {
        dueMs.put(task, nowMs + everyMs);
        verify(task);
      }
    }
  }

  private void verify(CountTask task) throws InterruptedException {
    try {
      for (ViewStore.Table table : task.store(0).tables()) {
        task.store(0).verify(table);
        long pauseMs = table.bytes() * 1_000 / BYTES_PER_SECOND;
        if (stopped.await(pauseMs, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
      task.verified(clock.get());
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.CLOSED) {
        task.reportDamage(e);
      }
    }
  }

  /** Does not wait for a long file: it holds nothing that others close. */
  @Override
  public void close() {
    stopped.countDown();
    try {
      thread.join(END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
