package com.example.board;

import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.metrics.EngineMetrics;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The engine's meters in the registry that the program has anyway. */
final class BoardMeters {
  private BoardMeters() {}

  static ScheduledFuture<?> bind(
      Engine engine, MeterRegistry registry, ScheduledExecutorService timer) {
    EngineMetrics metrics = new EngineMetrics(engine);
    metrics.bindTo(registry);
    // As often as the registry is scraped, for partitions that have come or gone.
    return timer.scheduleWithFixedDelay(metrics::refresh, 10, 10, TimeUnit.SECONDS);
  }
}
