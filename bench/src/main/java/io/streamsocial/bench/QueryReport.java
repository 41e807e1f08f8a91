package io.streamsocial.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The runs of {@link Query}: a line each as they come, medians and ratios at the end. */
final class QueryReport {
  static final String HEADINGS =
      "%9s %-9s %-9s %-6s %9s %8s %8s %8s %8s %8s %9s %9s %7s %7s"
          .formatted(
              "tags", "asked", "state", "load", "req/s", "p50 ms", "p99", "p99.9", "max", "CPU us",
              "RSS MB", "posts/s", "client", "others");

  private final List<Map<String, Object>> runs = new ArrayList<>();
  private boolean hasEtag;

  void add(Map<String, Object> run) {
    runs.add(run);
    System.out.println(line(List.of(run)));
  }

  /** Whether the server gives an ETag; without one there are no conditional requests. */
  void hasEtag(boolean value) {
    hasEtag = value;
  }

  boolean hasEtag() {
    return hasEtag;
  }

  void print(int rounds) {
    System.out.printf("%nmedians of %d rounds (least to most)%n%s%n", rounds, HEADINGS);
    runs.stream()
        .collect(Collectors.groupingBy(QueryReport::key, LinkedHashMap::new, Collectors.toList()))
        .values()
        .forEach(same -> System.out.println(line(same) + spread(same)));
    ratios()
        .forEach(
            (name, ratio) ->
                System.out.printf(
                    "%-42s %.3f (%.3f to %.3f)%n", name, ratio.median(), ratio.min(), ratio.max()));
    if (!hasEtag) {
      System.out.println("poll: not measured, the server gives no ETag");
    }
  }

  /** For the result file. */
  Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("etag", hasEtag);
    facts.put("ratios", ratios());
    facts.put("runs", runs);
    return facts;
  }

  private static String key(Map<String, Object> run) {
    return "%9s %-9s %-9s %-6s"
        .formatted(run.get("tags"), run.get("name"), run.get("state"), run.get("load"));
  }

  private static String line(List<Map<String, Object>> same) {
    return "%s %,9.0f %8.2f %8.2f %8.2f %8.1f %8.1f %9.0f %,9.0f %7.2f %7.2f"
        .formatted(
            key(same.get(0)),
            median(same, "requests_per_s"),
            median(same, "p50_ms"),
            median(same, "p99_ms"),
            median(same, "p999_ms"),
            Latencies.spread(same, "max_ms").max(),
            median(same, "server_cpu_us_per_request"),
            median(same, "server_rss_peak_mb"),
            median(same, "ingested_per_s"),
            median(same, "client_busy"),
            median(same, "others_cores"));
  }

  private static double median(List<Map<String, Object>> same, String figure) {
    return Latencies.spread(same, figure).median();
  }

  /** Least and most beside a median, since the machine is not steady. */
  private static String spread(List<Map<String, Object>> same) {
    Latencies.Spread requests = Latencies.spread(same, "requests_per_s");
    Latencies.Spread p99 = Latencies.spread(same, "p99_ms");
    return "  requests/s %,.0f to %,.0f, p99 %.2f to %.2f ms"
        .formatted(requests.min(), requests.max(), p99.min(), p99.max());
  }

  private SortedSet<Integer> distinct(String field) {
    return runs.stream()
        .map(run -> (Integer) run.get(field))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Each ratio is taken within one round, so that the machine was the same for both sides, but for
   * two numbers of tags, whose runs are minutes apart.
   */
  private Map<String, Latencies.Spread> ratios() {
    Map<String, Latencies.Spread> ratios = new LinkedHashMap<>();
    SortedSet<Integer> tags = distinct("tags");
    for (int number : tags) {
      QueryStep constant = new QueryStep(number, 0, "constant", "closed", false);
      QueryStep trending = new QueryStep(number, 0, "trending", "closed", false);
      ratios.put(
          "requests_per_s_over_constant_at_" + number, ratio("requests_per_s", trending, constant));
      ratios.put(
          "constant_cpu_over_ours_at_" + number,
          ratio("server_cpu_us_per_request", constant, trending));
    }
    if (tags.size() > 1) {
      addSizes(ratios, tags.first(), tags.last());
    }
    return ratios;
  }

  private void addSizes(Map<String, Latencies.Spread> ratios, int least, int most) {
    for (boolean ingest : new boolean[] {false, true}) {
      for (String load : List.of("closed", "open")) {
        ratios.put(
            "p99_at_%d_over_%d_%s_%s".formatted(most, least, ingest ? "ingesting" : "idle", load),
            ratio(
                "p99_ms",
                new QueryStep(most, 0, "trending", load, ingest),
                new QueryStep(least, 0, "trending", load, ingest)));
      }
    }
    ratios.put(
        "cpu_at_%d_over_%d_idle".formatted(most, least),
        ratio(
            "server_cpu_us_per_request",
            new QueryStep(most, 0, "trending", "closed", false),
            new QueryStep(least, 0, "trending", "closed", false)));
  }

  /** One figure of two steps, divided round by round. */
  private Latencies.Spread ratio(String figure, QueryStep above, QueryStep below) {
    List<Map<String, Object>> values = new ArrayList<>();
    for (int round : distinct("round")) {
      double a = figure(figure, above.withRound(round));
      double b = figure(figure, below.withRound(round));
      values.add(Map.of("ratio", a / b));
    }
    return Latencies.spread(values, "ratio");
  }

  private double figure(String figure, QueryStep step) {
    Map<String, Object> wanted = step.describe();
    return runs.stream()
        .filter(run -> run.entrySet().containsAll(wanted.entrySet()))
        .map(run -> run.get(figure))
        .filter(Number.class::isInstance)
        .mapToDouble(value -> ((Number) value).doubleValue())
        .findFirst()
        .orElse(Double.NaN);
  }
}
