package io.streamsocial.cli.deploy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Prometheus' conventions for names, as far as a test can judge them. */
final class MetricNames {
  /** Seconds, bytes and ratios only: no multiples, no parts. */
  private static final Set<String> NO_UNITS =
      Set.of(
          "ms",
          "millis",
          "milliseconds",
          "ns",
          "nanos",
          "nanoseconds",
          "micros",
          "us",
          "minutes",
          "hours",
          "kb",
          "mb",
          "kib",
          "mib",
          "kilobytes",
          "megabytes",
          "percent");

  private static final Set<String> BASE_UNITS = Set.of("seconds", "bytes", "ratio");

  /** What may stand behind the unit. */
  private static final Set<String> BEHIND_UNITS = Set.of("total", "max");

  /** Whoever chooses their values chooses how many series there are. */
  private static final Set<String> UNBOUNDED =
      Set.of("hashtag", "tag", "region", "user_id", "post_id", "request_id", "client_id", "uri");

  private MetricNames() {}

  static List<String> objections(String name, String type) {
    List<String> objections = new ArrayList<>();
    if (!name.matches("[a-z][a-z0-9]*(_[a-z0-9]+)*")) {
      objections.add(name + " is not snake_case");
    }
    boolean isCounter = type.equals("counter");
    if (isCounter != name.endsWith("_total")) {
      objections.add(name + " is a " + type + ": only counters end with _total");
    }
    List<String> words = List.of(name.split("_"));
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (NO_UNITS.contains(word)) {
        objections.add(name + " is not in base units: " + word);
      }
      if (BASE_UNITS.contains(word)
          && !BEHIND_UNITS.containsAll(words.subList(i + 1, words.size()))) {
        objections.add(name + " does not end with its unit");
      }
    }
    return objections;
  }

  static List<String> objectionsToLabel(String label) {
    List<String> objections = new ArrayList<>();
    if (!label.matches("[a-z][a-z0-9]*(_[a-z0-9]+)*")) {
      objections.add("label " + label + " is not snake_case");
    }
    if (UNBOUNDED.contains(label)) {
      objections.add("label " + label + " has as many values as clients like");
    }
    return objections;
  }
}
