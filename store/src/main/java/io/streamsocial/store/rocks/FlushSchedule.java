package io.streamsocial.store.rocks;

import java.util.List;
import org.rocksdb.RocksDBException;

/**
 * Decides when written rows go to files, and returns the space of expired windows. After a crash
 * the rows that were not flushed are read again from the changelogs, so the schedule bounds how
 * many these are. Belongs to the writer.
 */
public final class FlushSchedule {
  private static final long BYTES_MAX = 16L << 20;
  private static final int COMMITS_MAX = 6;

  private final Rocks rocks;
  private final List<ExpiredFiles> expired;
  private long bytesSinceFlush;
  private int commitsSinceFlush;

  /**
   * @param expired of each family of rows
   */
  public FlushSchedule(Rocks rocks, List<ExpiredFiles> expired) {
    this.rocks = rocks;
    this.expired = expired;
  }

  /**
   * A batch was written; starts a flush if one is due.
   *
   * @param checkpoint whether to count it towards the next flush
   */
  public void wrote(long bytes, boolean checkpoint) throws RocksDBException {
    bytesSinceFlush += bytes;
    commitsSinceFlush += checkpoint ? 1 : 0;
    if (bytesSinceFlush >= BYTES_MAX || commitsSinceFlush >= COMMITS_MAX) {
      deleteExpired();
      flush(false);
    }
  }

  /** Everything written so far is on disk when this returns. */
  public void flush() throws RocksDBException {
    flush(true);
    deleteExpired();
  }

  /** Starts a flush of the rows written since the last one, if there are any. */
  public void start() throws RocksDBException {
    if (bytesSinceFlush > 0) {
      flush(false);
    }
  }

  /**
   * Of a store that has been open for a while: has files merged, and starts a flush if at least so
   * many bytes were written since the last one; returns whether they were.
   */
  public boolean tidy(long bytesMin) throws RocksDBException {
    rocks.compact();
    boolean isWorthIt = bytesSinceFlush >= bytesMin;
    if (isWorthIt) {
      deleteExpired();
      flush(false);
    }
    return isWorthIt;
  }

  private void flush(boolean wait) throws RocksDBException {
    rocks.compact();
    rocks.flush(wait);
    expired.forEach(ExpiredFiles::flushing);
    bytesSinceFlush = 0;
    commitsSinceFlush = 0;
  }

  private void deleteExpired() throws RocksDBException {
    for (ExpiredFiles files : expired) {
      files.delete();
    }
  }
}
