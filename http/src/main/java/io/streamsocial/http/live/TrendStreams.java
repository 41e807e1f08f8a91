package io.streamsocial.http.live;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Arguments;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Request;
import io.streamsocial.http.RequestId;
import io.streamsocial.http.Response;
import io.streamsocial.http.Trace;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks /api/trending once a second for each different question that somebody wants to follow, and
 * gives the answer to all of them. However many clients there are, a question is asked once and
 * encoded once a tick. Its state is touched on one event loop only; any thread subscribes.
 */
public final class TrendStreams {
  private static final Logger log = LoggerFactory.getLogger(TrendStreams.class);
  static final long TICK_MS = 1_000;

  /** Strangers choose the questions, and each costs a query a second. */
  static final int FEEDS_MAX = 64;

  private final EventExecutor executor;
  private final Endpoint trending;
  private final InstantSource clock;
  private final StreamMetrics metrics;
  private final Map<Question, Feed> feeds = new HashMap<>();

  /**
   * @param executor which it shares with connections: nothing here takes long
   * @param trending answers /api/trending
   */
  public TrendStreams(
      EventExecutor executor, Endpoint trending, InstantSource clock, StreamMetrics metrics) {
    this.executor = executor;
    this.trending = trending;
    this.clock = clock;
    this.metrics = metrics;
  }

  /**
   * What a client follows: equal when the answers are.
   *
   * @param values of the parameters, absent ones as their defaults
   * @param port that the first client connected to
   */
  record Question(List<Object> values, Arguments arguments, int port) {
    static Question of(Request request, List<Parameter<?>> parameters) {
      List<Object> values = new ArrayList<>();
      for (Parameter<?> parameter : parameters) {
        values.add(request.arguments().find(parameter).map(Object.class::cast).orElse(""));
      }
      return new Question(List.copyOf(values), request.arguments(), request.localPort());
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Question question && question.values.equals(values);
    }

    @Override
    public int hashCode() {
      return values.hashCode();
    }
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

  void subscribe(Question question, Subscriber subscriber) {
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

  void unsubscribe(Question question, Subscriber subscriber) {
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

  private void ask(Question question, Feed feed) {
    feed.asking = true;
    Request request =
        new Request(
            "/api/trending",
            "",
            question.arguments(),
            Request.Headers.NONE,
            new byte[0],
            new Trace(RequestId.of(null), ""),
            clock.millis(),
            question.port());
    try {
      trending
          .answer(request)
          .whenComplete((response, failure) -> run(() -> answered(question, feed, response)))
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

  /** Without an answer clients keep what they have, and its age tells them. */
  private void answered(Question question, Feed feed, @Nullable Response response) {
    feed.asking = false;
    if (feeds.get(question) == feed && response != null && response.status() == 200) {
      feed.answered(response.body());
    }
  }
}
