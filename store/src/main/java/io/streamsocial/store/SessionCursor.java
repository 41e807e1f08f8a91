package io.streamsocial.store;

import io.streamsocial.store.table.KeyOrder;
import io.streamsocial.store.table.SessionRows;
import io.streamsocial.store.table.SessionTable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks keys in byte order: rows on disk merged with those in memory, which are newer. Not
 * thread-safe; never leaves the store.
 */
final class SessionCursor implements AutoCloseable {
  private final StoredSessions disk;
  private final SessionTable table;
  private final int[] order; // entries of the table by key
  private final byte[] to;
  private int nextEntry;
  private byte @Nullable [] prefix;
  private long[] sessions = SessionRows.NONE;

  /**
   * @param table the keys of the range that are in memory
   * @param to exclusive
   */
  SessionCursor(StoredSessions disk, SessionTable table, byte[] to) {
    this.disk = disk;
    this.table = table;
    this.to = to;
    this.order = KeyOrder.of(table.keys());
  }

  /** Goes to the first key whose prefix is not before this. */
  void begin(byte[] from) {
    disk.seek(from);
    next();
  }

  /** The prefix of the present key, or null at the end. */
  byte @Nullable [] prefix() {
    return prefix;
  }

  /** All sessions of the present key, expired ones included. */
  long[] sessions() {
    return sessions;
  }

  void next() {
    byte[] live = nextEntry < order.length ? table.keys().copyOfKey(order[nextEntry]) : null;
    byte[] stored = disk.prefix();
    if (stored != null && Arrays.compareUnsigned(stored, to) >= 0) {
      stored = null;
    }
    prefix = live;
    if (live == null && stored == null) {
      return;
    }
    int comparison = live == null ? 1 : stored == null ? -1 : Arrays.compareUnsigned(live, stored);
    if (comparison <= 0) {
      sessions = table.live(order[nextEntry++]);
    } else {
      prefix = stored;
      sessions = disk.sessions();
    }
    if (comparison >= 0) {
      disk.next();
    }
  }

  @Override
  public void close() {
    disk.close();
  }
}
