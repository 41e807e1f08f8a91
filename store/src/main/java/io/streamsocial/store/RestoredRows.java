package io.streamsocial.store;

import org.jspecify.annotations.Nullable;

/**
 * Rows that a restore has read and not written yet, the last row of each key. Not thread-safe: the
 * store's writer owns them.
 */
interface RestoredRows {
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
