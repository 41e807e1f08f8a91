package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.WindowKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;

/**
 * The live counts of a store: its snapshot on disk, and in memory what changed since.
 *
 * <p><b>Live state = snapshot + overlay.</b> The snapshot always stands at one {@link Position},
 * since rows and position are written in one batch. The overlay holds the live counts of the keys
 * that changed since. {@link #putChanges} moves the overlay into the snapshot.
 *
 * <p>The store's writer calls everything above the line "any thread" below. Readers see overlays
 * and the set of windows under {@code lock}, which the writer takes for the microseconds of a fold;
 * a scan copies its part of the overlay and releases the lock. Only the writer changes this state,
 * so it reads it without the lock. The caller keeps the snapshot open, see {@link StoreReader}.
 */
final class LiveState {
  private final Snapshot snapshot;
  private final LiveWindows windows;
  private final RowExpiry expiry;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final WindowStore.Fold fold;
  // The next commit deletes the windows before this from disk; 0: none.
  private long expiredBefore;
  private volatile Heads heads = Heads.EMPTY;

  LiveState(Snapshot snapshot, LiveWindows windows, RowExpiry expiry) {
    this.snapshot = snapshot;
    this.windows = windows;
    this.expiry = expiry;
    this.fold = new WindowStore.Fold(snapshot, expiry, this::folded);
    findWindows();
    windows.opened();
  }

  private void findWindows() {
    windows.clear();
    snapshot.windowStarts().forEach(start -> windows.found(start, snapshot));
  }

  /** Keeps readers out until the fold is closed. */
  WindowStore.Fold fold() {
    lock.writeLock().lock();
    return fold;
  }

  private void folded() {
    windows.settle();
    lock.writeLock().unlock();
  }

  /** The window and region, created if need be; only within a fold. */
  WindowStore.Region window(long windowStartMs, byte[] region) {
    byte[] prefix = WindowKey.prefix(windowStartMs, region); // refuses what cannot be in a key
    WindowState window = windows.getOrAdd(windowStartMs);
    RegionWindow cell = window.admit(region, snapshot);
    windows.touch(cell);
    return new WindowStore.Region(cell, window.onDisk, !Arrays.equals(cell.prefix, prefix));
  }

  void publishHeads() {
    windows.fitHeads();
    Map<Long, Heads.Window> views = new HashMap<>();
    windows.all().forEach(window -> views.put(window.startMs, window.view()));
    heads = new Heads(views);
  }

  /** Goes on building the heads of the newest window that needs it; false when none does. */
  boolean buildHeads(int rowsMax) {
    for (WindowState window : windows.newestFirst()) {
      if (!window.isBuilt()) {
        window.build(rowsMax, windows::fitHeads);
        return true;
      }
    }
    return false;
  }

  /** Keys whose live count differs from the snapshot. */
  long changes() {
    return windows.changes();
  }

  /** See {@link ViewStore#isCheckpointUrgent}. */
  boolean isCheckpointUrgent() {
    return windows.areOverlaysOver();
  }

  /** See {@link ViewStore#isFull}. */
  boolean isFull() {
    return windows.areOverlaysFull();
  }

  /** Forgets everything in memory; no reader is left. */
  void close() {
    windows.close();
  }

  void forEachChange(ViewStore.ChangeReader reader) {
    windows.holding().forEach(cell -> cell.forEachChange(reader, expiry));
  }

  /**
   * Puts all changes, expiry and the position into a batch; once it is written, {@link #committed}.
   */
  void putChanges(Disk.Batch all, Position next) {
    Snapshot.Batch batch = snapshot.batch(all);
    if (expiredBefore > 0) {
      batch.deleteBefore(expiredBefore);
    }
    windows.holding().forEach(cell -> cell.putChanges(batch, expiry));
    batch.position(next);
  }

  /** All changes are on disk. */
  void committed() {
    expiredBefore = 0;
    expiry.committed();
    Lock writing = lock.writeLock();
    writing.lock();
    try {
      windows.all().forEach(window -> window.onDisk |= !window.regions().isEmpty());
      boolean mayCache = !windows.areOverlaysOver();
      windows.forEachHolding(cell -> cell.checkpointed(mayCache));
    } finally {
      writing.unlock();
    }
  }

  /** See {@link WindowStore#expireBefore}. */
  void expireBefore(long timeMs) {
    Lock writing = lock.writeLock();
    writing.lock();
    try {
      if (expiry.isOfRows()) {
        expiry.expireBefore(timeMs);
      } else if (windows.dropBefore(timeMs)) {
        expiredBefore = Math.max(expiredBefore, timeMs);
      }
    } finally {
      writing.unlock();
    }
  }

