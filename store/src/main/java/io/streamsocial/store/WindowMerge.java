package io.streamsocial.store;

import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.RankedRow;
import io.streamsocial.store.table.TopRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Reads the rows of several windows once, side by side in key order. */
final class WindowMerge {
  private final LiveState live;
  private final long[] windowStartsMs;
  private final String region;
  private final int limit;

  WindowMerge(LiveState live, long[] windowStartsMs, String region, int limit) {
    this.live = live;
    this.windowStartsMs = windowStartsMs;
    this.region = region;
    this.limit = limit;
  }

  /** The top N of the sum of the windows: reads all of their rows. */
  List<RankedRow> top() {
    List<MergeCursor> cursors = new ArrayList<>();
    try {
      live.openCursors(windowStartsMs, region, new byte[0], cursors);
      TopRows top = new TopRows(limit);
      for (byte[] tag = smallest(cursors); tag != null; tag = smallest(cursors)) {
        top.offer(take(cursors, tag));
      }
      return top.sorted();
    } finally {
      cursors.forEach(MergeCursor::close);
    }
  }

  /**
   * The first N keys of a range, in key order: reads no other rows.
   *
   * @param from inclusive
   * @param to exclusive; null for no end
   */
  List<RankedRow> page(byte[] from, byte @Nullable [] to) {
    return page(from, to, WindowMerge::take);
  }

  /** The same with whole rows. */
  List<KeyRows> rows(byte[] from, byte @Nullable [] to) {
    return page(from, to, WindowMerge::takeRows);
  }

  private <T> List<T> page(
      byte[] from, byte @Nullable [] to, BiFunction<List<MergeCursor>, byte[], T> take) {
    List<MergeCursor> cursors = new ArrayList<>();
    List<T> page = new ArrayList<>();
    try {
      live.openCursors(windowStartsMs, region, from, cursors);
      byte[] tag = smallest(cursors);
      while (tag != null
          && page.size() < limit
          && (to == null || Arrays.compareUnsigned(tag, to) < 0)) {
        page.add(take.apply(cursors, tag));
        tag = smallest(cursors);
      }
      return page;
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

  private static RankedRow take(List<MergeCursor> cursors, byte[] tag) {
    long[] counts = new long[cursors.size()];
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      MergeCursor cursor = cursors.get(i);
      if (Arrays.equals(cursor.tag(), tag)) {
        counts[i] = cursor.rank();
        total += counts[i];
        cursor.next();
      }
    }
    return new RankedRow(tag, total, counts);
  }

  private static KeyRows takeRows(List<MergeCursor> cursors, byte[] tag) {
    long[][] rows = new long[cursors.size()][];
    for (int i = 0; i < rows.length; i++) {
      MergeCursor cursor = cursors.get(i);
      if (Arrays.equals(cursor.tag(), tag)) {
        rows[i] = cursor.row();
        cursor.next();
      }
    }
    return new KeyRows(tag, rows);
  }
}
