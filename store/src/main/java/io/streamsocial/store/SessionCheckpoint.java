package io.streamsocial.store;

import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.SessionRows;
import io.streamsocial.store.table.SessionTable;

/**
 * A checkpoint of sessions. Its rows are what changed of a key, so it puts the sessions of the key
 * together as they are on disk then: what is live is compared with them ({@link SessionState}).
 *
 * <p>Belongs to the store's writer. Holds the keys of one checkpoint in memory until it is written,
 * and reads those from disk that the store does not hold.
 */
final class SessionCheckpoint implements CheckpointBatch {
  private final SessionState live;
  private final Snapshot snapshot;
  private final SessionRows rows;
  private final boolean isAhead;
  private final Snapshot.Batch batch;
  private final SessionKey.Buffer key = new SessionKey.Buffer();
  // On disk before the checkpoint, and with its rows so far.
  private final SessionTable changed = new SessionTable();
  private long expiredBefore; // 0: nothing has expired

  SessionCheckpoint(SessionState live, Snapshot snapshot, SessionRows rows, boolean isAhead) {
    this.live = live;
    this.snapshot = snapshot;
    this.rows = rows;
    this.isAhead = isAhead;
    this.batch = snapshot.batch();
  }

  @Override
  public void expireBefore(long timeMs) {
    expiredBefore = timeMs;
    live.sweep().putDeletes(batch, timeMs);
  }

  @Override
  public void row(
      long startMs, byte[] bytes, int groupEnd, int keyAt, int end, long[] row, int at) {
    key.key(bytes, groupEnd, bytes, keyAt, end - keyAt);
    int entry = entry();
    changed.change(entry, rows.put(changed.live(entry), row, at));
    key.start(startMs);
    batch.put(Snapshot.FIRST, key.bytes(), 0, key.length(), row, at);
  }

  @Override
  public void deleted(long startMs, byte[] bytes, int groupEnd, int keyAt, int end) {
    key.key(bytes, groupEnd, bytes, keyAt, end - keyAt);
    int entry = entry();
    changed.change(entry, rows.without(changed.live(entry), startMs));
    key.start(startMs);
    batch.delete(Snapshot.FIRST, key.bytes(), 0, key.length());
  }

  /** The key, with its sessions on disk. */
  private int entry() {
    int known = changed.find(key.bytes(), key.prefix());
    return known >= 0 ? known : changed.insert(key.bytes(), key.prefix(), stored());
  }

  private long[] stored() {
    int held = live.table().find(key.bytes(), key.prefix());
    if (held >= 0) {
      return live.table().stored(held);
    }
    try (StoredSessions read = new StoredSessions(snapshot)) {
      return read.of(key.bytes(), key.prefix());
    }
  }

  @Override
  public void commit(Position next) {
    live.absorb(
        () -> {
          batch.write(next, true);
          if (isAhead) {
            live.expireBefore(expiredBefore);
          }
        },
        changed,
        isAhead);
  }
}
