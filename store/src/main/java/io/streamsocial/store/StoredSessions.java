package io.streamsocial.store;

import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.SessionRows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Reads the sessions of keys on disk, as they were when this was made. Not thread-safe; never
 * leaves the store.
 */
final class StoredSessions implements AutoCloseable {
  private final Snapshot snapshot;
  private final RocksIterator rows;
  private long[] read;
  private int size;
  private byte @Nullable [] prefix;

  StoredSessions(Snapshot snapshot) {
    this.snapshot = snapshot;
    this.read = new long[8 * snapshot.lanes().width()];
    this.rows = snapshot.newIterator();
  }

  /** All sessions of one key, by one seek. */
  long[] of(byte[] key, int length) {
    rows.seek(Arrays.copyOf(key, length));
    readWith(key, length);
    return size == 0 ? SessionRows.NONE : Arrays.copyOf(read, size);
  }

  /** Goes to the first key whose prefix is not before this. */
  void seek(byte[] from) {
    rows.seek(from);
    next();
  }

  /** The prefix of the present key; null at the end. */
  byte @Nullable [] prefix() {
    return prefix;
  }

  /** All sessions of the present key. */
  long[] sessions() {
    return Arrays.copyOf(read, size);
  }

  /** Goes to the next key. */
  void next() {
    if (!rows.isValid()) {
      check();
      prefix = null;
      return;
    }
    byte[] found = prefixOf(rows.key());
    readWith(found, found.length);
    prefix = found;
  }

  private byte[] prefixOf(byte[] key) {
    try {
      return Arrays.copyOf(key, SessionKey.prefixEnd(key));
    } catch (IllegalArgumentException e) {
      throw snapshot.foreignKey(e);
    }
  }

  /** Reads the rows with a prefix from where the iterator stands. */
  private void readWith(byte[] key, int length) {
    size = 0;
    while (rows.isValid() && isOf(rows.key(), key, length)) {
      long[] row = snapshot.decode(rows.value());
      if (size + row.length > read.length) {
        read = Arrays.copyOf(read, Math.max(size + row.length, size * 2));
      }
      System.arraycopy(row, 0, read, size, row.length);
      size += row.length;
      rows.next();
    }
    check();
  }

  private static boolean isOf(byte[] row, byte[] key, int length) {
    return row.length == length + Long.BYTES && Arrays.equals(row, 0, length, key, 0, length);
  }

  private void check() {
    try {
      rows.status(); // a damaged block looks like the end
    } catch (RocksDBException e) {
      throw StoreException.of("scanning", snapshot.dir(), e);
    }
  }

  @Override
  public void close() {
    rows.close();
  }
}
