package io.streamsocial.store;

import org.jspecify.annotations.Nullable;

/**
 * Turns rows of the changelog into a store's snapshot: holds them in memory and writes them when
 * that is full. Belongs to the store's writer.
 */
final class Restoring<R extends Restoring.Rows> {
  /**
   * Rows that a restore has read and not written yet, the last row of each key. Not thread-safe:
   * the store's writer owns them.
   */
  interface Rows {
    /**
     * @param startMs of the row's window or session
     * @param bytes a group, from 0 on, and a key; not kept
     * @param groupEnd where the group ends
     * @param key where the key begins
     * @param end where the key ends
     */
    void put(long startMs, byte[] bytes, int groupEnd, int key, int end, long[] row, int at);

    /** The changelog has a tombstone for the row. */
    void delete(long startMs, byte[] bytes, int groupEnd, int key, int end);

    /**
     * All rows up to this position have been put.
     *
     * @return whether memory is full, so that they should be written now
     */
    boolean complete(Position next);

    /** Up to where the rows are complete; null when there is nothing to write. */
    @Nullable Position position();

    /** Puts everything into a batch, by key. */
    void writeTo(Snapshot.Batch batch);

    void clear();
  }

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
