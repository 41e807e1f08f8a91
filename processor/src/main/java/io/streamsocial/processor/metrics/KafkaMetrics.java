package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.ClientFigures.Kind;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The Kafka clients' own metrics, by the purpose of each client and the loop that it belongs to.
 *
 * <p>4 to 16 figures a client, those that an operator asks for. Micrometer's own binder has all of
 * them, by client id, node, topic and partition and in milliseconds, and has to be bound again with
 * each client. Here a meter is bound once, reads the client that serves the purpose now, and uses
 * seconds and bytes (docs/decisions/0005).
 */
final class KafkaMetrics {
  private static final double MS = 1e-3;
  private static final double NS = 1e-9;

  /**
   * @param group of Kafka's own metric, with %s for the client's type
   * @param figure Kafka's own name
   * @param name ours, behind "kafka." and the client's type
   * @param scale to the unit
   */
  private record Figure(
      String group, String figure, String name, String unit, double scale, boolean isCounter) {
    static Figure counter(String group, String figure, String name, String unit) {
      return new Figure(group, figure, name, unit, 1, true);
    }

    static Figure gauge(String group, String figure, String name, String unit) {
      return new Figure(group, figure, name, unit, 1, false);
    }

    static Figure gaugeMs(String group, String figure, String name) {
      return new Figure(group, figure, name, "seconds", MS, false);
    }
  }

  private static final String CLIENT = "%s-metrics";
  private static final List<Figure> ALL =
      List.of(
          Figure.gauge(CLIENT, "connection-count", "connections", ""),
          Figure.counter(CLIENT, "request-total", "requests", ""),
          Figure.counter(CLIENT, "incoming-byte-total", "incoming", "bytes"),
          Figure.counter(CLIENT, "outgoing-byte-total", "outgoing", "bytes"),
          Figure.counter(CLIENT, "failed-authentication-total", "failed.authentication", ""));

  private static final String FETCH = "consumer-fetch-manager-metrics";
  private static final List<Figure> CONSUMER =
      List.of(
          Figure.gauge(FETCH, "records-lag-max", "records.lag.max", ""),
          Figure.counter(FETCH, "records-consumed-total", "records", ""),
          Figure.counter(FETCH, "bytes-consumed-total", "consumed", "bytes"),
          Figure.gaugeMs(FETCH, "fetch-latency-avg", "fetch.latency.avg"),
          Figure.gaugeMs(CLIENT, "time-between-poll-max", "time.between.poll.max"));

  private static final String COORDINATOR = "consumer-coordinator-metrics";
  private static final List<Figure> GROUP =
      List.of(
          Figure.gauge(COORDINATOR, "assigned-partitions", "assigned.partitions", ""),
          Figure.counter(COORDINATOR, "rebalance-total", "rebalances", ""),
          Figure.counter(COORDINATOR, "failed-rebalance-total", "failed.rebalances", ""),
          Figure.gaugeMs(COORDINATOR, "rebalance-latency-max", "rebalance.latency.max"),
          Figure.gauge(COORDINATOR, "last-heartbeat-seconds-ago", "last.heartbeat.age", "seconds"),
          Figure.gaugeMs(COORDINATOR, "heartbeat-response-time-max", "heartbeat.latency.max"));

  private static final List<Figure> PRODUCER =
      List.of(
          Figure.counter(CLIENT, "record-send-total", "records", ""),
          Figure.counter(CLIENT, "record-error-total", "record.errors", ""),
          Figure.counter(CLIENT, "record-retry-total", "record.retries", ""),
          Figure.gaugeMs(CLIENT, "request-latency-avg", "request.latency.avg"),
          Figure.gaugeMs(CLIENT, "record-queue-time-avg", "record.queue.time.avg"),
          Figure.gauge(CLIENT, "buffer-available-bytes", "buffer.available", "bytes"),
          Figure.gauge(CLIENT, "batch-size-avg", "batch.size.avg", "bytes"),
          new Figure(CLIENT, "txn-commit-time-ns-total", "txn.commit.time", "seconds", NS, true),
          new Figure(
              CLIENT, "bufferpool-wait-time-ns-total", "bufferpool.wait", "seconds", NS, true));

  private record Place(Kind kind, int loop) {}

  private final Supplier<Collection<ClientFigures>> clients;
  private final MeterRegistry registry;
  private final Set<Place> bound = new HashSet<>();

  /**
   * @param clients that are there now; any thread
   */
  KafkaMetrics(Supplier<Collection<ClientFigures>> clients, MeterRegistry registry) {
    this.clients = clients;
    this.registry = registry;
  }

  /** Before each scrape: binds the clients that have appeared since the last. */
  void refresh() {
    for (ClientFigures client : clients.get()) {
      Place place = new Place(client.kind(), client.loop());
      if (bound.add(place)) {
        figures(place.kind).forEach(list -> list.forEach(figure -> bind(place, figure)));
      }
    }
  }

  private static List<List<Figure>> figures(Kind kind) {
    return switch (kind) {
      case GROUP -> List.of(ALL, CONSUMER, GROUP);
      case RESTORE, FOLLOW -> List.of(ALL, CONSUMER);
      case PRODUCER, POSTS -> List.of(ALL, PRODUCER);
      case ADMIN -> List.of(ALL);
    };
  }

  private void bind(Place place, Figure figure) {
    String type = place.kind.type();
    String name = "kafka." + type.replace('-', '.') + "." + figure.name;
    String help = "Kafka's %s of %s".formatted(figure.figure, figure.group.formatted(type));
    Tags tags =
        Tags.of(
            "client", place.kind.label(), "loop", place.loop < 0 ? "all" : "loop-" + place.loop);
    if (figure.isCounter) {
      FunctionCounter.Builder<KafkaMetrics> counter =
          FunctionCounter.builder(name, this, all -> zeroIfNone(all.value(place, figure)))
              .description(help)
              .tags(tags);
      (figure.unit.isEmpty() ? counter : counter.baseUnit(figure.unit)).register(registry);
    } else {
      Gauge.Builder<KafkaMetrics> gauge =
          Gauge.builder(name, this, all -> all.value(place, figure))
              .description(help)
              .strongReference(true)
              .tags(tags);
      (figure.unit.isEmpty() ? gauge : gauge.baseUnit(figure.unit)).register(registry);
    }
  }

  private static double zeroIfNone(double value) {
    return Double.isNaN(value) ? 0 : value;
  }

  private double value(Place place, Figure figure) {
    for (ClientFigures client : clients.get()) {
      if (client.kind() == place.kind && client.loop() == place.loop) {
        String group = figure.group.formatted(place.kind.type());
        return client.value(group, figure.figure) * figure.scale;
      }
    }
    return Double.NaN;
  }
}
