package io.streamsocial.store.table;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable copy of a {@link RankedHead}. Safe for any thread that got it through a volatile
 * field. The first reader that needs order and index makes them, so that a loop without queries
 * pays for neither; two readers may both make them, with the same result.
 */
public final class HeadView {
  private static final int ENTRY_BITS = 24;

  private final int size;
  private final long bound;
  private final long[] counts;
  private final int[] hashes;
  private final int[] offsets;
  private final byte[] arena;
  private volatile int @Nullable [] ranking; // entries, largest count first
  private volatile int @Nullable [] slots;

  public HeadView(CountTable table, long bound) {
    this.size = table.size();
    this.bound = bound;
    this.counts = Arrays.copyOf(table.counts, size);
    this.hashes = table.hashes;
    this.offsets = table.offsets;
    this.arena = table.arena;
  }

  public int size() {
    return size;
  }

  /** No key outside this view has a larger count; 0 when there is no key outside. */
  public long bound() {
    return bound;
  }

  public long count(int entry) {
    return counts[entry];
  }

  byte[] arena() {
    return arena;
  }

  int hash(int entry) {
    return hashes[entry];
  }

  int offset(int entry) {
    return offsets[entry];
  }

  int length(int entry) {
    return offsets[entry + 1] - offsets[entry];
  }

  public byte[] copyOfKey(int entry) {
    return Arrays.copyOfRange(arena, offsets[entry], offsets[entry + 1]);
  }

  /** Entries by count, largest first; ties in no particular order. */
  public int[] ranking() {
    int[] known = ranking;
    if (known == null) {
      ranking = known = rank();
    }
    return known;
  }

  private int[] rank() {
    // One primitive sort: count above, entry below. Counts of a window stay far under 2^39.
    long[] packed = new long[size];
    for (int i = 0; i < size; i++) {
      packed[i] = counts[i] << ENTRY_BITS | i;
    }
    Arrays.sort(packed);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = (int) packed[size - 1 - i] & (1 << ENTRY_BITS) - 1;
    }
    return order;
  }

  /** The entry of a key, or -1. */
  public int find(int hash, byte[] bytes, int offset, int length) {
    int[] index = slots;
    if (index == null) {
      slots = index = index();
    }
    int mask = index.length - 1;
    for (int slot = hash & mask; ; slot = slot + 1 & mask) {
      int taken = index[slot];
      if (taken == 0) {
        return -1;
      }
      if (((taken ^ hash) & ~mask) == 0) {
        int entry = (taken & mask) - 1;
        if (Arrays.equals(
            arena, offsets[entry], offsets[entry + 1], bytes, offset, offset + length)) {
          return entry;
        }
      }
    }
  }

  private int[] index() {
    int[] index = new int[Integer.highestOneBit(Math.max(4, size)) << 2];
    for (int i = 0; i < size; i++) {
      CountTable.place(index, hashes[i], i);
    }
    return index;
  }
}
