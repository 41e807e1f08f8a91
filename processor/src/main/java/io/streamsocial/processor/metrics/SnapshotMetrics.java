package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.processor.snapshots.ServedSnapshots;
import io.streamsocial.processor.snapshots.StateCopies;
import java.util.function.ToDoubleFunction;

/** State that goes from one instance to another. */
final class SnapshotMetrics {
  private SnapshotMetrics() {}

  static void bind(ServedSnapshots served, StateCopies copies, MeterRegistry registry) {
    gauge(
        registry,
        "snapshot.running",
        "Snapshots that others fetch from here",
        served,
        s -> s.running());
    count(registry, "snapshot.taken", "Snapshots taken for others", served, ServedSnapshots::taken);
    count(
        registry,
        "snapshot.bytes",
        "Bytes of state given to others",
        served,
        ServedSnapshots::bytes);
    count(
        registry,
        "snapshot.refused",
        "Requests of others for state that were refused",
        served,
        ServedSnapshots::refused);
    gauge(
        registry,
        "snapshot.fetching",
        "Partitions fetched from others now",
        copies,
        c -> c.running());
    count(
        registry,
        "snapshot.fetched.bytes",
        "Bytes of state got from others",
        copies,
        StateCopies::bytes);
    count(
        registry,
        "snapshot.fetched",
        "Partitions that got their state from others",
        copies,
        StateCopies::fetched);
    count(
        registry,
        "snapshot.fetch.failed",
        "Partitions that got none of those that have it and were restored from the changelog",
        copies,
        StateCopies::failed);
  }

  private static <T> void gauge(
      MeterRegistry registry, String name, String help, T source, ToDoubleFunction<T> value) {
    Gauge.builder("streamsocial." + name, source, value).description(help).register(registry);
  }

  private static <T> void count(
      MeterRegistry registry, String name, String help, T source, ToDoubleFunction<T> value) {
    FunctionCounter.builder("streamsocial." + name, source, value)
        .description(help)
        .register(registry);
  }
}
