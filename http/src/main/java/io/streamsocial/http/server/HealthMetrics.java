package io.streamsocial.http.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamsocial.http.Version;
import io.streamsocial.http.api.Health;
import io.streamsocial.http.peers.InstanceGroup;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Health, freshness and completeness as the probes judge them, and the ages behind, as gauges. The
 * registry holds it weakly: the server keeps it.
 */
final class HealthMetrics {
  private final ThisInstance self;
  private final InstanceGroup group;
  private final Queries queries;
  private final Supplier<Moment> clock;
  private final MeterRegistry registry;
  private final Gauges info;
  private final Gauges turnAge;
  private final Gauges tasks;
  private final Gauges partitionLag;
  private final Gauges partitionRestore;
  private final Gauges breakers;

  HealthMetrics(
      ThisInstance self,
      InstanceGroup group,
      Queries queries,
      Supplier<Moment> clock,
      MeterRegistry registry) {
    this.self = self;
    this.group = group;
    this.queries = queries;
    this.clock = clock;
    this.registry = registry;
    gauge("ready", "1 when reads are answered, as /readyz says", m -> m.health().isReady() ? 1 : 0);
    gauge(
        "live", "1 when all loops make progress, as /livez says", m -> m.health().isLive() ? 1 : 0);
    gauge(
        "generation", "Of the group's routing table, -1 before", m -> m.status().routing().epoch());
    gauge(
        "instances",
        "Instances in the routing table",
        m -> m.status().routing().instances().size());
    gauge(
        "partitions.expected",
        "Count tasks of the application",
        m -> m.status().shufflePartitions());
    gauge(
        "partitions.unowned",
        "Partitions without an active instance: standbys may answer",
        m -> m.group.members().group().unowned().size());
    gauge(
        "partitions.unserved",
        "Partitions that no known instance answers for",
        m -> m.group.members().group().unserved().size());
    seconds("staleness", "Age of the oldest answer from here, NaN unknown", HealthMetrics::stale);
    seconds(
        "posts.age", "Age of the oldest post not yet read, NaN unknown", HealthMetrics::postsAge);
    info = gauges("info", "1, with the application, the instance and the version", "");
    turnAge =
        gauges(
            "loop.turn.age",
            "Since the loop last began a turn, or got on by a step of one",
            "seconds");
    tasks = gauges("tasks", "Count tasks here by role, and whether they can be read", "");
    partitionLag = gauges("partition.lag", "Shuffle records not yet included, by partition", "");
    partitionRestore =
        gauges("partition.restore.remaining", "Changelog records to go, by partition", "");
    breakers = gauges("peer.breaker.open", "1 when another instance is not asked", "");
  }

  private void gauge(String name, String help, ToDoubleFunction<HealthMetrics> value) {
    Gauge.builder("streamsocial." + name, this, value).description(help).register(registry);
  }

  private void seconds(String name, String help, ToDoubleFunction<HealthMetrics> value) {
    Gauge.builder("streamsocial." + name, this, value)
        .description(help)
        .baseUnit("seconds")
        .register(registry);
  }

  private Gauges gauges(String name, String help, String unit) {
    return new Gauges(registry, "streamsocial." + name, help, unit);
  }

  private EngineStatus status() {
    return self.status();
  }

  private Health health() {
    return Health.of(self, group.members().group(), clock.get());
  }

  private double stale() {
    long oldestMs =
        queries.held(queries.partitions()).values().stream()
            .mapToLong(Trending.Held::freshMs)
            .min()
            .orElse(0);
    return age(oldestMs);
  }

  private double postsAge() {
    long oldestMs =
        status().loops().stream()
            .filter(loop -> !loop.postsPartitions().isEmpty())
            .mapToLong(EngineStatus.Loop::postsFreshMs)
            .min()
            .orElse(0);
    return age(oldestMs);
  }

  private double age(long sinceMs) {
    return sinceMs <= 0 ? Double.NaN : Math.max(0, clock.get().steadyMs() - sinceMs) / 1e3;
  }

  /** Before each scrape. */
  void refresh() {
    EngineStatus status = status();
    info.set(
        Map.of(
            Tags.of(
                "app_id", status.appId(),
                "instance_id", self.instanceId(),
                "version", Version.TEXT),
            1.0));
    Map<Tags, Double> ages = Gauges.values();
    for (EngineStatus.Loop loop : status.loops()) {
      ages.put(Tags.of("loop", loop.name()), age(loop.progressMs()));
    }
    turnAge.set(ages);
    partitions(status);
    Map<Tags, Double> open = Gauges.values();
    group.breakers().forEach((peer, isOpen) -> open.put(Tags.of("peer", peer), isOpen ? 1.0 : 0.0));
    breakers.set(open);
  }

  private void partitions(EngineStatus status) {
    Map<Tags, Double> counts = Gauges.values();
    for (Role role : Role.values()) {
      counts.put(task(role, true), 0.0);
      counts.put(task(role, false), 0.0);
    }
    Map<Tags, Double> lags = Gauges.values();
    Map<Tags, Double> remaining = Gauges.values();
    for (EngineStatus.Partition each : status.partitions()) {
      Tags tags =
          Tags.of("partition", Integer.toString(each.partition()), "role", label(each.role()));
      counts.merge(task(each.role(), each.restoring()), 1.0, Double::sum);
      lags.put(tags, EngineMetrics.known(each.shuffleLag()));
      remaining.put(tags, (double) each.restoreRemaining());
    }
    tasks.set(counts);
    partitionLag.set(lags);
    partitionRestore.set(remaining);
  }

  private static Tags task(Role role, boolean restoring) {
    return Tags.of("role", label(role), "phase", restoring ? "restoring" : "readable");
  }

  private static String label(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }
}
