package io.streamsocial.store.table;

import java.util.Arrays;

/**
 * A few keys on their way into tables, each with a count or a row. A lookup in a large table waits
 * two or three times for memory, and each wait needs the answer of the one before; those of
 * different keys do not. So all keys of a batch {@link #touch} their slots first, then their
 * entries, and the processor waits for many at a time; the lookups that follow find everything
 * near. Known from hash joins as group prefetching (Chen, Ailamaki, Gibbons, Mowry: Improving Hash
 * Join Performance through Prefetching, ICDE 2004); here with plain loads, as Java has no other.
 *
 * <p>Reused without allocating. Not thread-safe.
 */
public final class KeyBatch {
  /** So many as a processor can wait for, and few enough for its nearest cache. */
  public static final int KEYS_MAX = 32;

  // Of all rows: the batch is full then, too, so that it stays in a near cache.
  private static final int ROW_LONGS_MAX = 4_096;

  private final int[] offsets = new int[KEYS_MAX];
  private final int[] lengths = new int[KEYS_MAX];
  private final int[] hashes = new int[KEYS_MAX];
  private final long[] counts = new long[KEYS_MAX];
  private byte[] bytes = {};
  private long[] rows = {};
  private int used; // of bytes, by keys that were copied
  private int rowsEnd;
  private int size;
  private int touched; // without it, the loads would be dead code

  /** Forgets all keys. */
  public void clear() {
    size = 0;
    used = 0;
    if (rowsEnd > 2 * ROW_LONGS_MAX) {
      rows = new long[0]; // of one large row
    }
    rowsEnd = 0;
  }

  public int size() {
    return size;
  }

  public boolean isFull() {
    return size == KEYS_MAX || rowsEnd >= ROW_LONGS_MAX;
  }

  /**
   * Adds a key that is not copied: the bytes stay as they are until the batch is cleared, and are
   * the same array for all of its keys.
   */
  public void add(byte[] array, int offset, int length, long count) {
    bytes = array;
    append(offset, length, count);
  }

  /**
   * The same with a copy of a row.
   *
   * @param longs of the row, which begins at {@code at}
   */
  public void add(byte[] array, int offset, int length, long[] row, int at, int longs) {
    add(array, offset, length, copy(row, at, longs));
  }

  private int copy(long[] row, int at, int longs) {
    if (rowsEnd + longs > rows.length) {
      rows = Arrays.copyOf(rows, Math.max(rowsEnd + longs, 2 * rows.length));
    }
    System.arraycopy(row, at, rows, rowsEnd, longs);
    int place = rowsEnd;
    rowsEnd += longs;
    return place;
  }

  /** Adds a copy of a key and of a row; all keys of the batch are. */
  public void addCopy(byte[] array, int offset, int length, long[] row, int at, int longs) {
    addCopy(array, offset, length, copy(row, at, longs));
  }

  /** Adds a copy of a key; all keys of the batch are. */
  public void addCopy(byte[] array, int offset, int length, long count) {
    if (used + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(used + length, 2 * bytes.length));
    }
    System.arraycopy(array, offset, bytes, used, length);
    append(used, length, count);
    used += length;
  }

  private void append(int offset, int length, long count) {
    offsets[size] = offset;
    lengths[size] = length;
    hashes[size] = CountTable.hash(bytes, offset, length);
    counts[size] = count;
    size++;
  }

  /** All keys are about to be looked up in one table. */
  public void touch(CountTable table) {
    int seen = 0;
    for (int i = 0; i < size; i++) {
      seen += table.touchSlot(hashes[i]);
    }
    for (int i = 0; i < size; i++) {
      seen += table.touchEntry(hashes[i]);
    }
    touched = seen;
  }

  /**
   * Each key is about to be looked up in a table of its own.
   *
   * @param tables one a key
   */
  public void touch(CountTable[] tables) {
    int seen = 0;
    for (int i = 0; i < size; i++) {
      seen += tables[i].touchSlot(hashes[i]);
    }
    for (int i = 0; i < size; i++) {
      seen += tables[i].touchEntry(hashes[i]);
    }
    touched = seen;
  }

  /** Holds each key at {@link #offset}. */
  public byte[] bytes() {
    return bytes;
  }

  public int offset(int key) {
    return offsets[key];
  }

  public int length(int key) {
    return lengths[key];
  }

  /** See {@link CountTable#hash(byte[], int, int)}. */
  public int hash(int key) {
    return hashes[key];
  }

  public long count(int key) {
    return counts[key];
  }

  /** Holds the rows of keys that were added with one. */
  public long[] rows() {
    return rows;
  }

  /** Where the row of a key begins in {@link #rows}. */
  public int row(int key) {
    return (int) counts[key];
  }

  @Override
  public String toString() {
    return "%d keys (%d)".formatted(size, touched);
  }
}
