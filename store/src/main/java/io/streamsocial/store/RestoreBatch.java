package io.streamsocial.store;

/**
 * A batch of changelog rows, from {@link WindowStore#restore}; not thread-safe, closed by the
 * store's writer.
 */
public final class RestoreBatch implements AutoCloseable {
  private final Restoring restoring;
  private long windowStartMs;
  private byte[] bytes = new byte[0];
  private int separator;
  private int end;
  private boolean committed;

  RestoreBatch(Restoring restoring) {
    this.restoring = restoring;
  }

  /**
   * Names the row that the next call puts or deletes: a region, a separator of one byte, a tag.
   *
   * @param bytes read by that call, not kept
   * @param separator where the region ends; no 0x00 before it
   * @param end where the tag ends
   */
  public void row(long windowStartMs, byte[] bytes, int separator, int end) {
    this.windowStartMs = windowStartMs;
    this.bytes = bytes;
    this.separator = separator;
    this.end = end;
  }

  /** Sets the row to the count that the changelog gives, 0 or more. The last one for a key wins. */
  public void put(long count) {
    restoring.rows().put(windowStartMs, bytes, separator, end, count);
  }

  /** Removes the row: the changelog has a tombstone for it. */
  public void delete() {
    restoring.rows().delete(windowStartMs, bytes, separator, end);
  }

  /**
   * Ends the batch. Until {@link WindowStore#restored} it may be held in memory and written
   * together with later ones; rows and position are always written at once, so a crash leaves both
   * of one moment, and the restore continues from there.
   */
  public void commit(Position next) {
    restoring.complete(next);
    committed = true;
  }

  /**
   * Without a commit, drops all rows that are not written: {@link WindowStore#position} may go
   * back.
   */
  @Override
  public void close() {
    if (!committed) {
      restoring.forget();
    }
  }
}
