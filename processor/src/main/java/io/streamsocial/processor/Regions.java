package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The question "which regions are there?" and its answer. */
public final class Regions {
  private Regions() {}

  /**
   * What one partition knows.
   *
   * @param counts mentions by region over all windows that are kept
   */
  public record Slice(int partition, Map<String, Long> counts) {}

  /**
   * @param count mentions of all hashtags over all windows that are kept
   */
  public record Row(String region, long count) {}

  /**
   * @param rows by count descending, ties by region
   * @param total how many regions there are, those beyond the limit included
   */
  public record Answer(List<Row> rows, int total, Completeness completeness) {}

  /**
   * Merges slices. Of two slices of one partition the first is taken.
   *
   * @param limit rows, 1 or more
   */
  static Answer answer(int limit, List<Slice> slices, Completeness completeness) {
    Map<String, Long> counts = new HashMap<>();
    Set<Integer> partitions = new HashSet<>();
    for (Slice slice : slices) {
      if (partitions.add(slice.partition())) {
        slice.counts().forEach((region, count) -> counts.merge(region, count, Long::sum));
      }
    }
    List<Row> rows = new ArrayList<>();
    counts.forEach((region, count) -> rows.add(new Row(region, count)));
    rows.sort(Comparator.comparingLong(Row::count).reversed().thenComparing(Row::region));
    return new Answer(
        List.copyOf(rows.subList(0, Math.min(limit, rows.size()))), rows.size(), completeness);
  }
}
