package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyOrder;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.SessionKey;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Restored rows of sessions, by their keys on disk. They are written in key order. */
final class SessionBuffer implements Restoring.Rows {
  private final Lanes lanes;
  private final StoreMemory memory;
  private final SessionKey.Buffer key = new SessionKey.Buffer();
  private CountTable rows;
  private final BitSet deleted = new BitSet(); // entries for which the changelog has a tombstone
  private @Nullable Position position;
  private long heldBytes;

  SessionBuffer(Lanes lanes, StoreMemory memory) {
    this.lanes = lanes;
    this.memory = memory;
    this.rows = new CountTable(lanes);
  }

  @Override
  public void put(
      long startMs, byte[] bytes, int groupEnd, int keyAt, int end, long[] row, int at) {
    int entry = entry(startMs, bytes, groupEnd, keyAt, end);
    rows.set(entry, row, at);
    deleted.clear(entry);
  }

  @Override
  public void delete(long startMs, byte[] bytes, int groupEnd, int keyAt, int end) {
    deleted.set(entry(startMs, bytes, groupEnd, keyAt, end));
  }

  private int entry(long startMs, byte[] bytes, int groupEnd, int keyAt, int end) {
    key.key(bytes, groupEnd, bytes, keyAt, end - keyAt);
    key.start(startMs);
    int hash = CountTable.hash(key.bytes(), 0, key.length());
    int entry = rows.find(hash, key.bytes(), 0, key.length());
    return entry < 0 ? rows.insertEmpty(hash, key.bytes(), 0, key.length()) : entry;
  }

  @Override
  public boolean complete(Position next) {
    position = next;
    long bytes = rows.size() == 0 ? 0 : rows.bytes();
    boolean full = memory.holdRestored(bytes - heldBytes, bytes);
    heldBytes = bytes;
    return full;
  }

  @Override
  public @Nullable Position position() {
    return position;
  }

  @Override
  public void writeTo(Snapshot.Batch batch) {
    for (int entry : KeyOrder.of(rows)) {
      int offset = rows.offset(entry);
      if (deleted.get(entry)) {
        batch.delete(Snapshot.FIRST, rows.arena(), offset, rows.length(entry));
      } else {
        batch.put(
            Snapshot.FIRST, rows.arena(), offset, rows.length(entry), rows.rows(), rows.row(entry));
      }
    }
  }

  @Override
  public void clear() {
    rows = new CountTable(lanes);
    deleted.clear();
    position = null;
    boolean unused = memory.holdRestored(-heldBytes, 0);
    heldBytes = 0;
  }
}
