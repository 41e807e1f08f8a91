package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.store.table.WindowKey;
import java.util.Comparator;

/** A key of the store as a test writes it; ordered as the store should order it. */
record Row(long start, String region, String tag) implements Comparable<Row> {
  private static final Comparator<Row> ORDER =
      Comparator.comparingLong(Row::start)
          .thenComparing(Row::region, Row::byCodePoints)
          .thenComparing(Row::tag, Row::byCodePoints);

  static int byCodePoints(String a, String b) {
    int[] left = a.codePoints().toArray();
    int[] right = b.codePoints().toArray();
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      if (left[i] != right[i]) {
        return Integer.compare(left[i], right[i]);
      }
    }
    return Integer.compare(left.length, right.length);
  }

  static Row of(byte[] key) {
    return new Row(
        WindowKey.windowStart(key),
        new String(WindowKey.region(key), UTF_8),
        new String(WindowKey.tag(key), UTF_8));
  }

  byte[] key() {
    return WindowKey.of(start, regionBytes(), tagBytes());
  }

  byte[] regionBytes() {
    return region.getBytes(UTF_8);
  }

  byte[] tagBytes() {
    return tag.getBytes(UTF_8);
  }

  @Override
  public int compareTo(Row other) {
    return ORDER.compare(this, other);
  }
}
