package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamsocial.processor.EngineFigures;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.StoreFigures;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** RocksDB: the memory of all stores, and the figures of each store, by partition. */
final class StoreMetrics {
  private final EngineFigures figures;
  private final Map<Gauges, ToDoubleFunction<StoreFigures>> gauges = new LinkedHashMap<>();

  StoreMetrics(EngineFigures figures, MeterRegistry registry) {
    this.figures = figures;
    Gauge.builder("rocksdb.memory", figures, EngineFigures::storeMemoryBytes)
        .description("Block cache in use by all stores, their write buffers included")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("rocksdb.memory.limit", figures, EngineFigures::storeMemoryBoundBytes)
        .description("What the block cache may hold, write buffers included")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("streamsocial.heap.state.limit", figures, e -> e.heapState().bytes())
        .description("What counting may keep on the heap")
        .baseUnit("bytes")
        .register(registry);
    for (HeapBudget.Use use : HeapBudget.Use.values()) {
      Gauge.builder("streamsocial.heap.state", figures, e -> e.heapState().used(use))
          .description("What counting keeps on the heap, an estimate")
          .baseUnit("bytes")
          .tag("use", use.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    FunctionCounter.builder("streamsocial.query.scans", figures, EngineFigures::scans)
        .description("Rankings of a partition that the heads could not prove: its rows were read")
        .register(registry);
    gauge(registry, "memtable", "Rows not yet in files", "bytes", StoreFigures::memtableBytes);
    gauge(
        registry,
        "table.readers",
        "Indexes and filters outside the block cache",
        "bytes",
        StoreFigures::tableReaderBytes);
    gauge(
        registry,
        "pending.compaction",
        "What compaction still has to rewrite, an estimate",
        "bytes",
        StoreFigures::pendingCompactionBytes);
    gauge(registry, "running.flushes", "Flushes now", "", StoreFigures::runningFlushes);
    gauge(registry, "running.compactions", "Compactions now", "", StoreFigures::runningCompactions);
    gauge(
        registry,
        "background.errors",
        "Flushes and compactions that failed since the store was opened",
        "",
        StoreFigures::backgroundErrors);
    gauge(
        registry,
        "write.stopped",
        "1 while writes wait for compaction",
        "",
        store -> store.isWriteStopped() ? 1 : 0);
    gauge(
        registry,
        "delayed.write.rate",
        "Bytes a second to which writes are slowed down, 0 when they are not",
        "",
        StoreFigures::delayedWriteBytesPerSecond);
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String help,
      String unit,
      ToDoubleFunction<StoreFigures> value) {
    gauges.put(new Gauges(registry, "rocksdb." + name, help, unit), value);
  }

  /** Before each scrape. */
  void refresh() {
    Map<Integer, StoreFigures> stores = figures.stores();
    gauges.forEach(
        (gauge, value) -> {
          Map<Tags, Double> values = Gauges.values();
          stores.forEach(
              (partition, store) ->
                  values.put(
                      Tags.of("partition", Integer.toString(partition)),
                      value.applyAsDouble(store)));
          gauge.set(values);
        });
  }
}
