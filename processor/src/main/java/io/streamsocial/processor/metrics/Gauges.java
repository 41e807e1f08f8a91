package io.streamsocial.processor.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One gauge for each of a changing set of subjects, as the partitions that are here. Set before
 * each scrape; a gauge disappears with its subject. The caller makes sure that only one thread
 * sets.
 */
public final class Gauges {
  private final MultiGauge rows;

  /**
   * @param unit a base unit, or empty
   */
  public Gauges(MeterRegistry registry, String name, String help, String unit) {
    MultiGauge.Builder builder = MultiGauge.builder(name).description(help);
    rows = (unit.isEmpty() ? builder : builder.baseUnit(unit)).register(registry);
  }

  /** Sets every gauge; those that are missing here disappear. */
  public void set(Map<Tags, Double> values) {
    rows.register(
        values.entrySet().stream()
            .map(each -> MultiGauge.Row.of(each.getKey(), each.getValue()))
            .toList(),
        true);
  }

  /** Collects the values of one scrape. */
  public static Map<Tags, Double> values() {
    return new LinkedHashMap<>();
  }
}
