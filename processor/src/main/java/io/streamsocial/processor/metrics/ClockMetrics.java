package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.processor.Clocks;
import java.util.function.ToDoubleFunction;

/** How the wall clock of this machine has moved against the one that does not step. */
final class ClockMetrics {
  private ClockMetrics() {}

  /** The registry holds the clocks weakly. */
  static void bind(Clocks clocks, MeterRegistry registry) {
    Gauge.builder("streamsocial.clock.skew", clocks, all -> all.skewMs() / 1e3)
        .description("How far the wall clock was moved since the start, negative for back")
        .baseUnit("seconds")
        .register(registry);
    steps(clocks, "back", Clocks::stepsBack, registry);
    steps(clocks, "forward", Clocks::stepsForward, registry);
  }

  private static void steps(
      Clocks clocks, String way, ToDoubleFunction<Clocks> count, MeterRegistry registry) {
    FunctionCounter.builder("streamsocial.clock.steps", clocks, count)
        .description("Times that the wall clock was set by more than a second")
        .tag("direction", way)
        .register(registry);
  }
}
