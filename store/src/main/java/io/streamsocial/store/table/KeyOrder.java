package io.streamsocial.store.table;

import java.util.Arrays;

/**
 * Sorts the entries of a {@link CountTable} by their strings, as unsigned bytes: by four bytes at a
 * time, packed into longs that are sorted as numbers, and only where those are equal by the next
 * four. Comparing strings instead would touch the arena at random for every comparison.
 */
public final class KeyOrder {
  private static final int ENTRY_BITS = 27;
  private static final int BYTES_A_TIME = 4;
  // One value more than a byte has: the end of the string.
  private static final int SYMBOL_BITS = 9;

  private KeyOrder() {}

  /**
   * The entries in order.
   *
   * @throws IllegalArgumentException when there are more than 2^27
   */
  public static int[] of(CountTable table) {
    int size = table.size();
    if (size > 1 << ENTRY_BITS) {
      throw new IllegalArgumentException(size + " entries are too many to sort");
    }
    long[] packed = new long[size];
    for (int i = 0; i < size; i++) {
      packed[i] = i;
    }
    sort(table, packed, 0, size, 0);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = entry(packed[i]);
    }
    return order;
  }

  /** Strings of a range are equal up to a depth. */
  private static void sort(CountTable table, long[] packed, int from, int to, int depth) {
    for (int i = from; i < to; i++) {
      int entry = entry(packed[i]);
      packed[i] = symbols(table, entry, depth) << ENTRY_BITS | entry;
    }
    Arrays.sort(packed, from, to);
    int begin = from;
    for (int i = from + 1; i <= to; i++) {
      if (i == to || packed[i] >>> ENTRY_BITS != packed[begin] >>> ENTRY_BITS) {
        // No two strings are equal, so the strings of a longer run differ further on.
        if (i - begin > 1) {
          sort(table, packed, begin, i, depth + BYTES_A_TIME);
        }
        begin = i;
      }
    }
  }

  private static int entry(long packed) {
    return (int) packed & (1 << ENTRY_BITS) - 1;
  }

  /** The next bytes, each plus one, and 0 behind the end. */
  private static long symbols(CountTable table, int entry, int depth) {
    byte[] arena = table.arena();
    int at = table.offset(entry) + depth;
    int end = table.offset(entry) + table.length(entry);
    long symbols = 0;
    for (int i = at; i < at + BYTES_A_TIME; i++) {
      symbols = symbols << SYMBOL_BITS | (i < end ? (arena[i] & 0xFF) + 1 : 0);
    }
    return symbols;
  }
}
