package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.StatusTotals;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.trends.Queries;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * An engine's status as meters, and its health as far as a status shows it. Each scrape reads the
 * status; the meters count nothing themselves.
 */
public final class StatusMetrics {
  private final Supplier<EngineStatus> status;
  private final MeterRegistry registry;
  private final HealthMetrics health;
  private final ViewMetrics views;

  /**
   * @param status never blocks; any thread
   * @param ready whether reads are answered; a server knows more of it than the engine
   */
  public StatusMetrics(
      Supplier<EngineStatus> status,
      Queries queries,
      Supplier<Moment> clock,
      BooleanSupplier ready,
      MeterRegistry registry) {
    this.status = status;
    this.registry = registry;
    this.health = new HealthMetrics(status, queries, clock, ready, registry);
    this.views = new ViewMetrics(status, queries, registry);
    counters();
    gauges();
  }

  /** Before each scrape. */
  public void refresh() {
    health.refresh();
    views.refresh();
  }

  private void counters() {
    counter("posts", "Posts read and parsed", EngineStatus.Counters::posts);
    counter("mentions", "Hashtags found in posts", EngineStatus.Counters::mentions);
    counter("counted", "Mentions folded into windows", EngineStatus.Counters::counted);
    counter("late", "Mentions whose window was closed", EngineStatus.Counters::late);
    counter(
        "other.region",
        "Mentions counted in the region other, since their window has as many regions as are kept",
        EngineStatus.Counters::otherRegion);
    counter(
        "foreign.records", "Strange records in internal topics", EngineStatus.Counters::foreign);
    counter("oversized.tags", "Hashtags ignored as too long", EngineStatus.Counters::oversizedTags);
    counter(
        "lost.posts",
        "Posts deleted by retention, or skipped by a moved offset, before they were counted",
        EngineStatus.Counters::lostPosts);
    counter("duplicates", "Posts that were there before", EngineStatus.Counters::duplicates);
    counter(
        "forgotten.ids",
        "Ids of posts forgotten before their time",
        EngineStatus.Counters::forgottenIds);
    counter("publishes", "Committed transactions", EngineStatus.Counters::publishes);
    counter("checkpoints", "Checkpoints of single tasks", EngineStatus.Counters::checkpoints);
    counter("aborts", "Transactions aborted or given up", EngineStatus.Counters::aborts);
    counter(
        "restored.records", "Changelog records read back", EngineStatus.Counters::restoredRecords);
    counter("shuffle.bytes", "Packed bytes sent", EngineStatus.Counters::shuffleBytes);
    counter("changelog.records", "Changelog records sent", EngineStatus.Counters::changelogRecords);
    counter("changelog.bytes", "Changelog bytes sent", EngineStatus.Counters::changelogBytes);
    for (Rejection.Reason reason : Rejection.Reason.values()) {
      rejected(reason.label());
    }
    counter("rebalances", "Agreements of the group", EngineStatus.Counters::rebalances);
    counter(
        "stores.set.aside",
        "Stores found damaged or too old, and built anew",
        EngineStatus.Counters::storesSetAside);
    timer(
        "publish",
        "Publishes that were committed",
        EngineStatus.Counters::publishes,
        EngineStatus.Counters::publishNanos);
    timer(
        "checkpoint.publish",
        "Those of the publishes that carried a checkpoint",
        EngineStatus.Counters::checkpointPublishes,
        EngineStatus.Counters::checkpointNanos);
  }

  private void gauges() {
    gauge(
        "recent.ids",
        "Ids of posts that are remembered",
        status -> status.loops().stream().mapToLong(EngineStatus.Loop::recentIds).sum());
    gauge(
        "recent.horizon.seconds",
        "How far back all ids of posts are remembered",
        StatusMetrics::horizonSeconds);
    gauge("posts.lag", "Posts not yet read, NaN unknown", s -> known(StatusTotals.postsLag(s)));
    gauge(
        "shuffle.lag",
        "Shuffle records not yet included, NaN unknown",
        s -> known(StatusTotals.shuffleLag(s)));
    gauge(
        "standby.lag",
        "Shuffle records that the standby furthest behind lacks",
        StatusMetrics::standbyLag);
    partitions(
        "restore.remaining", "Changelog records to go", EngineStatus.Partition::restoreRemaining);
    partitions(
        "overlay.entries",
        "Changed keys that wait for the checkpoint",
        EngineStatus.Partition::overlayEntries);
    partitions("store.keys", "Rows, RocksDB's estimate", EngineStatus.Partition::estimatedKeys);
    partitions("sst.bytes", "Table files on disk", EngineStatus.Partition::sstBytes);
    gauge(
        "checksums.verified.timestamp.seconds",
        "When all table files here were last read again and found sound, the longest ago; 0 for not"
            + " since the start",
        StatusMetrics::verifiedSeconds);
    gauge("partitions", "Count tasks here", status -> status.partitions().size());
    for (EngineState state : EngineState.values()) {
      state(state);
    }
  }

  private static double horizonSeconds(EngineStatus status) {
    return status.loops().stream().mapToLong(EngineStatus.Loop::recentHorizonMs).min().orElse(0)
        / 1e3;
  }

  private static double verifiedSeconds(EngineStatus status) {
    return status.partitions().stream()
            .mapToLong(EngineStatus.Partition::checksumsVerifiedAtMs)
            .min()
            .orElse(0)
        / 1e3;
  }

  private static double standbyLag(EngineStatus status) {
    return status.partitions().stream()
        .filter(each -> each.role() == Role.STANDBY)
        .mapToLong(EngineStatus.Partition::shuffleLag)
        .max()
        .orElse(0);
  }

  static double known(long value) {
    return value < 0 ? Double.NaN : value;
  }

  // The registry holds the subject of a counter weakly; that of the gauges keeps all of it.

  private double sum(ToLongFunction<EngineStatus.Counters> field) {
    return StatusTotals.counters(status.get(), field);
  }

  private void timer(
      String name,
      String help,
      ToLongFunction<EngineStatus.Counters> count,
      ToLongFunction<EngineStatus.Counters> nanos) {
    FunctionTimer.builder(
            "streamsocial." + name,
            this,
            all -> StatusTotals.counters(all.status.get(), count),
            all -> all.sum(nanos),
            TimeUnit.NANOSECONDS)
        .description(help)
        .register(registry);
  }

  private void counter(String name, String help, ToLongFunction<EngineStatus.Counters> field) {
    FunctionCounter.builder("streamsocial." + name, this, all -> all.sum(field))
        .description(help)
        .register(registry);
  }

  private void rejected(String reason) {
    FunctionCounter.builder(
            "streamsocial.rejected",
            this,
            all -> all.sum(counters -> counters.rejected().getOrDefault(reason, 0L)))
        .description("Posts sent to the rejected topic")
        .tag("reason", reason)
        .register(registry);
  }

  private void partitions(String name, String help, ToLongFunction<EngineStatus.Partition> field) {
    gauge(name, help, status -> StatusTotals.partitions(status, field));
  }

  private void gauge(String name, String help, ToDoubleFunction<EngineStatus> value) {
    Gauge.builder("streamsocial." + name, this, all -> value.applyAsDouble(all.status.get()))
        .description(help)
        .strongReference(true)
        .register(registry);
  }

  private void state(EngineState state) {
    Gauge.builder("streamsocial.state", this, all -> all.status.get().state() == state ? 1 : 0)
        .description("1 for the state that the instance is in")
        .tag("state", state.name())
        .strongReference(true)
        .register(registry);
  }
}
