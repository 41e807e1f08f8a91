package io.streamsocial.http.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamsocial.http.Version;
import io.streamsocial.http.peers.InstanceGroup;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.metrics.Gauges;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The other instances as this server knows them, and what this one is, as gauges. The registry
 * holds the group weakly: the server keeps it.
 */
final class GroupMetrics {
  private final ThisInstance self;
  private final InstanceGroup group;
  private final MeterRegistry registry;
  private final Gauges info;
  private final Gauges breakers;

  GroupMetrics(ThisInstance self, InstanceGroup group, MeterRegistry registry) {
    this.self = self;
    this.group = group;
    this.registry = registry;
    gauge(
        "partitions.unowned",
        "Partitions without an active instance: standbys may answer",
        known -> known.unowned().size());
    gauge(
        "partitions.unserved",
        "Partitions that no known instance answers for",
        known -> known.unserved().size());
    info =
        new Gauges(
            registry,
            "streamsocial.info",
            "1, with the application, the instance and the version",
            "");
    breakers =
        new Gauges(
            registry, "streamsocial.peer.breaker.open", "1 when another instance is not asked", "");
  }

  private void gauge(String name, String help, ToDoubleFunction<Members.Group> value) {
    Gauge.builder("streamsocial." + name, group, all -> value.applyAsDouble(all.members().group()))
        .description(help)
        .register(registry);
  }

  /** Before each scrape. */
  void refresh() {
    info.set(
        Map.of(
            Tags.of(
                "app_id", self.status().appId(),
                "instance_id", self.instanceId(),
                "version", Version.TEXT),
            1.0));
    Map<Tags, Double> open = Gauges.values();
    group.breakers().forEach((peer, isOpen) -> open.put(Tags.of("peer", peer), isOpen ? 1.0 : 0.0));
    breakers.set(open);
  }
}
