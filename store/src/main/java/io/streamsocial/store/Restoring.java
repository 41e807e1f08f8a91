package io.streamsocial.store;

import org.jspecify.annotations.Nullable;

/**
 * Turns rows of the changelog into a store's snapshot: holds them in memory and writes them when
 * that is full. Belongs to the store's writer.
 */
final class Restoring<R extends RestoredRows> {
  private final Snapshot snapshot;
  private final R rows;
  // Until then there are no readers, so restored rows may wait in memory.
  private boolean isFinished;
  private boolean spilled;

  Restoring(Snapshot snapshot, R rows) {
    this.snapshot = snapshot;
    this.rows = rows;
  }

  R rows() {
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

  /** Whether the last row of every key that was restored is in memory. */
  boolean isInMemory() {
    return !spilled;
  }

  /** Writes the rows that are left. The caller keeps readers out. */
  void finish() {
    write();
    // Otherwise a process that keeps crashing early would read a longer tail each time.
    snapshot.disk().startFlush();
    isFinished = true;
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
