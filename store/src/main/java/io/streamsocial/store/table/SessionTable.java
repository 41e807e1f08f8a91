package io.streamsocial.store.table;

import java.util.Arrays;

/**
 * Keys, each with all of its sessions: as they are live, and as they are on disk. While both are
 * the same they are one array. A key is the prefix of a {@link SessionKey}. Entries are numbered in
 * the order of insertion, 0 to size - 1; an entry whose sessions differ is marked as changed.
 *
 * <p>Not thread-safe: the store's writer owns it; readers see it under the store's lock.
 */
public final class SessionTable {
  // Of an array of longs: its header, and its place in the table.
  private static final int ARRAY_BYTES = 16 + 8;

  private final CountTable keys = new CountTable();
  private long[][] live = new long[16][];
  private long[][] stored = new long[16][];
  private long held;

  public int size() {
    return keys.size();
  }

  /** The keys alone; their counts mean nothing. */
  public CountTable keys() {
    return keys;
  }

  /** The entry of a key, or -1. */
  public int find(byte[] key, int length) {
    return keys.find(CountTable.hash(key, 0, length), key, 0, length);
  }

  /** The same, of a key of another table. */
  public int find(SessionTable other, int entry) {
    CountTable theirs = other.keys;
    return keys.find(
        theirs.hashes[entry], theirs.arena(), theirs.offset(entry), theirs.length(entry));
  }

  /** Adds a key that {@link #find} did not find; returns its entry, which is not changed. */
  public int insert(byte[] key, int length, long[] rows) {
    return insert(CountTable.hash(key, 0, length), key, 0, length, rows);
  }

  private int insert(int hash, byte[] bytes, int offset, int length, long[] rows) {
    int entry = keys.insertEmpty(hash, bytes, offset, length);
    if (entry == live.length) {
      live = Arrays.copyOf(live, entry * 2);
      stored = Arrays.copyOf(stored, entry * 2);
    }
    live[entry] = rows;
    stored[entry] = rows;
    held += bytes(entry);
    return entry;
  }

  private long bytes(int entry) {
    long bytes = ARRAY_BYTES + (long) Long.BYTES * live[entry].length;
    return live[entry] == stored[entry]
        ? bytes
        : bytes + ARRAY_BYTES + (long) Long.BYTES * stored[entry].length;
  }

  public long[] live(int entry) {
    return live[entry];
  }

  public long[] stored(int entry) {
    return stored[entry];
  }

  public boolean isChanged(int entry) {
    return keys.isMarked(entry);
  }

  /** How many entries are changed. */
  public int changed() {
    return keys.marked();
  }

  /** The live sessions of an entry become others than those on disk. */
  public void change(int entry, long[] rows) {
    held -= bytes(entry);
    live[entry] = rows;
    held += bytes(entry);
    keys.mark(entry);
  }

  /** The sessions on disk become others, and not those that are live. */
  public void store(int entry, long[] rows) {
    held -= bytes(entry);
    stored[entry] = rows;
    held += bytes(entry);
  }

  /** The sessions on disk become the live ones. */
  public void settle(int entry, long[] rows) {
    held -= bytes(entry);
    live[entry] = rows;
    stored[entry] = rows;
    held += bytes(entry);
    keys.unmark(entry);
  }

  /** The changed entries alone, and still changed. */
  public SessionTable copyOfChanged() {
    SessionTable copy = new SessionTable();
    for (int i = 0; i < size(); i++) {
      if (isChanged(i)) {
        int entry =
            copy.insert(keys.hashes[i], keys.arena(), keys.offset(i), keys.length(i), stored[i]);
        copy.change(entry, live[i]);
      }
    }
    return copy;
  }

  /** Entries with keys from one up to, not including, another; with copies of the live sessions. */
  public SessionTable copyOfRange(byte[] from, byte[] to) {
    SessionTable copy = new SessionTable();
    byte[] arena = keys.arena();
    for (int i = 0; i < size(); i++) {
      int offset = keys.offset(i);
      int end = offset + keys.length(i);
      if (Arrays.compareUnsigned(arena, offset, end, from, 0, from.length) >= 0
          && Arrays.compareUnsigned(arena, offset, end, to, 0, to.length) < 0) {
        int unused = copy.insert(keys.hashes[i], arena, offset, end - offset, live[i].clone());
      }
    }
    return copy;
  }

  /** Heap bytes held. */
  public long bytes() {
    return size() == 0 ? 0 : keys.bytes() + held;
  }
}
