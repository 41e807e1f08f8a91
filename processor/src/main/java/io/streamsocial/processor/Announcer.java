package io.streamsocial.processor;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the listener of one engine what happens, by a thread of its own that looks at the engine
 * ten times a second. Whoever reports to it never waits: {@link EngineListener} says what is left
 * out. {@link #turn} is the logic, and belongs to the thread.
 */
public final class Announcer implements Incidents.Observer {
  private static final Logger log = LoggerFactory.getLogger(Announcer.class);
  private static final long LOOK_MS = 100;

  private final EngineListener listener;
  private final BlockingQueue<Consumer<EngineListener>> waiting =
      new ArrayBlockingQueue<>(EngineListener.EVENTS_MAX);
  private final AtomicLong missed = new AtomicLong();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable Thread thread;
  private EngineState toldState = EngineState.STARTING;
  private Set<Integer> toldReadable = Set.of();
  private long toldMissed;
  private long thrown;

  public Announcer(EngineListener listener) {
    this.listener = listener;
  }

  /** Once; without a listener it starts no thread. */
  public void start(Supplier<EngineStatus> status) {
    if (listener != EngineListener.NONE) {
      Thread fresh = new Thread(() -> run(status), "engine-listener");
      fresh.setDaemon(true);
      thread = fresh;
      fresh.start();
    }
  }

  @Override
  public void began(Incidents.Incident incident) {
    offer(to -> to.incidentBegan(incident));
  }

  @Override
  public void ended(Incidents.Incident incident, String how) {
    offer(to -> to.incidentEnded(incident, how));
  }

  /** A loop has died. Any thread. */
  public void failed(Throwable cause) {
    offer(to -> to.failed(cause));
  }

  private void offer(Consumer<EngineListener> event) {
    if (listener != EngineListener.NONE && !waiting.offer(event)) {
      missed.incrementAndGet();
    }
  }

  /** Events left out since the start, because as many as may were waiting. Any thread. */
  public long missed() {
    return missed.get();
  }

  private void run(Supplier<EngineStatus> engine) {
    try {
      while (!closed.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
        turn(engine.get());
      }
      turn(engine.get()); // the last state, and what came meanwhile
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tells how this picture differs from the one before, and then all that waits. */
  public void turn(EngineStatus status) {
    EngineState before = toldState;
    if (status.state() != before) {
      toldState = status.state();
      call(to -> to.stateChanged(before, status.state(), reason(status)));
    }
    partitions(status);
    for (int waits = waiting.size(); waits > 0; waits--) {
      call(waiting.remove());
    }
    long since = missed.get() - toldMissed;
    if (since > 0) {
      toldMissed += since;
      call(to -> to.missed(since));
    }
  }

  private void partitions(EngineStatus status) {
    Set<Integer> readable = new HashSet<>();
    for (EngineStatus.Partition each : status.partitions()) {
      if (!each.restoring()) {
        readable.add(each.partition());
        if (!toldReadable.contains(each.partition())) {
          call(to -> to.partitionRestored(each.partition(), each.role(), each.restoredRecords()));
        }
      }
    }
    toldReadable = readable;
  }

  private static String reason(EngineStatus status) {
    return switch (status.state()) {
      case STARTING -> "the group has assigned nothing yet";
      case REBALANCING -> "the group divides the partitions anew";
      case RESTORING ->
          "partitions are opened, with %d changelog records to go"
              .formatted(StatusTotals.partitions(status, EngineStatus.Partition::restoreRemaining));
      case RUNNING -> "every assigned task counts";
      case STOPPING -> "it is being closed";
      case FAILED -> "a loop has died: " + status.failure();
    };
  }

  private void call(Consumer<EngineListener> event) {
    try {
      event.accept(listener);
    } catch (Throwable e) { // an Error too must not keep the listener from what comes next
      thrown++;
      if (Long.bitCount(thrown) == 1) {
        log.error(
            "the listener {} has thrown, {} time(s) by now; the engine goes on",
            listener.getClass().getName(),
            thrown,
            e);
      }
    }
    boolean unused = Thread.interrupted(); // a listener's own affair; nobody else interrupts
  }

  /**
   * Tells what is left and ends. A listener that does not return is left behind.
   *
   * @param timeoutMs to wait for the listener; it is not waited for on its own thread
   */
  public void close(long timeoutMs) {
    closed.countDown();
    Thread waitedFor = thread;
    if (waitedFor == null || waitedFor == Thread.currentThread()) {
      return;
    }
    try {
      waitedFor.join(Math.max(1, timeoutMs));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
