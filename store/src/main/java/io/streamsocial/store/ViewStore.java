package io.streamsocial.store;

import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.WindowKey;
import java.nio.file.Path;
import java.util.List;

/**
 * The state of one view in one task, whatever its kind. The rows on disk are the snapshot, what
 * changed since waits in memory; a crash loses nothing, because the input behind the snapshot's
 * position is read again.
 *
 * <p><b>Threads.</b> One writer (the loop that owns the task) calls everything above the line "any
 * thread" below; it opens and closes the store. The methods below the line may be called from any
 * thread at any time, also while the writer closes the store.
 */
public abstract sealed class ViewStore implements AutoCloseable permits WindowStore, SessionStore {
  private final Snapshot snapshot;
  private final Restoring<?> restoring;
  private final StoreReader reader;
  private final HeapBudget heap;

  ViewStore(Snapshot snapshot, Restoring<?> restoring, HeapBudget heap) {
    this.snapshot = snapshot;
    this.restoring = restoring;
    this.reader = new StoreReader(snapshot);
    this.heap = heap;
  }

  /** The heap that its process may take for state. */
  public HeapBudget heap() {
    return heap;
  }

  /** Where the snapshot stands, restored rows that are still in memory included. */
  public Position position() {
    Position restored = restoring.position();
    return restored == null ? snapshot.position() : restored;
  }

  // ---------------------------------------------------------------- a turn

  /** Makes what was folded visible to readers of figures. Once a turn, not once a record. */
  public abstract void publish();

  /**
   * Does a part of the work that no fold waits for: after a restart, reads rows on disk into the
   * figures that are kept in memory; removes expired rows. Call until it returns false.
   *
   * @param rowsMax how many to read at most, 1 or more
   * @return whether there was something to do
   */
  public abstract boolean tend(int rowsMax);

  /**
   * Rows past their time to live that {@link #tend} found since this was asked last, each to be
   * deleted by the next checkpoint. 0 where rows have none.
   */
  public long takeSwept() {
    return 0;
  }

  /**
   * Drops everything that ended before the given time, as the kind of view says: from memory and
   * from answers now, from disk at the earliest with the next commit. Deleted earlier, rows would
   * be missing from the snapshot at a position whose stream time still calls them readable, and a
   * crash would show it.
   */
  public abstract void expireBefore(long timeMs);

  // ---------------------------------------------------------------- checkpoint

  /** Keys whose live rows differ from the snapshot. */
  public abstract long changes();

  /** Whether the changes take more memory than they may: a checkpoint is due, whatever the time. */
  public abstract boolean isCheckpointUrgent();

  /** Whether no more should be folded before the next checkpoint, made or absorbed. */
  public abstract boolean isFull();

  /** Receives changed rows; the arrays are the store's own, to be read at once and not kept. */
  @FunctionalInterface
  public interface ChangeReader {
    /**
     * A row as it is now.
     *
     * @param startMs of its window or session
     * @param offset of the key in the bytes
     * @param at where the row begins in rows
     */
    void change(
        long startMs, byte[] group, byte[] bytes, int offset, int length, long[] rows, int at);

    /**
     * A row of the last checkpoint that is no more, since another session has swallowed it, or that
     * ended then: a changelog that has the end in its key needs a tombstone for it. Comes before
     * all changes of its key. Only sessions do this.
     *
     * @param endMs of the session at the last checkpoint
     */
    default void deleted(
        long startMs, long endMs, byte[] group, byte[] bytes, int offset, int length) {
      throw new UnsupportedOperationException("a reader of windows alone was given a session");
    }
  }

  /** Reports all that changed since the last commit. */
  public abstract void forEachChange(ChangeReader reader);

  /**
   * Writes all changes, expiry and the position in one batch. Call it only once the changes are
   * durable in the changelog, so that the store is never ahead of it.
   *
   * @throws StoreException FULL or CORRUPTED; the snapshot then stands where it stood
   */
  public void commit(Position next) {
    Disk.Batch batch = snapshot.disk().batch();
    putChanges(batch, next);
    batch.write(true);
    committed();
  }

  /**
   * Puts all changes, expiry and the position into a batch; once it is written, {@link #committed}.
   */
  abstract void putChanges(Disk.Batch batch, Position next);

  /** All changes are on disk. */
  abstract void committed();

  /** Everything written so far is on disk when this returns. */
  public void flush() {
    snapshot.disk().flush();
  }

  // ---------------------------------------------------------------- restore and follow

  /** Begins a batch of restored rows. Only before the first fold. */
  public RestoreBatch restore() {
    return new RestoreBatch(restoring);
  }

  /**
   * Writes and flushes the rows restored so far: a restore that is killed later continues from here
   * and not from the last time that memory was full.
   */
  public void persistRestored() {
    restoring.persist();
  }

  /** After the last restored batch: writes the restored rows that are still in memory. */
  public abstract void restored();

  /**
   * Begins to absorb a checkpoint that the partition's active task made.
   *
   * @param isAhead whether it stands for more input than was folded here: then it replaces what
   *     waits in memory, and folding continues from its position
   */
  public abstract CheckpointBatch absorb(boolean isAhead);

  // ---------------------------------------------------------------- inspection

  /** Receives one row of the snapshot. */
  public interface RowReader {
    /**
     * @param key to be taken apart by {@link WindowKey} or {@link SessionKey}
     * @param row its lanes; the reader's to keep
     */
    void row(byte[] key, long[] row);
  }

  /** Walks every row on disk in key order: the snapshot, without what waits in memory. */
  public void forEachRow(RowReader reader) {
    snapshot.scan(reader);
  }

  // ---------------------------------------------------------------- any thread

  /** Of the subclasses: keeps the store open while something is read. */
  StoreReader reader() {
    return reader;
  }

  /** RocksDB's own estimate of its rows; 0 when closed. */
  public long estimatedKeys() {
    return reader.property("rocksdb.estimate-num-keys");
  }

  /** Bytes of live table files; 0 when closed. */
  public long sstBytes() {
    return reader.property("rocksdb.live-sst-files-size");
  }

  /** RocksDB's own figures; zeros when closed. Never waits. */
  public StoreFigures figures() {
    return reader.figures();
  }

  /** A table file of the store. */
  public record Table(Path file, long bytes) {}

  /**
   * The table files that the store consists of now.
   *
   * @throws StoreException CLOSED
   */
  public List<Table> tables() {
    return reader.tables();
  }

  /**
   * Reads one of {@link #tables} from disk and compares it with its checksums; other threads do not
   * wait for it. A file that the store has given up meanwhile counts as sound.
   *
   * @throws StoreException CORRUPTED, or CLOSED
   */
  public void verify(Table table) {
    reader.verify(table);
  }

  /**
   * Makes a copy of all stores of its task as they are on disk, of one moment, without what waits
   * in memory. Takes as long as a flush; the store is not closed meanwhile, and folds go on.
   *
   * @param dir that does not exist yet, on the same file system: table files are hard links
   * @throws StoreException CLOSED, FULL or CORRUPTED
   */
  public void link(Path dir) {
    reader.link(dir);
  }

  /** Gives back all memory; no reader is left. */
  abstract void forget();

  /**
   * Waits for readers, then closes. Idempotent. RocksDB writes out what was committed, as far as it
   * can; only {@link #flush} says whether it could.
   */
  @Override
  public void close() {
    restoring.forget();
    if (reader.close()) {
      forget();
    }
  }
}
