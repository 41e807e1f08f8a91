package io.streamsocial.store.table;

import java.util.Arrays;
import java.util.Comparator;

/**
 * One key of a ranking. The arrays are not copied: callers must not change them.
 *
 * @param key the bytes ranked
 * @param total the sum of counts, by {@link Lanes#add}
 * @param counts one a window, in the order of the windows asked for
 */
@SuppressWarnings("ArrayRecordComponent") // a row of an answer, never compared or kept in a set
public record RankedRow(byte[] key, long total, long[] counts) {

  /** Largest total first, ties by key in byte order: a total order, the same on every instance. */
  public static final Comparator<RankedRow> ORDER =
      (a, b) -> {
        int byTotal = Long.compare(b.total, a.total);
        return byTotal != 0 ? byTotal : Arrays.compareUnsigned(a.key, b.key);
      };
}
