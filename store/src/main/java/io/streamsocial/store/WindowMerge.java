package io.streamsocial.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The top N of the sum of windows by reading all of their rows once, in key order. */
final class WindowMerge {
  private final WindowStore store;
  private final long[] windowStartsMs;
  private final String region;
  private final int limit;

  WindowMerge(WindowStore store, long[] windowStartsMs, String region, int limit) {
    this.store = store;
    this.windowStartsMs = windowStartsMs;
    this.region = region;
    this.limit = limit;
  }

  List<RankedRow> top() {
    List<MergeCursor> cursors = new ArrayList<>();
    try {
      store.openCursors(windowStartsMs, region, cursors);
      TopRows top = new TopRows(limit);
      for (byte[] tag = smallest(cursors); tag != null; tag = smallest(cursors)) {
        top.offer(take(cursors, tag));
      }
      return top.sorted();
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
        counts[i] = cursor.count();
        total += counts[i];
        cursor.next();
      }
    }
    return new RankedRow(tag, total, counts);
  }
}
