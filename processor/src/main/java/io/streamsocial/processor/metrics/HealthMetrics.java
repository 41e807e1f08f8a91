package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamsocial.processor.EngineHealth;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Health and freshness, the ages behind them, and what comes and goes with a partition or loop. */
final class HealthMetrics {
  private final Supplier<EngineStatus> status;
  private final Queries queries;
  private final Supplier<Moment> clock;
  private final BooleanSupplier ready;
  private final MeterRegistry registry;
  private final Gauges turnAge;
  private final Gauges tasks;
  private final Gauges partitionLag;
  private final Gauges partitionRestore;

  HealthMetrics(
      Supplier<EngineStatus> status,
      Queries queries,
      Supplier<Moment> clock,
      BooleanSupplier ready,
      MeterRegistry registry) {
    this.status = status;
    this.queries = queries;
    this.clock = clock;
    this.ready = ready;
    this.registry = registry;
    gauge(
        "ready", "1 when reads are answered, as /readyz says", m -> m.ready.getAsBoolean() ? 1 : 0);
    gauge(
        "live",
        "1 when all loops make progress, as /livez says",
        m -> EngineHealth.of(m.status.get(), m.clock.get()).isLive() ? 1 : 0);
    gauge(
        "generation",
        "Of the group's routing table, -1 before",
        m -> m.status.get().routing().epoch());
    gauge(
        "instances",
        "Instances in the routing table",
        m -> m.status.get().routing().instances().size());
    gauge(
        "partitions.expected",
        "Count tasks of the application",
        m -> m.status.get().shufflePartitions());
    seconds("staleness", "Age of the oldest answer from here, NaN unknown", HealthMetrics::stale);
    seconds(
        "posts.age", "Age of the oldest post not yet read, NaN unknown", HealthMetrics::postsAge);
    turnAge =
        gauges(
            "loop.turn.age",
            "Since the loop last began a turn, or got on by a step of one",
            "seconds");
    tasks = gauges("tasks", "Count tasks here by role, and whether they can be read", "");
    partitionLag = gauges("partition.lag", "Shuffle records not yet included, by partition", "");
    partitionRestore =
        gauges("partition.restore.remaining", "Changelog records to go, by partition", "");
  }

  private void gauge(String name, String help, ToDoubleFunction<HealthMetrics> value) {
    Gauge.builder("streamsocial." + name, this, value)
        .description(help)
        .strongReference(true)
        .register(registry);
  }

  private void seconds(String name, String help, ToDoubleFunction<HealthMetrics> value) {
    Gauge.builder("streamsocial." + name, this, value)
        .description(help)
        .baseUnit("seconds")
        .strongReference(true)
        .register(registry);
  }

  private Gauges gauges(String name, String help, String unit) {
    return new Gauges(registry, "streamsocial." + name, help, unit);
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
        status.get().loops().stream()
            .filter(EngineStatus.Loop::hasSources)
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
    EngineStatus now = status.get();
    Map<Tags, Double> ages = Gauges.values();
    for (EngineStatus.Loop loop : now.loops()) {
      ages.put(Tags.of("loop", loop.name()), age(loop.progressMs()));
    }
    turnAge.set(ages);
    partitions(now);
  }

  private void partitions(EngineStatus now) {
    Map<Tags, Double> counts = Gauges.values();
    for (Role role : Role.values()) {
      counts.put(task(role, true), 0.0);
      counts.put(task(role, false), 0.0);
    }
    Map<Tags, Double> lags = Gauges.values();
    Map<Tags, Double> remaining = Gauges.values();
    for (EngineStatus.Partition each : now.partitions()) {
      Tags tags =
          Tags.of("partition", Integer.toString(each.partition()), "role", label(each.role()));
      counts.merge(task(each.role(), each.restoring()), 1.0, Double::sum);
      lags.put(tags, StatusMetrics.known(each.shuffleLag()));
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
