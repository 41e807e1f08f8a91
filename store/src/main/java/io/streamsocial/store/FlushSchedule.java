package io.streamsocial.store;

import java.util.List;
import org.rocksdb.RocksDBException;

/**
 * Decides when written rows go to files, and returns the space of expired windows. After a crash
 * the rows that were not flushed are read again from the changelog, so the schedule bounds how many
 * these are. Belongs to the store's writer.
 */
final class FlushSchedule {
  private static final long BYTES_MAX = 16L << 20;
  private static final int COMMITS_MAX = 6;

  private final Rocks rocks;
  // Windows before these are deleted: in the snapshot; in it when the last flush began (0: done).
  private long deletedBefore;
  private long flushingDeletedBefore;
  private long bytesSinceFlush;
  private int commitsSinceFlush;

  FlushSchedule(Rocks rocks) {
    this.rocks = rocks;
  }

  /**
   * A batch was written; starts a flush if one is due.
   *
   * @param checkpoint whether to count it towards the next flush
   * @param windowsBefore the start before which the batch deletes all windows; 0: none
   */
  void wrote(long bytes, boolean checkpoint, long windowsBefore) throws RocksDBException {
    bytesSinceFlush += bytes;
    commitsSinceFlush += checkpoint ? 1 : 0;
    deletedBefore = Math.max(deletedBefore, windowsBefore);
    if (bytesSinceFlush >= BYTES_MAX || commitsSinceFlush >= COMMITS_MAX) {
      deleteExpiredFiles();
      flush(false);
    }
  }

  /** Everything written so far is on disk when this returns. */
  void flush() throws RocksDBException {
    flush(true);
    deleteExpiredFiles();
  }

  /** Starts a flush of the rows written since the last one, if there are any. */
  void start() throws RocksDBException {
    if (bytesSinceFlush > 0) {
      flush(false);
    }
  }

  private void flush(boolean wait) throws RocksDBException {
    rocks.flush(wait);
    flushingDeletedBefore = deletedBefore;
    bytesSinceFlush = 0;
    commitsSinceFlush = 0;
  }

  /**
   * Deletes whole files of expired windows at once, where compaction would take its time. The
   * deletion is not part of a batch, so it may only concern windows that are deleted in every state
   * that a crash could leave.
   */
  private void deleteExpiredFiles() throws RocksDBException {
    if (flushingDeletedBefore > 0 && rocks.isFlushDone()) {
      rocks.db.deleteFilesInRanges(
          rocks.rows, List.of(WindowKey.start(0), WindowKey.start(flushingDeletedBefore)), false);
      flushingDeletedBefore = 0;
    }
  }
}
