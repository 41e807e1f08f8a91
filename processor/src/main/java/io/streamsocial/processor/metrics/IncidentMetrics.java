package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.processor.Incidents;
import java.util.EnumSet;
import java.util.Set;

/** The incidents that are open, and how many there were, by kind. */
public final class IncidentMetrics {
  /** The kinds that the server raises; the engine raises all others. */
  public static final Set<Incidents.Kind> OF_THE_SERVER =
      EnumSet.of(
          Incidents.Kind.PEER_UNREACHABLE,
          Incidents.Kind.READS_REFUSED,
          Incidents.Kind.POSTS_REFUSED);

  private IncidentMetrics() {}

  /** The registry holds the incidents weakly. */
  public static void bind(Incidents incidents, Set<Incidents.Kind> kinds, MeterRegistry registry) {
    for (Incidents.Kind kind : kinds) {
      FunctionCounter.builder("streamsocial.incidents", incidents, all -> all.begun(kind))
          .description("Incidents that have begun")
          .tag("kind", kind.label())
          .register(registry);
      Gauge.builder("streamsocial.incidents.open", incidents, all -> all.open(kind))
          .description("Incidents that have begun and not ended")
          .tag("kind", kind.label())
          .register(registry);
    }
  }
}
