package io.streamsocial.store;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns rows of the changelog into a store's snapshot: holds them in memory and writes them when
 * that is full. If all of them fit, it builds the ranked heads from memory too, so that the disk
 * need not be read again. Belongs to the store's writer.
 */
final class Restoring {
  private final Snapshot snapshot;
  private final RestoreBuffer rows;
  // Until then there are no readers, so restored rows may wait in memory.
  private boolean isFinished;
  private boolean spilled;

  Restoring(Snapshot snapshot, StoreMemory memory) {
    this.snapshot = snapshot;
    this.rows = new RestoreBuffer(snapshot.lanes(), memory);
  }

  RestoreBuffer rows() {
    return rows;
  }

  /** Up to where rows in memory are complete; null when there are none. */
  @Nullable Position position() {
    return rows.position();
  }

  /** All rows up to this position are there. */
  void complete(Position next) {
    if (rows.complete(next) || isFinished) {
      spilled = true;
      write();
    }
  }

  void persist() {
    if (rows.position() != null) {
      spilled = true;
      write();
      snapshot.disk().startFlush();
    }
  }

  /**
   * Writes the rows that are left. The caller keeps readers out.
   *
   * @param windows of the store: filled when it was empty and all rows are in memory
   * @return whether the windows are complete; else the caller must find them on disk
   */
  boolean finish(LiveWindows windows) {
    // Every key's last count is here, and nothing else is on disk.
    boolean all = windows.isEmpty() && !spilled;
    if (all) {
      rows.forEachCell((start, region, kept, gone) -> offer(windows, start, region, kept, gone));
    }
    write();
    // Otherwise a process that keeps crashing early would read a longer tail each time.
    snapshot.disk().startFlush();
    isFinished = true;
    return all;
  }

  private static void offer(
      LiveWindows windows, long windowStartMs, byte[] region, CountTable rows, BitSet deleted) {
    RegionWindow cell = null; // made for the first row that was not deleted
    for (int entry = 0; entry < rows.size(); entry++) {
      if (deleted.get(entry)) {
        continue;
      }
      if (cell == null) {
        WindowState window = windows.getOrAdd(windowStartMs);
        window.onDisk = true; // as soon as they are written
        cell = window.region(region);
      }
      long rank = rows.rank(entry);
      cell.total += rank;
      cell.offer(rows.hashes[entry], rows.arena(), rows.offset(entry), rows.length(entry), rank);
    }
    windows.fitHeads();
  }

  private void write() {
    Position next = rows.position();
    if (next != null) {
      Snapshot.Batch batch = snapshot.batch();
      rows.writeTo(batch);
      batch.write(next, false);
      rows.clear();
    }
  }

  /** Drops the rows that are not written. */
  void forget() {
    rows.clear();
  }
}
