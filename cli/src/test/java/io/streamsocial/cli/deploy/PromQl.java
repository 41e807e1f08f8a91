package io.streamsocial.cli.deploy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds the metrics, labels and exact label values of an expression against a scrape. It knows
 * PromQL's tokens and where a name is a metric, a label, a function or a word of the language; it
 * does not judge types.
 */
public final class PromQl {
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s+|\"((?:[^\"\\\\]|\\\\.)*)\"|\\[[^\\]]*]|\\d[\\d.]*(?:e-?\\d+)?[smhdw]?|[a-zA-Z_:][\\w:]*"
              + "|=~|!~|!=|==|>=|<=|[-+*/%^<>=(){},]");
  private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset", "inf");
  private static final Set<String> BEFORE_LABELS =
      Set.of("by", "without", "on", "ignoring", "group_left", "group_right");

  /** Set by Prometheus itself for each target. */
  private static final Set<String> OF_THE_TARGET = Set.of("instance", "job");

  /** Made by Prometheus itself. */
  private static final Set<String> OF_PROMETHEUS = Set.of("up");

  private final Scrape scrape;
  private final List<String> tokens = new ArrayList<>();
  private final Set<String> metrics = new TreeSet<>();
  private final List<String> grouped = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private PromQl(String expression, Scrape scrape) {
    this.scrape = scrape;
    Matcher matcher = TOKEN.matcher(expression.replaceAll("\\$__\\w+", "5m"));
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      end = matcher.end();
      if (!matcher.group().isBlank()) {
        tokens.add(matcher.group());
      }
    }
    if (end != matcher.regionEnd()) {
      problems.add("cannot be read from '" + expression.substring(end) + "'");
    }
  }

  /** What is wrong with it; empty when all that it names was scraped. */
  public static List<String> problems(String expression, Scrape scrape) {
    PromQl promQl = new PromQl(expression, scrape);
    promQl.read();
    return promQl.problems.stream().map(problem -> problem + " in " + expression).toList();
  }

  private void read() {
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      String next = i + 1 < tokens.size() ? tokens.get(i + 1) : "";
      if (BEFORE_LABELS.contains(token)) {
        for (i += 2; !tokens.get(i).equals(")"); i++) {
          if (!tokens.get(i).equals(",")) {
            grouped.add(tokens.get(i));
          }
        }
      } else if (Character.isLetter(token.charAt(0)) && !WORDS.contains(token)) {
        if (next.equals("{")) {
          metric(token);
          i = selectors(token, i + 2);
        } else if (!next.equals("(") && !BEFORE_LABELS.contains(next)) {
          metric(token);
        }
      }
    }
    for (String label : grouped) {
      if (metrics.stream().noneMatch(metric -> has(metric, label))) {
        problems.add("none of " + metrics + " has the label " + label);
      }
    }
    if (metrics.isEmpty()) {
      problems.add("no metric");
    }
  }

  private void metric(String name) {
    metrics.add(name);
    if (!OF_PROMETHEUS.contains(name) && scrape.named(name).isEmpty()) {
      problems.add("unknown metric " + name);
    }
  }

  private boolean has(String metric, String label) {
    return OF_THE_TARGET.contains(label) || scrape.labels(metric).contains(label);
  }

  /** Returns the index of the closing brace. */
  private int selectors(String metric, int from) {
    int i = from;
    while (!tokens.get(i).equals("}")) {
      String label = tokens.get(i);
      String operator = tokens.get(i + 1);
      String value = tokens.get(i + 2).replace("\"", "");
      if (!has(metric, label)) {
        problems.add("metric " + metric + " has no label " + label);
      } else if (operator.equals("=") && !OF_THE_TARGET.contains(label)) {
        Map<String, String> wanted = Map.of(label, value);
        if (scrape.named(metric).stream()
            .noneMatch(each -> each.labels().entrySet().containsAll(wanted.entrySet()))) {
          problems.add("metric " + metric + " never has " + wanted);
        }
      }
      i += 3;
      i += tokens.get(i).equals(",") ? 1 : 0;
    }
    return i;
  }
}
