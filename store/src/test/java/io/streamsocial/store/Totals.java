package io.streamsocial.store;

import java.util.HashMap;
import java.util.Map;

/** What {@link Heads#totals} should say, added up row by row. */
final class Totals {
  private Totals() {}

  static Map<String, Long> of(Map<Row, Long> rows, long start) {
    Map<String, Long> totals = new HashMap<>();
    rows.forEach(
        (row, count) -> {
          if (row.start() == start) {
            totals.merge(row.region(), count, Long::sum);
          }
        });
    return totals;
  }
}
