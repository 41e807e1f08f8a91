package io.streamsocial.http.net;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts and times requests by route, method and status. Any thread. */
final class HttpMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private final MeterRegistry registry;
  private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

  HttpMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** A closed set: templates, methods that we know, statuses that we send. */
  private record Key(String route, String method, int status) {}

  /**
   * @param route a template of the route table, never a path that a client made up
   */
  void answered(String route, HttpMethod method, int status, long nanos) {
    Key key = new Key(route, known(method), status);
    timers.computeIfAbsent(key, this::timer).record(Duration.ofNanos(nanos));
  }

  private static String known(HttpMethod method) {
    boolean common =
        method.equals(HttpMethod.GET)
            || method.equals(HttpMethod.HEAD)
            || method.equals(HttpMethod.POST)
            || method.equals(HttpMethod.OPTIONS);
    return common ? method.name() : "other";
  }

  private Timer timer(Key key) {
    return Timer.builder("streamsocial.http.requests")
        .description("Requests from their last byte read to their answer, by route and status")
        .tag("route", key.route())
        .tag("method", key.method())
        .tag("status", Integer.toString(key.status()))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }
}
