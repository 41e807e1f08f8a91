package io.streamsocial.store;

/**
 * A batch of changelog rows, from {@link ViewStore#restore}; not thread-safe, closed by the store's
 * writer.
 */
public final class RestoreBatch implements AutoCloseable {
  private final Restoring<?> restoring;
  private long startMs;
  private byte[] bytes = new byte[0];
  private int groupEnd;
  private int key;
  private int end;
  private final long[] count = new long[1];
  private boolean committed;

  RestoreBatch(Restoring<?> restoring) {
    this.restoring = restoring;
  }

  /**
   * Names the row that the next call puts or deletes.
   *
   * @param startMs of its window or session
   * @param bytes read by that call, not kept
   * @param groupEnd where the group ends, which begins at 0; no 0x00 before it
   * @param key where the key begins
   * @param end where the key ends
   */
  public void row(long startMs, byte[] bytes, int groupEnd, int key, int end) {
    this.startMs = startMs;
    this.bytes = bytes;
    this.groupEnd = groupEnd;
    this.key = key;
    this.end = end;
  }

  /** Sets a row of one lane to the count that the changelog gives. The last one for a key wins. */
  public void put(long value) {
    count[0] = value;
    put(count, 0);
  }

  /** Sets the row to what the changelog gives: all of its lanes. The last one for a key wins. */
  public void put(long[] row, int at) {
    restoring.rows().put(startMs, bytes, groupEnd, key, end, row, at);
  }

  /** Removes the row: the changelog has a tombstone for it. */
  public void delete() {
    restoring.rows().delete(startMs, bytes, groupEnd, key, end);
  }

  /**
   * Ends the batch. Until {@link ViewStore#restored} it may be held in memory and written together
   * with later ones; rows and position are always written at once, so a crash leaves both of one
   * moment, and the restore continues from there.
   */
  public void commit(Position next) {
    restoring.complete(next);
    committed = true;
  }

  /**
   * Without a commit, drops all rows that are not written: {@link ViewStore#position} may go back.
   */
  @Override
  public void close() {
    if (!committed) {
      restoring.forget();
    }
  }
}
