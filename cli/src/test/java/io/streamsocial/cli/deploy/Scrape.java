package io.streamsocial.cli.deploy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What GET /metrics answered, in Prometheus' text form. */
public final class Scrape {
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One time series and its value. */
  record Series(String name, Map<String, String> labels, double value) {}

  final Map<String, String> help = new HashMap<>();
  final Map<String, String> types = new TreeMap<>();
  public final List<Series> series = new ArrayList<>();

  public static Scrape of(String text) {
    Scrape scrape = new Scrape();
    text.lines().forEach(scrape::line);
    return scrape;
  }

  private void line(String line) {
    String[] words = line.split(" ", 4);
    if (line.startsWith("# HELP ")) {
      help.put(words[2], words.length > 3 ? words[3] : "");
    } else if (line.startsWith("# TYPE ")) {
      types.put(words[2], words[3]);
    } else if (!line.isBlank() && !line.startsWith("#")) {
      Matcher sample = SAMPLE.matcher(line);
      if (!sample.matches()) {
        throw new IllegalArgumentException("not a sample: " + line);
      }
      Map<String, String> labels = new LinkedHashMap<>();
      Matcher label = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
      while (label.find()) {
        labels.put(label.group(1), label.group(2));
      }
      series.add(new Series(sample.group(1), labels, number(sample.group(3))));
    }
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** Those of one name, all of histograms and summaries by their own suffixes. */
  public List<Series> named(String name) {
    return series.stream().filter(each -> each.name().equals(name)).toList();
  }

  /** Of all series by that name together. */
  Set<String> labels(String name) {
    Set<String> labels = new TreeSet<>();
    named(name).forEach(each -> labels.addAll(each.labels().keySet()));
    return labels;
  }

  /** The sum over all series by that name which have these labels. */
  public double sum(String name, Map<String, String> labels) {
    return named(name).stream()
        .filter(each -> each.labels().entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Series::value)
        .sum();
  }

  /** What Prometheus' naming rules, and ours, object to; empty when all is well. */
  public List<String> objections() {
    List<String> objections = new ArrayList<>();
    types.forEach((name, type) -> objections.addAll(MetricNames.objections(name, type)));
    for (String name : types.keySet()) {
      if (help.getOrDefault(name, "").isBlank()) {
        objections.add(name + " has no HELP");
      }
    }
    Set<String> labels = new HashSet<>();
    series.forEach(each -> labels.addAll(each.labels().keySet()));
    labels.forEach(label -> objections.addAll(MetricNames.objectionsToLabel(label)));
    Set<String> seen = new HashSet<>();
    for (Series each : series) {
      if (!seen.add(each.name() + new TreeMap<>(each.labels()))) {
        objections.add(each.name() + each.labels() + " is there twice");
      }
    }
    return objections;
  }
}
