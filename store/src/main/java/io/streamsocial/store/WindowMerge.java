package io.streamsocial.store;

import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.RankedRow;
import io.streamsocial.store.table.TopRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the rows of several windows once, side by side in key order. */
final class WindowMerge {
  private final LiveState live;
  private final long[] windowStartsMs;
  private final String region;
  private final int limit;
  private final ReadBudget budget;

  WindowMerge(LiveState live, long[] windowStartsMs, String region, int limit, ReadBudget budget) {
    this.live = live;
    this.windowStartsMs = windowStartsMs;
    this.region = region;
    this.limit = limit;
    this.budget = budget;
  }

  /**
   * The top N of the sum of the windows: reads all of their rows.
   *
   * @param lane that is summed
   * @return empty when the budget does not suffice for all rows
   */
  Optional<List<RankedRow>> top(int lane) {
    List<MergeCursor> cursors = new ArrayList<>();
    try {
      live.openCursors(windowStartsMs, region, new byte[0], cursors);
      TopRows top = new TopRows(limit);
      for (byte[] tag = smallest(cursors); tag != null; tag = smallest(cursors)) {
        if (budget.isSpent()) {
          return Optional.empty();
        }
        long[][] rows = take(cursors, tag);
        if (isThere(rows)) {
          top.offer(ranked(tag, rows, lane));
        }
      }
      return Optional.of(top.sorted());
    } finally {
      cursors.forEach(MergeCursor::close);
    }
  }

  private static RankedRow ranked(byte[] tag, long[] @Nullable [] rows, int lane) {
    long[] counts = new long[rows.length];
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      long[] row = rows[i];
      counts[i] = row == null ? 0 : row[lane];
      total = Lanes.add(total, counts[i]);
    }
    return new RankedRow(tag, total, counts);
  }

  /** Whether a key has a row: the only one it has may be gone. */
  private static boolean isThere(long[] @Nullable [] rows) {
    for (long[] row : rows) {
      if (row != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * The first N keys of a range, in key order: reads no other rows. At least one, whatever the
   * budget.
   *
   * @param from inclusive
   * @param to exclusive; null for no end
   */
  KeyRange range(byte[] from, byte @Nullable [] to) {
    List<MergeCursor> cursors = new ArrayList<>();
    List<KeyRows> keys = new ArrayList<>();
    try {
      live.openCursors(windowStartsMs, region, from, cursors);
      boolean isFirst = true;
      byte[] tag = smallest(cursors);
      while (tag != null && (to == null || Arrays.compareUnsigned(tag, to) < 0)) {
        if (keys.size() == limit || (budget.isSpent() && !isFirst)) {
          return new KeyRange(keys, tag);
        }
        isFirst = false;
        long[][] rows = take(cursors, tag);
        if (isThere(rows)) {
          keys.add(new KeyRows(tag, rows));
        }
        tag = smallest(cursors);
      }
      return new KeyRange(keys, null);
    } finally {
      cursors.forEach(MergeCursor::close);
    }
  }

  private static byte @Nullable [] smallest(List<MergeCursor> cursors) {
    byte[] smallest = null;
    for (MergeCursor cursor : cursors) {
      byte[] tag = cursor.tag();
      if (tag != null && (smallest == null || Arrays.compareUnsigned(tag, smallest) < 0)) {
        smallest = tag;
      }
    }
    return smallest;
  }

  /** The rows of a key, null where it has none; the cursors go on to the next one. */
  private long[] @Nullable [] take(List<MergeCursor> cursors, byte[] tag) {
    long[][] rows = new long[cursors.size()][];
    int read = 0;
    for (int i = 0; i < rows.length; i++) {
      MergeCursor cursor = cursors.get(i);
      if (Arrays.equals(cursor.tag(), tag)) {
        long[] row = cursor.row();
        rows[i] = row;
        read += 1 + (row == null ? 0 : live.tailBytes(row) / ReadBudget.ROW_BYTES);
        cursor.next();
      }
    }
    budget.spend(read);
    return rows;
  }
}
