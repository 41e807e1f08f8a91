package io.streamsocial.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results of contenders over several rounds, in the order in which they first came. */
final class Medians {
  private final Map<String, List<Map<String, Object>>> runs = new LinkedHashMap<>();

  void add(String name, Map<String, Object> result) {
    runs.computeIfAbsent(name, n -> new ArrayList<>()).add(result);
  }

  /** All results by name. */
  Map<String, List<Map<String, Object>>> runs() {
    return runs;
  }

  /**
   * One row a name: the median of each figure, NaN where a run lacks it, and whether every run was
   * exact.
   */
  List<Map<String, Object>> rows(List<String> figures) {
    List<Map<String, Object>> rows = new ArrayList<>();
    runs.forEach(
        (name, results) -> {
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("name", name);
          for (String figure : figures) {
            row.put(figure, median(results, figure));
          }
          row.put("exact", results.stream().allMatch(run -> Boolean.TRUE.equals(run.get("exact"))));
          rows.add(row);
        });
    return rows;
  }

  private static double median(List<Map<String, Object>> results, String figure) {
    double[] values = results.stream().mapToDouble(run -> number(run, figure)).sorted().toArray();
    return values[values.length / 2];
  }

  static double number(Map<String, Object> result, String figure) {
    return result.get(figure) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
