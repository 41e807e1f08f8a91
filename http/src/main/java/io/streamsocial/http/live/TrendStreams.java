package io.streamsocial.http.live;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.api.TrendingAnswer;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Trending;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks each different question that clients follow once a second, and gives its answer to all of
 * them: however many they are, a question is asked once and encoded once a tick. Its state is
 * touched on one event loop only; any thread subscribes.
 */
public final class TrendStreams {
  private static final Logger log = LoggerFactory.getLogger(TrendStreams.class);
  static final long TICK_MS = 1_000;

  /** Clients choose the questions, and each costs a query a second. */
  static final int FEEDS_MAX = 64;

  private final EventExecutor executor;
  private final Function<Trending.Question, CompletionStage<TrendingAnswer>> source;
  private final Supplier<Moment> clock;
  private final StreamMetrics metrics;
  private final Map<StreamQuestion, Feed> feeds = new HashMap<>();

  /**
   * @param executor which it shares with connections: nothing here takes long
   * @param source of the answers; never blocks
   */
  public TrendStreams(
      EventExecutor executor,
      Function<Trending.Question, CompletionStage<TrendingAnswer>> source,
      Supplier<Moment> clock,
      StreamMetrics metrics) {
    this.executor = executor;
    this.source = source;
    this.clock = clock;
    this.metrics = metrics;
  }

  public StreamMetrics metrics() {
    return metrics;
  }

  /** Ticks until the executor ends. */
  public void start() {
    Future<?> unused =
        executor.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
  }

  /** Gives the last snapshots back; before the executor ends. Any thread. */
  public void close() {
    run(
        () -> {
          feeds.values().forEach(Feed::close);
          feeds.clear();
        });
  }

  void subscribe(StreamQuestion question, Subscriber subscriber) {
    run(
        () -> {
          Feed feed = feeds.get(question);
          if (feed == null) {
            if (feeds.size() >= FEEDS_MAX) {
              subscriber.executor().execute(subscriber::refuse);
              return;
            }
            feed = new Feed(metrics);
            feeds.put(question, feed);
            ask(question, feed);
          }
          feed.add(subscriber);
        });
  }

  void unsubscribe(StreamQuestion question, Subscriber subscriber) {
    run(
        () -> {
          Feed feed = feeds.get(question);
          if (feed != null) {
            feed.remove(subscriber);
            if (feed.isEmpty()) {
              feeds.remove(question);
              feed.close();
            }
          }
        });
  }

  private void run(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("the server closes: {}", e.toString());
    }
  }

  private void tick() {
    metrics.ticked();
    feeds.forEach(
        (question, feed) -> {
          if (!feed.asking) {
            ask(question, feed);
          }
        });
  }

  private void ask(StreamQuestion question, Feed feed) {
    feed.asking = true;
    Moment now = clock.get();
    try {
      source
          .apply(question.at(now.wallMs()))
          .whenComplete((answer, failure) -> run(() -> answered(question, feed, answer, now)))
          .exceptionally(
              failure -> {
                log.warn("a live stream's question failed", failure);
                return null;
              });
    } catch (RuntimeException e) {
      feed.asking = false;
      log.warn("a live stream's question failed", e);
    }
  }

  /** Without an answer clients keep the one they have, which says how old it is. */
  private void answered(
      StreamQuestion question, Feed feed, @Nullable TrendingAnswer answer, Moment at) {
    feed.asking = false;
    if (feeds.get(question) == feed && answer != null) {
      feed.answered(new TrendMessage(answer, at));
    }
  }
}
