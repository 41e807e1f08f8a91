package io.streamsocial.store;

/**
 * Applies the active's checkpoint to a standby's store. The standby folds the same input, but makes
 * no checkpoints of its own.
 *
 * <p>Belongs to the store's writer; from {@link ViewStore#absorb}.
 */
public sealed interface CheckpointBatch permits WindowCheckpoint, SessionCheckpoint {
  /** Everything that ended before this time is expired at the checkpoint; before any row. */
  void expireBefore(long timeMs);

  /**
   * A row as it is at the checkpoint.
   *
   * @param startMs of its window or session
   * @param bytes a group, from 0 on, and a key; read at once, not kept
   * @param groupEnd where the group ends
   * @param key where the key begins
   * @param end where the key ends
   * @param row its lanes, from an index on
   */
  void row(long startMs, byte[] bytes, int groupEnd, int key, int end, long[] row, int at);

  /** A row that the checkpoint has a tombstone for; see {@link #row}. Only sessions have some. */
  void deleted(long startMs, byte[] bytes, int groupEnd, int key, int end);

  /**
   * Writes rows and position in one batch; readers see the state before or after it.
   *
   * @throws StoreException FULL or CORRUPTED; the store must then be opened again
   */
  void commit(Position next);
}
