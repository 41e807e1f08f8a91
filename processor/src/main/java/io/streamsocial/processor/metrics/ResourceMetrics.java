package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.EngineFigures;
import io.streamsocial.processor.loop.Engine;
import java.util.Collection;
import java.util.EnumSet;
import java.util.function.Supplier;

/**
 * What an engine takes and meets: RocksDB, heap, Kafka's clients, incidents, clocks, its listener.
 * A server that has figures of its own uses it beside {@link StatusMetrics}; everyone else {@link
 * EngineMetrics}.
 */
public final class ResourceMetrics {
  private final StoreMetrics stores;
  private final KafkaMetrics kafka;

  /**
   * @param clients the engine's, and those that the program has beside it; asked by any thread
   */
  public ResourceMetrics(
      Engine engine, Supplier<Collection<ClientFigures>> clients, MeterRegistry registry) {
    stores = new StoreMetrics(engine.figures(), registry);
    kafka = new KafkaMetrics(clients, registry);
    IncidentMetrics.bind(
        engine.incidents(),
        EnumSet.complementOf(EnumSet.copyOf(IncidentMetrics.OF_THE_SERVER)),
        registry);
    SnapshotMetrics.bind(engine.snapshots(), engine.copies(), registry);
    ClockMetrics.bind(engine.clocks(), registry);
    FunctionCounter.builder(
            "streamsocial.listener.missed", engine.figures(), EngineFigures::missedEvents)
        .description("Incidents and failures that the engine's listener was too slow to hear of")
        .register(registry);
  }

  /** Before each scrape. */
  public void refresh() {
    stores.refresh();
    kafka.refresh();
  }
}
