package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.RankedRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A row of a ranking that can be compared, and the oracle of rankings: a full sort. */
record Ranked(String tag, long total, List<Long> counts) {

  static List<Ranked> of(List<RankedRow> rows) {
    return rows.stream()
        .map(
            row ->
                new Ranked(
                    new String(row.key(), UTF_8),
                    row.total(),
                    Arrays.stream(row.counts()).boxed().toList()))
        .toList();
  }

  /** Of rows of one lane; a key without a row in a window counts 0 in it. */
  static List<Ranked> ofKeys(List<KeyRows> keys) {
    return keys.stream()
        .map(
            key -> {
              List<Long> counts =
                  Arrays.stream(key.rows()).map(row -> row == null ? 0L : row[0]).toList();
              long total = counts.stream().mapToLong(n -> n).sum();
              return new Ranked(new String(key.key(), UTF_8), total, counts);
            })
        .toList();
  }

  /** The answer by sorting all keys of some windows. */
  static List<Ranked> fullSort(List<Map<String, Long>> windows, int limit) {
    TreeMap<String, long[]> counts = new TreeMap<>();
    for (int i = 0; i < windows.size(); i++) {
      int window = i;
      windows
          .get(i)
          .forEach(
              (tag, count) ->
                  counts.computeIfAbsent(tag, t -> new long[windows.size()])[window] = count);
    }
    List<Ranked> rows = new ArrayList<>();
    counts.forEach(
        (tag, each) ->
            rows.add(
                new Ranked(tag, Arrays.stream(each).sum(), Arrays.stream(each).boxed().toList())));
    rows.sort(
        Comparator.comparingLong(Ranked::total)
            .reversed()
            .thenComparing(Ranked::tag, Row::byCodePoints));
    return rows.subList(0, Math.min(limit, rows.size()));
  }

  /** The same from the rows of a store's model. */
  static List<Ranked> fullSort(Map<Row, Long> rows, long[] starts, String region, int limit) {
    List<Map<String, Long>> windows = new ArrayList<>();
    for (long start : starts) {
      Map<String, Long> window = new TreeMap<>();
      rows.forEach(
          (row, count) -> {
            if (row.start() == start && row.region().equals(region)) {
              window.put(row.tag(), count);
            }
          });
      windows.add(window);
    }
    return fullSort(windows, limit);
  }
}
