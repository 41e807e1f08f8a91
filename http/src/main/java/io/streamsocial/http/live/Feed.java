package io.streamsocial.http.live;

import io.netty.util.concurrent.EventExecutor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One question and the subscribers that follow its answer. Runs on the thread of the {@link
 * TrendStreams} that owns it; hands snapshots over to the threads of the subscribers.
 */
final class Feed {
  /** After so many ticks without a change clients hear how fresh the last answer still is. */
  private static final int HEARTBEAT_TICKS = 5;

  private final StreamMetrics metrics;
  private final Map<EventExecutor, Set<Subscriber>> subscribers = new HashMap<>();
  private final PostRate rate = new PostRate();
  private @Nullable TrendMessage last;
  private @Nullable SharedMessage latest;
  private int quietTicks;

  /** Whether an answer is under way. */
  boolean asking;

  Feed(StreamMetrics metrics) {
    this.metrics = metrics;
  }

  boolean isEmpty() {
    return subscribers.isEmpty();
  }

  /** A subscriber that joins later gets at once what the others have. */
  void add(Subscriber subscriber) {
    subscribers
        .computeIfAbsent(subscriber.executor(), any -> new LinkedHashSet<>())
        .add(subscriber);
    if (latest != null) {
      hand(subscriber.executor(), Set.of(subscriber), latest);
    }
  }

  void remove(Subscriber subscriber) {
    Set<Subscriber> there = subscribers.get(subscriber.executor());
    if (there != null && there.remove(subscriber) && there.isEmpty()) {
      subscribers.remove(subscriber.executor());
    }
  }

  /** A new answer: all subscribers get it when it says something new. */
  void answered(TrendMessage message) {
    rate.add(System.nanoTime(), message.posts());
    if (last != null && last.saysTheSame(message)) {
      if (++quietTicks >= HEARTBEAT_TICKS) {
        quietTicks = 0;
        SharedMessage heartbeat = SharedMessage.of(message.heartbeat(rate.perSecond()));
        handToAll(heartbeat);
        heartbeat.release();
      }
      return;
    }
    quietTicks = 0;
    SharedMessage snapshot = SharedMessage.of(message.update(rate.perSecond(), metrics.clients()));
    metrics.encoded();
    close();
    last = message;
    latest = snapshot;
    handToAll(snapshot);
  }

  /** One task a thread, not one a client. */
  private void handToAll(SharedMessage snapshot) {
    subscribers.forEach((executor, some) -> hand(executor, Set.copyOf(some), snapshot));
  }

  private static void hand(EventExecutor executor, Set<Subscriber> some, SharedMessage snapshot) {
    snapshot.retain();
    try {
      executor.execute(
          () -> {
            for (Subscriber each : some) {
              each.offer(snapshot);
            }
            snapshot.release();
          });
    } catch (RejectedExecutionException e) {
      snapshot.release(); // the server closes
    }
  }

  /** Gives the last snapshot back. */
  void close() {
    if (latest != null) {
      latest.release();
      latest = null;
    }
  }
}
