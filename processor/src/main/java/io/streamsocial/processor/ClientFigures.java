package io.streamsocial.processor;

import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

/**
 * The figures of one Kafka client of an instance; where clients are replaced, of the newest. Any
 * thread; takes no lock and asks no broker.
 *
 * @param loop that it belongs to; -1 for the client that all loops share
 * @param clientId as Kafka's own figures name it
 * @param metrics of the client
 */
public record ClientFigures(
    Kind kind, int loop, String clientId, Supplier<Map<MetricName, ? extends Metric>> metrics) {

  /** What a client is for. */
  public enum Kind {
    GROUP("consumer"),
    RESTORE("consumer"),
    FOLLOW("consumer"),
    PRODUCER("producer"),
    ADMIN("admin-client"),
    /** Writes the posts that come over HTTP, beside the engine. */
    POSTS("producer");

    private final String type;

    Kind(String type) {
      this.type = type;
    }

    /** As Kafka's metric groups begin: consumer, producer, admin-client. */
    public String type() {
      return type;
    }

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One of the client's figures over all its partitions and nodes.
   *
   * @param group of the metric, as {@code consumer-fetch-manager-metrics}
   * @param name of the metric, as {@code records-lag-max}
   * @return NaN when the client has no such figure or no value for it
   */
  public double value(String group, String name) {
    Metric metric =
        metrics.get().get(new MetricName(name, group, "", Map.of("client-id", clientId)));
    return metric != null && metric.metricValue() instanceof Number number
        ? number.doubleValue()
        : Double.NaN;
  }
}
