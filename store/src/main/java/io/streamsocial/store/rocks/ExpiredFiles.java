package io.streamsocial.store.rocks;

import io.streamsocial.store.table.WindowKey;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;

/**
 * Deletes whole files of expired windows at once, where compaction would take its time. The
 * deletion is not part of a batch, so it may only concern windows that are deleted in every state
 * that a crash could leave: by batches that are on disk. Owned by the store's writer.
 */
public final class ExpiredFiles {
  private final Rocks rocks;
  private final ColumnFamilyHandle rows;
  // Windows before these are deleted: in the snapshot; in it when the last flush began (0: done).
  private long deletedBefore;
  private long flushingDeletedBefore;

  public ExpiredFiles(Rocks rocks, ColumnFamilyHandle rows) {
    this.rocks = rocks;
    this.rows = rows;
  }

  /** A batch was written that deletes all windows which start before this. */
  public void deleted(long windowsBefore) {
    deletedBefore = Math.max(deletedBefore, windowsBefore);
  }

  /** A flush of all that was written begins. */
  void flushing() {
    flushingDeletedBefore = deletedBefore;
  }

  /** Deletes what the flushes that have ended allow. */
  void delete() throws RocksDBException {
    if (flushingDeletedBefore > 0 && rocks.isFlushDone(rows)) {
      rocks.db.deleteFilesInRanges(
          rows, List.of(WindowKey.start(0), WindowKey.start(flushingDeletedBefore)), false);
      flushingDeletedBefore = 0;
    }
  }
}
