package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.StatusTotals;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.views.ViewSchema;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Figures of each view, labelled with its name: at most as many as an engine may have views. One
 * thread refreshes.
 */
final class ViewMetrics {
  private final Supplier<EngineStatus> status;
  private final MeterRegistry registry;
  private final Gauges keys;
  private final Gauges bytes;
  private final Gauges overlay;
  private final Queries queries;
  private final Gauges waiting;
  private final Set<String> counted = new HashSet<>();

  ViewMetrics(Supplier<EngineStatus> status, Queries queries, MeterRegistry registry) {
    this.status = status;
    this.queries = queries;
    this.registry = registry;
    this.keys =
        new Gauges(
            registry, "streamsocial.view.store.keys", "Rows of a view, RocksDB's estimate", "");
    this.bytes =
        new Gauges(registry, "streamsocial.view.sst.bytes", "Table files of a view on disk", "");
    this.overlay =
        new Gauges(
            registry,
            "streamsocial.view.overlay.entries",
            "Changed keys of a view that wait for the checkpoint",
            "");
    this.waiting =
        new Gauges(
            registry,
            "streamsocial.view.waiting",
            "1 while a view counts nowhere, and so is not answered; 0 otherwise",
            "");
    refresh();
  }

  /** Before each scrape. */
  void refresh() {
    EngineStatus now = status.get();
    for (EngineStatus.Loop loop : now.loops()) {
      loop.counters().views().keySet().forEach(this::count);
    }
    keys.set(sums(now, EngineStatus.Store::estimatedKeys));
    bytes.set(sums(now, EngineStatus.Store::sstBytes));
    overlay.set(sums(now, EngineStatus.Store::overlayEntries));
    Map<Tags, Double> waits = Gauges.values();
    for (ViewSchema view : queries.views().all()) {
      boolean isWaiting = queries.views().waiting(view).isPresent();
      waits.put(Tags.of("view", view.name()), isWaiting ? 1.0 : 0.0);
    }
    waiting.set(waits);
  }

  private static Map<Tags, Double> sums(
      EngineStatus status, ToLongFunction<EngineStatus.Store> field) {
    Map<Tags, Double> sums = Gauges.values();
    for (EngineStatus.Partition partition : status.partitions()) {
      for (EngineStatus.Store store : partition.stores()) {
        sums.merge(Tags.of("view", store.view()), (double) field.applyAsLong(store), Double::sum);
      }
    }
    return sums;
  }

  private void count(String view) {
    if (counted.add(view)) {
      counter(
          "emissions", view, "What a view's extractor made", EngineStatus.ViewCounters::emissions);
      counter(
          "late.rows",
          view,
          "Rows of a view whose window or session was closed",
          EngineStatus.ViewCounters::lateRows);
      counter(
          "swept.rows",
          view,
          "Rows of a view that were past their time to live, and deleted from disk and changelog",
          EngineStatus.ViewCounters::sweptRows);
    }
  }

  private void counter(
      String name, String view, String help, ToLongFunction<EngineStatus.ViewCounters> field) {
    FunctionCounter.builder(
            "streamsocial." + name,
            this,
            all -> StatusTotals.counters(all.status.get(), counters -> of(counters, view, field)))
        .description(help)
        .tag("view", view)
        .register(registry);
  }

  private static long of(
      EngineStatus.Counters counters,
      String view,
      ToLongFunction<EngineStatus.ViewCounters> field) {
    EngineStatus.ViewCounters of = counters.views().get(view);
    return of == null ? 0 : field.applyAsLong(of);
  }
}
