package io.streamsocial.http.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One gauge for each of some things that come and go, as the partitions that are here: set anew
 * before each scrape, gone with what they tell of. The caller makes sure that only one thread sets.
 */
final class Gauges {
  private final MultiGauge rows;

  /**
   * @param unit a base unit, or empty
   */
  Gauges(MeterRegistry registry, String name, String help, String unit) {
    MultiGauge.Builder builder = MultiGauge.builder(name).description(help);
    rows = (unit.isEmpty() ? builder : builder.baseUnit(unit)).register(registry);
  }

  /** All of them; those that are not among them any more are forgotten. */
  void set(Map<Tags, Double> values) {
    rows.register(
        values.entrySet().stream()
            .map(each -> MultiGauge.Row.of(each.getKey(), each.getValue()))
            .toList(),
        true);
  }

  /** Collects the values of one scrape. */
  static Map<Tags, Double> values() {
    return new LinkedHashMap<>();
  }
}
