package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.streamsocial.processor.loop.Engine;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * All meters of an engine: what its status and its health say, RocksDB, the heap, its Kafka
 * clients, incidents and clocks. docs/operating/metrics.md names them as Prometheus does. Any
 * thread; a registry that it is bound to keeps it and the engine.
 *
 * <p>Meters of a partition, a loop or a client come and go with it, and are as they were at the
 * last {@link #refresh}.
 */
public final class EngineMetrics implements MeterBinder {
  private final Engine engine;
  private final List<Runnable> refreshes = new CopyOnWriteArrayList<>();

  public EngineMetrics(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    refreshes.add(
        new StatusMetrics(
                engine::status,
                engine.queries(),
                engine.clocks(),
                () -> engine.health().isReady(),
                registry)
            ::refresh);
    refreshes.add(new ResourceMetrics(engine, engine.figures()::clients, registry)::refresh);
    refresh();
  }

  /**
   * To be called before each scrape, or as often as the registry publishes. Reads memory only, in
   * about a millisecond.
   */
  public synchronized void refresh() {
    refreshes.forEach(Runnable::run);
  }
}
