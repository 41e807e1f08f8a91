package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.WindowKey;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint of windows.
 *
 * <p>Rows are totals. So an overlay entry that equals the checkpoint's row need not wait for a
 * later checkpoint, since the store has that row now; another one has changed since and still
 * waits. The store need not remember which input an entry came from.
 *
 * <p>A row that has a tombstone is gone at the checkpoint, so it is in what was folded here, too:
 * unless it has begun anew since, nothing of it waits any more.
 *
 * <p>Belongs to the store's writer.
 */
final class WindowCheckpoint implements CheckpointBatch {
  private final LiveWindows windows;
  private final RowExpiry expiry;
  private final Lock readersOut;
  private final boolean isAhead;
  private final Snapshot snapshot;
  private final Snapshot.Batch batch;
  private final Set<Long> touched = new HashSet<>();
  // Ahead: the rows of this checkpoint so far. A key can be in it twice, as compaction may merge
  // two checkpoints; the later row then replaces the earlier one, which is not on disk yet.
  private final Map<RegionWindow, CountTable> rows = new HashMap<>();
  private final int ranked; // lane
  private @Nullable RegionWindow last;
  private long rowsExpiredBefore = Long.MIN_VALUE;

  WindowCheckpoint(
      Snapshot snapshot, LiveWindows windows, RowExpiry expiry, Lock readersOut, boolean isAhead) {
    this.windows = windows;
    this.expiry = expiry;
    this.readersOut = readersOut;
    this.isAhead = isAhead;
    this.snapshot = snapshot;
    this.batch = snapshot.batch();
    this.ranked = snapshot.lanes().ranked();
  }

  @Override
  public void expireBefore(long timeMs) {
    if (expiry.isOfRows()) {
      rowsExpiredBefore = timeMs;
    } else if (timeMs > 0) {
      batch.deleteBefore(timeMs);
    }
  }

  @Override
  public void row(
      long windowStartMs, byte[] bytes, int groupEnd, int key, int end, long[] row, int at) {
    touched.add(windowStartMs);
    RegionWindow cell = cell(windowStartMs, bytes, groupEnd);
    batch.put(
        cell == null
            ? WindowKey.prefix(windowStartMs, Arrays.copyOf(bytes, groupEnd))
            : cell.prefix,
        bytes,
        key,
        end - key,
        row,
        at);
    if (cell == null) {
      return;
    }
    int hash = CountTable.hash(bytes, key, end - key);
    if (isAhead) {
      replace(cell, hash, bytes, key, end - key, row[at + ranked]);
      return;
    }
    int entry = cell.overlay.find(hash, bytes, key, end - key);
    if (entry >= 0 && cell.overlay.equalsRow(entry, row, at)) {
      cell.overlay.unmark(entry);
    }
  }

  @Override
  public void deleted(long windowStartMs, byte[] bytes, int groupEnd, int key, int end) {
    if (!expiry.isOfRows()) {
      throw new UnsupportedOperationException("no checkpoint deletes a row of a window");
    }
    byte[] group = Arrays.copyOf(bytes, groupEnd);
    batch.delete(WindowKey.prefix(windowStartMs, group), bytes, key, end - key);
    RegionWindow cell = cell(windowStartMs, bytes, groupEnd);
    if (cell != null && !isAhead) {
      int entry = cell.overlay.find(CountTable.hash(bytes, key, end - key), bytes, key, end - key);
      if (entry >= 0 && expiry.isGone(cell.overlay, entry)) {
        cell.overlay.unmark(entry);
      }
    }
  }

  /**
   * Moves the total by what the row adds to the key's live count. With all rows of the checkpoint
   * it is exact, since a checkpoint that is ahead has every key of the overlay that it replaces.
   * Costs a read of the disk for a key not folded lately, as folding it would.
   */
  private void replace(
      RegionWindow cell, int hash, byte[] bytes, int offset, int length, long count) {
    if (!windows.areRanked()) {
      return;
    }
    cell.offer(hash, bytes, offset, length, count);
    CountTable replaced = rows.computeIfAbsent(cell, c -> new CountTable());
    int earlier = replaced.find(hash, bytes, offset, length);
    if (earlier >= 0) {
      cell.total += count - replaced.count(earlier);
      replaced.set(earlier, count);
      return;
    }
    cell.total += count - before(cell, hash, bytes, offset, length);
    int unused = replaced.insert(hash, bytes, offset, length, count);
  }

  private long before(RegionWindow cell, int hash, byte[] bytes, int offset, int length) {
    int live = cell.overlay.find(hash, bytes, offset, length);
    if (live >= 0) {
      return cell.overlay.rank(live);
    }
    long[] stored = cell.isOnDisk() ? snapshot.read(cell.prefix, bytes, offset, length) : null;
    return stored == null ? 0 : stored[ranked];
  }

  /** Null for a window that is not in memory: it is expired, or only on disk yet. */
  private @Nullable RegionWindow cell(long windowStartMs, byte[] bytes, int groupEnd) {
    RegionWindow known = last;
    if (known == null
        || known.windowStartMs != windowStartMs
        || !Arrays.equals(known.regionBytes, 0, known.regionBytes.length, bytes, 0, groupEnd)) {
      WindowState window = windows.get(windowStartMs);
      known = window == null ? null : window.region(Arrays.copyOf(bytes, groupEnd));
      last = known;
    }
    return known;
  }

  @Override
  public void commit(Position next) {
    readersOut.lock();
    try {
      batch.write(next, true);
      if (isAhead && expiry.isOfRows()) {
        expiry.expireBefore(rowsExpiredBefore);
        expiry.forget();
      }
      for (long start : touched) {
        WindowState window = windows.get(start);
        if (window != null) {
          window.onDisk = true;
        } else if (isAhead) {
          windows.found(start, snapshot);
        }
      }
      windows.forEachHolding(isAhead ? RegionWindow::forget : RegionWindow::absorbed);
    } finally {
      readersOut.unlock();
    }
  }
}
