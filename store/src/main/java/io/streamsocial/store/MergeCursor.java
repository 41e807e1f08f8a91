package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Walks the tags of one window and region in byte order: rows on disk merged with the overlay,
 * whose counts are newer. Not thread-safe; never leaves the store.
 */
final class MergeCursor implements AutoCloseable {
  private final @Nullable RocksIterator rows; // null for a window without rows on disk
  private final byte[] prefix;
  private final CountTable overlay;
  private final int[] order; // overlay entries by key
  private final Snapshot snapshot;
  private final long goneBefore;
  private int nextOverlay;
  private byte @Nullable [] rowTag;
  private byte @Nullable [] tag;
  private long[] row = new long[0];

  /**
   * @param goneBefore rows with a smaller first lane are gone
   */
  MergeCursor(
      @Nullable RocksIterator rows,
      byte[] prefix,
      CountTable overlay,
      Snapshot snapshot,
      long goneBefore) {
    this.goneBefore = goneBefore;
    this.rows = rows;
    this.prefix = prefix;
    this.overlay = overlay;
    this.snapshot = snapshot;
    this.order = KeyOrder.of(overlay);
  }

  /**
   * Goes to the first tag that is not before this one; apart from the constructor, so that the
   * caller can close a cursor that fails here.
   *
   * @param from empty for the first of all
   */
  void begin(byte[] from) {
    if (rows != null) {
      byte[] key = Arrays.copyOf(prefix, prefix.length + from.length);
      System.arraycopy(from, 0, key, prefix.length, from.length);
      rows.seek(key);
      readRow(rows);
    }
    while (nextOverlay < order.length && isBefore(order[nextOverlay], from)) {
      nextOverlay++;
    }
    next();
  }

  private boolean isBefore(int entry, byte[] tag) {
    int offset = overlay.offset(entry);
    int end = offset + overlay.length(entry);
    return Arrays.compareUnsigned(overlay.arena(), offset, end, tag, 0, tag.length) < 0;
  }

  /** The present tag, or null at the end. */
  byte @Nullable [] tag() {
    return tag;
  }

  /** The present row; not changed later. Null for one that is gone, and only read. */
  long @Nullable [] row() {
    return row[0] < goneBefore ? null : row;
  }

  void next() {
    byte[] live = nextOverlay < order.length ? overlay.copyOfKey(order[nextOverlay]) : null;
    byte[] stored = rowTag;
    if (live == null && stored == null) {
      tag = null;
      return;
    }
    int comparison = live == null ? 1 : stored == null ? -1 : Arrays.compareUnsigned(live, stored);
    if (live != null && comparison <= 0) {
      tag = live;
      row = overlay.copyOfRow(order[nextOverlay++]);
    }
    if (rows != null && comparison >= 0) {
      if (comparison > 0) {
        tag = stored;
        row = snapshot.decode(rows.value());
      }
      rows.next();
      readRow(rows);
    }
  }

  private void readRow(RocksIterator rows) {
    if (!rows.isValid()) {
      try {
        rows.status(); // a damaged block looks like the end
      } catch (RocksDBException e) {
        throw StoreException.of("scanning", snapshot.dir(), e);
      }
      rowTag = null;
      return;
    }
    byte[] key = rows.key();
    boolean inside =
        key.length > prefix.length
            && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    rowTag = inside ? Arrays.copyOfRange(key, prefix.length, key.length) : null;
  }

  @Override
  public void close() {
    if (rows != null) {
      rows.close();
    }
  }
}
