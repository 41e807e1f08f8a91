package io.streamsocial.store;

import io.streamsocial.store.table.ActiveKeys;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.SessionRows;
import io.streamsocial.store.table.SessionTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The live sessions of a store: its snapshot on disk, and in memory all sessions of the keys that
 * were touched since. {@link #putChanges} moves what differs into the snapshot.
 *
 * <p><b>Expiry.</b> What ended before {@code expiredBefore} is as good as deleted: no reader sees
 * it and nothing is merged with it, whether it is still on disk or not. That time follows from the
 * input, so it is the same wherever that is folded.
 *
 * <p>The store's writer calls everything above the line "any thread" below. Readers see the table
 * under {@code lock}, which the writer takes for the microseconds of a fold. Only the writer
 * changes this state, so it reads it without the lock. The caller keeps the snapshot open, see
 * {@link StoreReader}.
 */
final class SessionState {
  // A table with more entries than this is not kept as a cache after its checkpoint.
  private static final int CACHED_ENTRIES_MAX = 1 << 16;

  private final Snapshot snapshot;
  private final SessionRows rows;
  private final HeapBudget heap;
  private final ActiveIndex active;
  private final SessionSweep sweep;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final SessionStore.Fold fold = new SessionStore.Fold(this);
  private final SessionKey.Buffer key = new SessionKey.Buffer();
  private SessionTable table = new SessionTable();
  private long expiredBefore; // 0: nothing has expired
  private long accountedBytes;
  // Of the fold in progress, once it reads from disk.
  private @Nullable StoredSessions stored;

  SessionState(Snapshot snapshot, SessionRows rows, HeapBudget heap) {
    this.snapshot = snapshot;
    this.rows = rows;
    this.heap = heap;
    this.active = new ActiveIndex(rows, heap);
    this.sweep = new SessionSweep(rows.gapMs());
    active.begin(snapshot);
    heap.storeOpened();
  }

  // ---------------------------------------------------------------- folding

  SessionStore.Fold fold() {
    lock.writeLock().lock();
    return fold;
  }

  void endFold() {
    StoredSessions read = stored;
    if (read != null) {
      read.close();
      stored = null;
    }
    account();
    lock.writeLock().unlock();
  }

  /** See {@link SessionStore.Fold#merge}. */
  void merge(byte[] group, byte[] bytes, int offset, int length, long[] row, int at) {
    long endMs = row[at + SessionStore.END];
    if (row[at + SessionStore.START] < 0 || endMs < row[at + SessionStore.START]) {
      throw new IllegalArgumentException(
          "a session from %d to %d ms".formatted(row[at + SessionStore.START], endMs));
    }
    key.key(group, group.length, bytes, offset, length);
    int entry = entry();
    long[] live = table.live(entry);
    long[] before = rows.since(live, expiredBefore);
    if (endMs < expiredBefore && !rows.isNear(before, row, at)) {
      return;
    }
    long lastMs = rows.lastEnd(before);
    boolean isOwn = before != live || table.isChanged(entry);
    long[] after = rows.merge(before, isOwn, row, at);
    table.change(entry, after);
    active.moved(group, 0, group.length, lastMs, rows.lastEnd(after));
  }

  /** The entry of the key, with all sessions that are on disk. */
  private int entry() {
    int known = table.find(key.bytes(), key.prefix());
    if (known >= 0) {
      return known;
    }
    StoredSessions read = stored;
    if (read == null) {
      stored = read = new StoredSessions(snapshot);
    }
    return table.insert(key.bytes(), key.prefix(), read.of(key.bytes(), key.prefix()));
  }

  private void account() {
    long bytes = table.bytes() + sweep.bytes();
    heap.add(HeapBudget.Use.OVERLAYS, bytes - accountedBytes);
    accountedBytes = bytes;
  }

  void expireBefore(long timeMs) {
    lock.writeLock().lock();
    try {
      expiredBefore = Math.max(expiredBefore, timeMs);
    } finally {
      lock.writeLock().unlock();
    }
  }

  void publish() {
    active.publish(expiredBefore);
  }

  boolean tend(int rowsMax) {
    if (active.isBuilding()) {
      boolean unused = active.read(rowsMax, expiredBefore);
      return true;
    }
    if (sweep.isDue(expiredBefore)) {
      sweep.begin(expiredBefore);
      settleExpired();
      active.trim(expiredBefore);
      active.retry(snapshot, table, expiredBefore);
    }
    boolean work = sweep.goOn(snapshot, rowsMax, expiredBefore);
    account();
    return work;
  }

  /** A change that has expired does not wait for a checkpoint any more: none will have it. */
  private void settleExpired() {
    lock.writeLock().lock();
    try {
      for (int i = 0; i < table.size(); i++) {
        long[] live = rows.since(table.live(i), expiredBefore);
        if (Arrays.equals(live, rows.since(table.stored(i), expiredBefore))) {
          table.settle(i, live);
        }
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  // ---------------------------------------------------------------- checkpoint

  long changes() {
    return table.changed();
  }

  boolean isCheckpointUrgent() {
    return heap.isOver(HeapBudget.Use.OVERLAYS, accountedBytes);
  }

  boolean isFull() {
    return heap.isFull(HeapBudget.Use.OVERLAYS, accountedBytes);
  }

  void forEachChange(ViewStore.ChangeReader reader) {
    delta().report(reader);
  }

  void putChanges(Disk.Batch all, Position next) {
    Snapshot.Batch batch = snapshot.batch(all);
    sweep.putDeletes(batch, expiredBefore);
    delta().putTo(batch);
    batch.position(next);
  }

  private SessionDelta delta() {
    return new SessionDelta(table, rows, expiredBefore);
  }

  /**
   * All changes are on disk. Keys not touched for a whole checkpoint are not worth their memory.
   */
  void committed() {
    sweep.written();
    boolean mayCache = !isCheckpointUrgent() && table.size() <= CACHED_ENTRIES_MAX;
    SessionTable kept = mayCache ? table.copyOfChanged() : new SessionTable();
    for (int i = 0; i < kept.size(); i++) {
      kept.settle(i, rows.since(kept.live(i), expiredBefore));
    }
    replaceTable(kept);
  }

  private void replaceTable(SessionTable by) {
    Lock writing = lock.writeLock();
    writing.lock();
    try {
      table = by;
      account();
    } finally {
      writing.unlock();
    }
  }

  // ---------------------------------------------------------------- restore and follow

  /** Writes the restored rows that are left. */
  void finish(Restoring<SessionBuffer> restoring) {
    Lock writing = lock.writeLock();
    writing.lock();
    try {
      restoring.finish();
      table = new SessionTable();
      account();
      active.begin(snapshot);
    } finally {
      writing.unlock();
    }
  }

  CheckpointBatch absorb(boolean isAhead) {
    return new SessionCheckpoint(this, snapshot, rows, isAhead);
  }

  /** Of {@link SessionCheckpoint}. */
  SessionTable table() {
    return table;
  }

  SessionSweep sweep() {
    return sweep;
  }

  /**
   * Writes a checkpoint and takes it over.
   *
   * @param writing writes the batch
   * @param checkpointed the keys that it changed: as they were on disk, and as they are there now
   * @param isAhead whether what is live is replaced
   */
  void absorb(Runnable writing, SessionTable checkpointed, boolean isAhead) {
    lock.writeLock().lock();
    try {
      writing.run();
      sweep.written();
      for (int i = 0; i < checkpointed.size(); i++) {
        absorb(checkpointed, i, isAhead);
      }
      if (isAhead || table.changed() == 0) {
        table = new SessionTable();
      } else if (table.size() > CACHED_ENTRIES_MAX) {
        table = table.copyOfChanged();
      }
      account();
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * All sessions of a key are live together. So when they are what the checkpoint says, they need
   * not wait for a later one; else they are of more input, and still wait.
   */
  private void absorb(SessionTable checkpointed, int entry, boolean isAhead) {
    long[] now = rows.since(checkpointed.live(entry), expiredBefore);
    int known = table.find(checkpointed, entry);
    if (known < 0 || isAhead) {
      long[] before = known < 0 ? checkpointed.stored(entry) : table.live(known);
      CountTable keys = checkpointed.keys();
      int offset = keys.offset(entry);
      active.moved(
          keys.arena(),
          offset,
          SessionKey.groupEnd(keys.arena(), offset) - offset,
          rows.lastEnd(rows.since(before, expiredBefore)),
          rows.lastEnd(now));
    } else if (Arrays.equals(rows.since(table.live(known), expiredBefore), now)) {
      table.settle(known, now);
    } else {
      table.store(known, now);
    }
  }

  /** Forgets everything in memory; no reader is left. */
  void close() {
    table = new SessionTable();
    sweep.written();
    account();
    active.forget();
    heap.storeClosed();
  }

  // ---------------------------------------------------------------- any thread

  ActiveKeys activeKeys() {
    return active.published();
  }

  List<long[]> sessions(byte[] group, byte[] name, long fromMs, long toMs) {
    byte[] prefix = SessionKey.prefix(group, name);
    List<long[]> found = new ArrayList<>();
    // Held over the read of the disk too: a commit in between would mix two moments.
    lock.readLock().lock();
    try {
      int entry = table.find(prefix, prefix.length);
      long[] all;
      if (entry >= 0) {
        all = table.live(entry);
      } else {
        try (StoredSessions read = new StoredSessions(snapshot)) {
          all = read.of(prefix, prefix.length);
        }
      }
      rows.overlapping(rows.since(all, expiredBefore), fromMs, toMs, found);
    } finally {
      lock.readLock().unlock();
    }
    return found;
  }

  List<KeyRows> page(String group, SessionStore.Range range, int limit) {
    byte[] name = group.getBytes(StandardCharsets.UTF_8);
    byte[] from = SessionKey.from(name, range.from());
    byte[] to = range.to() == null ? SessionKey.behind(name) : SessionKey.from(name, range.to());
    SessionTable part;
    StoredSessions disk;
    long before;
    lock.readLock().lock();
    try {
      part = table.copyOfRange(from, to);
      disk = new StoredSessions(snapshot);
      before = expiredBefore;
    } finally {
      lock.readLock().unlock();
    }
    try (SessionCursor cursor = new SessionCursor(disk, part, to)) {
      cursor.begin(from);
      return page(cursor, range, before, limit);
    }
  }

  private List<KeyRows> page(
      SessionCursor cursor, SessionStore.Range range, long before, int limit) {
    List<KeyRows> page = new ArrayList<>();
    for (byte[] at = cursor.prefix(); at != null && page.size() < limit; at = cursor.prefix()) {
      long[][] found =
          rows.overlapping(rows.since(cursor.sessions(), before), range.fromMs(), range.toMs());
      if (found.length > 0) {
        page.add(new KeyRows(SessionKey.unescaped(at, at.length), found));
      }
      cursor.next();
    }
    return page;
  }
}
