package io.streamsocial.store.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Byte strings, each with a row of longs ({@link Lanes}; most often one count): open addressing
 * with linear probing over an append-only arena, so that neither a lookup nor a merge allocates.
 * Entries are numbered in the order of insertion, 0 to size - 1, and never move; each carries a
 * mark that says whether it changed since {@link #clearMarks}.
 *
 * <p>Not thread-safe: the loop owns it. Everything but the counts and marks of existing entries is
 * written once, which lets {@link HeadView} share the arrays.
 */
public final class CountTable {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  // Random, so that an attacker cannot choose tags that share a bucket.
  private static final long SEED = new SecureRandom().nextLong();
  private static final int MIN_CAPACITY = 16;

  // The low bits, as many as count the slots, are entry + 1, the others those of the hash: a probe
  // that misses looks at no other array. 0 for free; length is a power of two.
  int[] slots;
  int[] hashes;
  int[] offsets; // offsets[i] .. offsets[i + 1] is entry i in the arena
  byte[] arena;
  long[] counts; // a row of lanes an entry; of rows with bytes, see below
  private final Lanes lanes;
  private final int width;
  // Of rows with bytes, which differ in length: where each begins. A row that grows is appended
  // again; what it leaves behind is taken out when it is more than half of all.
  private int @Nullable [] rowAt;
  private int rowsEnd;
  private int garbage;
  private long[] marks;
  private int marked;
  private int size;

  /** Of single counts. */
  public CountTable() {
    this(Lanes.COUNT);
  }

  public CountTable(Lanes lanes) {
    this(lanes, MIN_CAPACITY);
  }

  CountTable(Lanes lanes, int expected) {
    this.lanes = lanes;
    this.width = lanes.width();
    int capacity = Math.max(MIN_CAPACITY, Integer.highestOneBit(Math.max(1, expected - 1)) << 1);
    slots = new int[capacity * 2];
    hashes = new int[capacity];
    offsets = new int[capacity + 1];
    counts = new long[capacity * lanes.emptyLength()];
    rowAt = lanes.hasTail() ? new int[capacity] : null;
    marks = new long[(capacity + 63) >>> 6];
    arena = new byte[capacity * 12];
  }

  /** The same entries and counts, unmarked. */
  public CountTable copy() {
    CountTable copy = new CountTable(lanes, size);
    for (int i = 0; i < size; i++) {
      int unused = copy.insert(hashes[i], arena, offsets[i], length(i), counts, row(i));
    }
    return copy;
  }

  /** The marked entries alone, and still marked. */
  public CountTable copyOfMarked() {
    CountTable copy = new CountTable(lanes, marked);
    for (int i = 0; i < size; i++) {
      if (isMarked(i)) {
        copy.mark(copy.insert(hashes[i], arena, offsets[i], length(i), counts, row(i)));
      }
    }
    return copy;
  }

  /** Spreads well in the low bits. Two strings of equal bytes have equal hashes in one process. */
  public static int hash(byte[] bytes, int offset, int length) {
    long h = SEED ^ (length * 0x9E3779B97F4A7C15L);
    int i = offset;
    int end = offset + length;
    for (; i + Long.BYTES <= end; i += Long.BYTES) {
      h = mix(h ^ (long) LONGS.get(bytes, i));
    }
    if (i + Integer.BYTES <= end) {
      h = mix(h ^ (int) INTS.get(bytes, i));
      i += Integer.BYTES;
    }
    long rest = 0;
    for (; i < end; i++) {
      rest = rest << 8 | (bytes[i] & 0xFF);
    }
    h = mix(h ^ rest);
    return (int) (h ^ h >>> 32);
  }

  // The 64-bit finalizer of SplitMix (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
  // Generators, OOPSLA 2014), its first half.
  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    return z ^ z >>> 27;
  }

  public int size() {
    return size;
  }

  /** The entry of a string, or -1. */
  public int find(int hash, byte[] bytes, int offset, int length) {
    int mask = slots.length - 1;
    for (int slot = hash & mask; ; slot = slot + 1 & mask) {
      int taken = slots[slot];
      if (taken == 0) {
        return -1;
      }
      if (((taken ^ hash) & ~mask) == 0) {
        int entry = (taken & mask) - 1;
        if (matches(entry, bytes, offset, length)) {
          return entry;
        }
      }
    }
  }

  // Keys are short: a call of Arrays.equals costs more than the comparison.
  private boolean matches(int entry, byte[] bytes, int offset, int length) {
    int start = offsets[entry];
    if (offsets[entry + 1] - start != length) {
      return false;
    }
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      if ((long) LONGS.get(arena, start + i) != (long) LONGS.get(bytes, offset + i)) {
        return false;
      }
    }
    if (i + Integer.BYTES <= length) {
      if ((int) INTS.get(arena, start + i) != (int) INTS.get(bytes, offset + i)) {
        return false;
      }
      i += Integer.BYTES;
    }
    for (; i < length; i++) {
      if (arena[start + i] != bytes[offset + i]) {
        return false;
      }
    }
    return true;
  }

  /** Loads the slot where a lookup begins; returns what depends on it, see {@link KeyBatch}. */
  int touchSlot(int hash) {
    return slots[hash & slots.length - 1];
  }

  /** Loads the key and the row that a lookup most likely finds, after {@link #touchSlot}. */
  int touchEntry(int hash) {
    int mask = slots.length - 1;
    int taken = slots[hash & mask];
    if (taken == 0 || ((taken ^ hash) & ~mask) != 0) {
      return 0;
    }
    int entry = (taken & mask) - 1;
    int start = offsets[entry];
    int at = row(entry);
    // The end of a row's longs, too: in front of its bytes, it may be in another cache line.
    long seen = counts[at] + (rowAt == null ? 0 : counts[at + width]);
    return (start < arena.length ? arena[start] : 0) + (int) seen;
  }

  /**
   * Adds a string that {@link #find} did not find, with one count; returns its entry. Unmarked.
   * Only for tables of single counts.
   */
  public int insert(int hash, byte[] bytes, int offset, int length, long count) {
    int entry = insert(hash, bytes, offset, length);
    counts[entry] = count;
    return entry;
  }

  /** Adds a string that {@link #find} did not find, with a row; returns its entry. Unmarked. */
  public int insert(int hash, byte[] bytes, int offset, int length, long[] row, int at) {
    int entry = insert(hash, bytes, offset, length);
    if (rowAt == null) {
      System.arraycopy(row, at, counts, entry * width, width);
    } else {
      append(rowAt, entry, row, at);
    }
    return entry;
  }

  /**
   * Adds a string that {@link #find} did not find, without a value; returns its entry. Unmarked.
   */
  public int insertEmpty(int hash, byte[] bytes, int offset, int length) {
    int entry = insert(hash, bytes, offset, length);
    if (rowAt != null) {
      rowAt[entry] = room(lanes.emptyLength());
    }
    lanes.clear(counts, row(entry));
    return entry;
  }

  private int insert(int hash, byte[] bytes, int offset, int length) {
    if (size == hashes.length) {
      grow();
    }
    int start = offsets[size];
    if (start + length > arena.length) {
      arena = Arrays.copyOf(arena, Math.max(start + length, arena.length * 2));
    }
    System.arraycopy(bytes, offset, arena, start, length);
    offsets[size + 1] = start + length;
    hashes[size] = hash;
    place(slots, hash, size);
    return size++;
  }

  /** Of a table of slots, see {@link #slots}. */
  static void place(int[] slots, int hash, int entry) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = (hash & ~mask) | (entry + 1); // there are more slots than entries
  }

  private void grow() {
    int capacity = hashes.length * 2;
    hashes = Arrays.copyOf(hashes, capacity);
    offsets = Arrays.copyOf(offsets, capacity + 1);
    if (rowAt == null) {
      counts = Arrays.copyOf(counts, capacity * width);
    } else {
      rowAt = Arrays.copyOf(rowAt, capacity);
    }
    marks = Arrays.copyOf(marks, (capacity + 63) >>> 6);
    int[] wider = new int[capacity * 2];
    for (int i = 0; i < size; i++) {
      place(wider, hashes[i], i);
    }
    slots = wider;
  }

  /** The first lane of an entry: its count in a table of single counts. */
  public long count(int entry) {
    return counts[row(entry)];
  }

  /** The lane that entries are ranked by. */
  public long rank(int entry) {
    return counts[row(entry) + lanes.ranked()];
  }

  /** Adds to the count of an entry and marks it; only for tables of single counts. */
  public void add(int entry, long delta) {
    mark(entry);
    counts[entry] += delta;
  }

  /** Merges a row into that of an entry and marks it. */
  public void merge(int entry, long[] row, int at) {
    mark(entry);
    if (rowAt == null) {
      lanes.merge(counts, entry * width, row, at);
      return;
    }
    int tailOf = lanes.tailOf(counts, rowAt[entry], row, at);
    if (tailOf < 0) {
      lanes.merge(counts, rowAt[entry], row, at);
    } else if (tailOf > 0) {
      lanes.merge(counts, rowAt[entry], row, at);
      setTail(rowAt, entry, row, at);
    } else {
      long[] merged = lanes.merged(counts, rowAt[entry], row, at);
      set(entry, merged, 0);
    }
  }

  /** Replaces the bytes of an entry's row by those of another row. */
  private void setTail(int[] places, int entry, long[] row, int at) {
    int place = places[entry];
    int before = lanes.length(counts, place);
    int length = lanes.length(row, at);
    if (length > before) {
      place = room(length);
      System.arraycopy(counts, places[entry], counts, place, width);
      places[entry] = place;
      garbage += before;
    } else {
      garbage += before - length;
    }
    System.arraycopy(row, at + width, counts, place + width, length - width);
    if (garbage > rowsEnd / 2) {
      compact(places);
    }
  }

  /** Makes an entry what it is before the first merge, and marks it. */
  public void clear(int entry) {
    mark(entry);
    if (rowAt != null) {
      garbage += lanes.length(counts, rowAt[entry]) - lanes.emptyLength();
    }
    lanes.clear(counts, row(entry));
  }

  /** Sets the count of an entry; only for tables of single counts. */
  public void set(int entry, long count) {
    counts[entry] = count;
  }

  public void set(int entry, long[] row, int at) {
    if (rowAt == null) {
      System.arraycopy(row, at, counts, entry * width, width);
      return;
    }
    int before = lanes.length(counts, rowAt[entry]);
    int length = lanes.length(row, at);
    if (length <= before) {
      System.arraycopy(row, at, counts, rowAt[entry], length);
      garbage += before - length;
    } else {
      garbage += before;
      append(rowAt, entry, row, at);
    }
    if (garbage > rowsEnd / 2) {
      compact(rowAt);
    }
  }

  private void append(int[] places, int entry, long[] row, int at) {
    int length = lanes.length(row, at);
    int place = room(length);
    System.arraycopy(row, at, counts, place, length);
    places[entry] = place;
  }

  /** Where so many longs are free behind the other rows. */
  private int room(int longs) {
    int place = rowsEnd;
    if (place + longs > counts.length) {
      counts = Arrays.copyOf(counts, Math.max(place + longs, counts.length * 2));
    }
    rowsEnd += longs;
    return place;
  }

  private void compact(int[] places) {
    long[] compacted = new long[Math.max(MIN_CAPACITY, (rowsEnd - garbage) * 3 / 2)];
    int end = 0;
    for (int i = 0; i < size; i++) {
      int length = lanes.length(counts, places[i]);
      System.arraycopy(counts, places[i], compacted, end, length);
      places[i] = end;
      end += length;
    }
    counts = compacted;
    rowsEnd = end;
    garbage = 0;
  }

  public Lanes lanes() {
    return lanes;
  }

  /** Holds the rows of all entries; valid until the next insert, merge or set. */
  public long[] rows() {
    return counts;
  }

  /** Where the row of an entry begins in {@link #rows}. */
  public int row(int entry) {
    return rowAt == null ? entry * width : rowAt[entry];
  }

  public long[] copyOfRow(int entry) {
    return lanes.copy(counts, row(entry));
  }

  public boolean equalsRow(int entry, long[] row, int at) {
    int from = row(entry);
    int to = from + lanes.length(counts, from);
    return Arrays.equals(counts, from, to, row, at, at + lanes.length(row, at));
  }

  public void mark(int entry) {
    long bit = 1L << entry;
    if ((marks[entry >>> 6] & bit) == 0) {
      marks[entry >>> 6] |= bit;
      marked++;
    }
  }

  public void unmark(int entry) {
    long bit = 1L << entry;
    if ((marks[entry >>> 6] & bit) != 0) {
      marks[entry >>> 6] &= ~bit;
      marked--;
    }
  }

  public boolean isMarked(int entry) {
    return (marks[entry >>> 6] & 1L << entry) != 0;
  }

  /** How many entries changed since the marks were cleared. */
  public int marked() {
    return marked;
  }

  public void clearMarks() {
    Arrays.fill(marks, 0);
    marked = 0;
  }

  /** What {@link #hash(byte[], int, int)} says of an entry's string. */
  public int hash(int entry) {
    return hashes[entry];
  }

  /** The arena that holds every string; valid until the next insert. */
  public byte[] arena() {
    return arena;
  }

  public int offset(int entry) {
    return offsets[entry];
  }

  public int length(int entry) {
    return offsets[entry + 1] - offsets[entry];
  }

  public byte[] copyOfKey(int entry) {
    return Arrays.copyOfRange(arena, offsets[entry], offsets[entry + 1]);
  }

  /** Heap bytes held. */
  public long bytes() {
    int places = rowAt == null ? 0 : rowAt.length;
    return arena.length
        + 4L * (slots.length + hashes.length + offsets.length + places)
        + 8L * counts.length;
  }

  /** Forgets every entry and keeps the memory. */
  public void clear() {
    Arrays.fill(slots, 0);
    clearMarks();
    size = 0;
    rowsEnd = 0;
    garbage = 0;
  }
}
