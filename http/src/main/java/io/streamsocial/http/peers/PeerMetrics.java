package io.streamsocial.http.peers;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/** Counts what instances ask of each other. Any thread. */
final class PeerMetrics {
  private final MeterRegistry registry;
  private final Map<String, Counter> requests = new ConcurrentHashMap<>();
  private final Counter rows;
  private final Counter hedges;
  private final Counter retries;
  private final Counter shared;

  PeerMetrics(MeterRegistry registry) {
    this.registry = registry;
    rows = counter("peer.rows", "Rows received from other instances");
    hedges = counter("peer.hedges", "Second holders asked as the first was slow");
    retries = counter("peer.retries", "Next holders asked as one gave no or not all of an answer");
    shared = counter("query.shared", "Queries that joined an equal one under way");
  }

  private Counter counter(String name, String help) {
    return Counter.builder("streamsocial." + name).description(help).register(registry);
  }

  /**
   * @param outcome one of a closed set
   */
  void request(String outcome) {
    requests
        .computeIfAbsent(
            outcome,
            label ->
                Counter.builder("streamsocial.peer.requests")
                    .description("Queries to other instances")
                    .tag("outcome", label)
                    .register(registry))
        .increment();
  }

  void rows(int count) {
    rows.increment(count);
  }

  void hedged() {
    hedges.increment();
  }

  void retried() {
    retries.increment();
  }

  void shared() {
    shared.increment();
  }

  /** What can be read at any time. The registry holds all three weakly: the server keeps them. */
  void gauges(Peers peers, Router router, VersionWatch watch) {
    gauge("peers", "Other instances in the routing table", peers, p -> p.all().size());
    gauge(
        "peers.open",
        "Other instances whose circuit breaker is open",
        peers,
        p -> p.all().stream().filter(peer -> peer.breaker().isOpen()).count());
    gauge(
        "peers.unused",
        "Other instances that are not asked: breaker open, or not who they should be",
        peers,
        p -> p.all().stream().filter(peer -> !peer.isUsable()).count());
    gauge("query.underway", "Queries under way to other instances", router, Router::underWay);
    gauge("query.waiting", "Requests that wait for posts", watch, VersionWatch::waiting);
  }

  private <T> void gauge(String name, String help, T source, ToDoubleFunction<T> value) {
    Gauge.builder("streamsocial." + name, source, value).description(help).register(registry);
  }
}