  /** Goes on looking for rows on disk that are gone; false when there is nothing to look at. */
  boolean sweepRows(int rowsMax) {
    if (!expiry.isSweeping()) {
      return false;
    }
    List<RowExpiry.Found> gone = expiry.sweep(snapshot, rowsMax);
    Lock writing = lock.writeLock();
    writing.lock();
    try {
      gone.forEach(this::delete);
      windows.settle();
    } finally {
      writing.unlock();
    }
    return true;
  }

  long takeSwept() {
    return expiry.takeSwept();
  }

  /** A row on disk is gone: without an event from now on, unless it has begun anew. */
  private void delete(RowExpiry.Found gone) {
    RegionWindow cell = windows.getOrAdd(0).region(gone.group());
    windows.touch(cell);
    CountTable overlay = cell.overlay;
    byte[] key = gone.key();
    int hash = CountTable.hash(key, 0, key.length);
    int known = overlay.find(hash, key, 0, key.length);
    int entry = known >= 0 ? known : overlay.insertEmpty(hash, key, 0, key.length);
    if (expiry.isGone(overlay, entry)) {
      overlay.clear(entry);
    }
  }

  /** Writes the restored rows that are left, and learns which windows there are now. */
  void finish(Restoring<RestoreBuffer> restoring) {
    Lock writing = lock.writeLock();
    writing.lock();
    try {
      // Every key's last row is in memory, and nothing else is on disk.
      boolean all = windows.isEmpty() && restoring.isInMemory();
      if (all) {
        restoring.rows().offerTo(windows);
      }
      restoring.finish();
      if (!all) {
        findWindows();
      }
    } finally {
      writing.unlock();
    }
  }

  CheckpointBatch absorb(boolean isAhead) {
    return new WindowCheckpoint(snapshot, windows, expiry, lock.writeLock(), isAhead);
  }

  // ---------------------------------------------------------------- any thread

  /** Bytes behind the longs of a row. */
  int tailBytes(long[] row) {
    return snapshot.lanes().tailBytes(row, 0);
  }

  Heads heads() {
    return heads;
  }

  /** The live rows of one key, all of one moment; null where it has none. */
  long[] @Nullable [] rows(long[] windowStartsMs, byte[] region, byte[] tag) {
    int hash = CountTable.hash(tag, 0, tag.length);
    long[][] rows = new long[windowStartsMs.length][];
    // Held over the reads of the disk too: a commit in between would mix two moments.
    lock.readLock().lock();
    try {
      for (int i = 0; i < rows.length; i++) {
        rows[i] = row(windowStartsMs[i], region, tag, hash);
      }
    } finally {
      lock.readLock().unlock();
    }
    return rows;
  }

  private long @Nullable [] row(long windowStartMs, byte[] region, byte[] tag, int hash) {
    WindowState window = windows.get(windowStartMs);
    if (window == null) {
      return null;
    }
    RegionWindow cell = window.known(new String(region, StandardCharsets.UTF_8));
    int entry = cell == null ? -1 : cell.overlay.find(hash, tag, 0, tag.length);
    long[] found = null;
    if (cell != null && entry >= 0) {
      found = cell.overlay.copyOfRow(entry);
    } else if (window.onDisk) {
      found = snapshot.get(WindowKey.of(windowStartMs, region, tag));
    }
    return found == null || found[0] < expiry.before() ? null : found;
  }

  /**
   * Opens a cursor a window, all of the same moment, each at the first tag that is not before
   * {@code from}.
   *
   * @param opened receives the cursors, also those opened before a failure: the caller closes them
   */
  void openCursors(long[] windowStartsMs, String region, byte[] from, List<MergeCursor> opened) {
    lock.readLock().lock();
    try {
      for (long start : windowStartsMs) {
        WindowState window = windows.get(start);
        RegionWindow cell = window == null ? null : window.known(region);
        byte[] prefix = WindowKey.prefix(start, region.getBytes(StandardCharsets.UTF_8));
        CountTable overlay = cell == null ? new CountTable() : cell.overlay.copy();
        // An iterator reads the state of the moment it is made.
        RocksIterator rows = window != null && window.onDisk ? snapshot.newIterator() : null;
        MergeCursor cursor = new MergeCursor(rows, prefix, overlay, snapshot, expiry.before());
        opened.add(cursor);
        cursor.begin(from);
      }
    } finally {
      lock.readLock().unlock();
    }
  }
}
