package io.streamsocial.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** A histogram of nanoseconds as figures of a result file, and figures over several rounds. */
final class Latencies {
  private static final double NANOS_A_MS = 1e6;

  private Latencies() {}

  /** In milliseconds. */
  static Map<String, Object> figures(Histogram histogram) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("p50_ms", histogram.getValueAtPercentile(50) / NANOS_A_MS);
    figures.put("p90_ms", histogram.getValueAtPercentile(90) / NANOS_A_MS);
    figures.put("p99_ms", histogram.getValueAtPercentile(99) / NANOS_A_MS);
    figures.put("p999_ms", histogram.getValueAtPercentile(99.9) / NANOS_A_MS);
    figures.put("max_ms", histogram.getMaxValue() / NANOS_A_MS);
    return figures;
  }

  /** Median, least and most of one figure over the runs; NaN where no run has it. */
  static Spread spread(List<Map<String, Object>> runs, String figure) {
    double[] values =
        runs.stream()
            .map(run -> run.get(figure))
            .filter(Number.class::isInstance)
            .mapToDouble(value -> ((Number) value).doubleValue())
            .sorted()
            .toArray();
    return values.length == 0
        ? new Spread(Double.NaN, Double.NaN, Double.NaN)
        : new Spread(values[values.length / 2], values[0], values[values.length - 1]);
  }

  /** Of one figure over several rounds. */
  record Spread(double median, double min, double max) {}
}
