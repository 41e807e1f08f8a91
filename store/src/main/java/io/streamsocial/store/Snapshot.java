package io.streamsocial.store;

import static org.rocksdb.RocksDB.NOT_FOUND;

import io.streamsocial.store.StoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * The rows on disk, which always stand at one {@link Position}: rows, expiry and position are
 * written in one batch, so whatever a crash leaves is some past snapshot as a whole.
 *
 * <p>One writer, which also opens and closes; {@link #get}, {@link #newIterator} and {@link
 * #property} are for any thread, as long as its owner makes sure that nobody reads while it closes.
 */
final class Snapshot implements AutoCloseable {
  private static final byte[] POSITION_KEY = "position".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FORMAT_KEY = "format".getBytes(StandardCharsets.US_ASCII);
  // Version 1: keys of WindowKey, values of 8 bytes big-endian.
  private static final byte FORMAT_VERSION = 1;
  private static final long FLUSH_BYTES = 16L << 20;
  private static final int FLUSH_COMMITS = 6;
  private static final int MAX_KEY_BYTES = 4096;
  private static final int ANY_SIZE = 0;

  private final Path dir;
  private final Rocks rocks;
  private final ReadOptions reads = new ReadOptions();
  private final byte[] keyBuffer = new byte[MAX_KEY_BYTES];
  private final byte[] valueBuffer = new byte[Long.BYTES];
  private final long windowSizeMs;
  private Position position;
  // Windows before these are gone from the snapshot; were gone when the last flush began (0: done).
  private long deletedBefore;
  private long flushingDeletedBefore;
  private long bytesSinceFlush;
  private int commitsSinceFlush;

  /**
   * Opens or creates.
   *
   * @throws StoreException CORRUPTED, OTHER_FORMAT, LOCKED or FULL
   */
  static Snapshot open(Path dir, String name, long windowSizeMs, StoreMemory memory) {
    return open(dir, name, windowSizeMs, memory, false);
  }

  /**
   * Opens what is there, of whatever window size, to be read only.
   *
   * @throws StoreException CORRUPTED, also when there is no store; OTHER_FORMAT
   */
  static Snapshot openReadOnly(Path dir, String name, StoreMemory memory) {
    return open(dir, name, ANY_SIZE, memory, true);
  }

  private static Snapshot open(
      Path dir, String name, long windowSizeMs, StoreMemory memory, boolean readOnly) {
    Rocks rocks;
    try {
      rocks = new Rocks(dir, name, memory, readOnly);
    } catch (RocksDBException e) {
      throw StoreException.of("opening", dir, e);
    }
    try {
      return new Snapshot(dir, rocks, windowSizeMs);
    } catch (RocksDBException e) {
      rocks.close();
      throw StoreException.of("opening", dir, e);
    } catch (IllegalArgumentException e) {
      rocks.close();
      throw new StoreException(Kind.CORRUPTED, "opening " + dir + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      rocks.close();
      throw e;
    }
  }

  private Snapshot(Path dir, Rocks rocks, long windowSizeMs) throws RocksDBException {
    this.dir = dir;
    this.rocks = rocks;
    this.windowSizeMs = windowSizeMs == ANY_SIZE ? readWindowSizeMs() : windowSizeMs;
    checkFormat(this.windowSizeMs);
    byte[] stored = rocks.db.get(rocks.meta, POSITION_KEY);
    position = stored == null ? Position.NONE : Position.decode(stored);
  }

  private long readWindowSizeMs() throws RocksDBException {
    byte[] found = rocks.db.get(rocks.meta, FORMAT_KEY);
    if (found == null) {
      throw new StoreException(Kind.CORRUPTED, "%s holds no store of ours".formatted(dir));
    }
    // Whatever is wrong with it is said by the check that follows.
    return found.length == 1 + Long.BYTES ? ByteBuffer.wrap(found, 1, Long.BYTES).getLong() : 1;
  }

  private void checkFormat(long windowSizeMs) throws RocksDBException {
    byte[] wanted =
        ByteBuffer.allocate(1 + Long.BYTES).put(FORMAT_VERSION).putLong(windowSizeMs).array();
    byte[] found = rocks.db.get(rocks.meta, FORMAT_KEY);
    if (found == null) {
      BatchBytes batch = new BatchBytes(rocks.rows);
      batch.putDefault(FORMAT_KEY, wanted);
      rocks.write(batch);
      rocks.flush(true);
    } else if (!Arrays.equals(found, wanted)) {
      throw new StoreException(Kind.OTHER_FORMAT, otherFormat(found, windowSizeMs));
    }
  }

  private String otherFormat(byte[] found, long windowSizeMs) {
    if (found.length != 1 + Long.BYTES || found[0] != FORMAT_VERSION) {
      return "state in %s has format %d, this version writes format %d; delete the directory, the state is rebuilt from the changelog"
          .formatted(dir, found.length == 0 ? -1 : found[0], FORMAT_VERSION);
    }
    return "state in %s was written with window %d ms, configured %d ms; set the old value, or choose another app id to start anew"
        .formatted(dir, ByteBuffer.wrap(found, 1, Long.BYTES).getLong(), windowSizeMs);
  }

  Path dir() {
    return dir;
  }

  Position position() {
    return position;
  }

  long windowSizeMs() {
    return windowSizeMs;
  }

  // ---------------------------------------------------------------- reading

  /** The windows that have rows, found by one seek each; ascending. */
  List<Long> windowStarts() {
    List<Long> starts = new ArrayList<>();
    try (RocksIterator rows = newIterator()) {
      rows.seekToFirst();
      while (rows.isValid()) {
        long start = WindowKey.windowStart(rows.key());
        starts.add(start);
        rows.seek(WindowKey.start(start + 1));
      }
      rows.status();
      return starts;
    } catch (RocksDBException e) {
      throw StoreException.of("scanning", dir, e);
    } catch (IllegalArgumentException e) {
      throw new StoreException(Kind.CORRUPTED, "scanning " + dir + ": " + e.getMessage(), e);
    }
  }

  /** The count of one row, 0 when there is none. For the writer: allocates nothing. */
  long read(byte[] prefix, byte[] bytes, int offset, int length) {
    System.arraycopy(prefix, 0, keyBuffer, 0, prefix.length);
    System.arraycopy(bytes, offset, keyBuffer, prefix.length, length);
    try {
      int size =
          rocks.db.get(
              rocks.rows,
              reads,
              keyBuffer,
              0,
              prefix.length + length,
              valueBuffer,
              0,
              valueBuffer.length);
      return size == NOT_FOUND ? 0 : ByteBuffer.wrap(valueBuffer).getLong();
    } catch (RocksDBException e) {
      throw StoreException.of("reading", dir, e);
    }
  }

  /** The same for any thread. */
  long get(byte[] key) {
    try {
      byte[] value = rocks.db.get(rocks.rows, reads, key);
      return value == null ? 0 : ByteBuffer.wrap(value).getLong();
    } catch (RocksDBException e) {
      throw StoreException.of("reading", dir, e);
    }
  }

  /** Over all rows as they are now; whoever asks closes it, and checks its status at the end. */
  RocksIterator newIterator() {
    return rocks.db.newIterator(rocks.rows, reads);
  }

  /** Walks the rows from one key up to, not including, another. */
  void scan(byte[] from, byte[] to, WindowStore.RowReader reader) {
    try (RocksIterator rows = newIterator()) {
      for (rows.seek(from); rows.isValid(); rows.next()) {
        byte[] key = rows.key();
        if (Arrays.compareUnsigned(key, to) >= 0) {
          break;
        }
        reader.row(key, ByteBuffer.wrap(rows.value()).getLong());
      }
      // A damaged block ends the loop like the last row does; only the status tells them apart.
      rows.status();
    } catch (RocksDBException e) {
      throw StoreException.of("scanning", dir, e);
    }
  }

  /** One of RocksDB's own figures; 0 when it does not tell. */
  List<WindowStore.Table> tables() {
    return rocks.db.getLiveFilesMetaData().stream()
        .map(file -> new WindowStore.Table(Path.of(file.path(), file.fileName()), file.size()))
        .toList();
  }

  long property(String name) {
    try {
      return rocks.db.getLongProperty(rocks.rows, name);
    } catch (RocksDBException e) {
      return 0;
    }
  }

  // ---------------------------------------------------------------- writing

  /** Rows that go to disk together with a position. One at a time. */
  final class Batch {
    private final BatchBytes bytes = new BatchBytes(rocks.rows);
    private long deletesBefore;

    private Batch() {}

    /**
     * @param prefix of {@link WindowKey#prefix}; the tag follows
     */
    void put(byte[] prefix, byte[] tags, int offset, int length, long count) {
      bytes.put(prefix, tags, offset, length, count);
    }

    void delete(byte[] prefix, byte[] tags, int offset, int length) {
      bytes.delete(prefix, tags, offset, length);
    }

    /** Drops all windows that start before this time; before any row is put. */
    void deleteBefore(long windowStartMs) {
      bytes.deleteRange(WindowKey.start(0), WindowKey.start(windowStartMs));
      deletesBefore = windowStartMs;
    }

    /**
     * Writes all of it.
     *
     * @param checkpoint whether to count it towards the next flush; restored batches come by the
     *     second, and small files would have to be compacted while the restore goes on
     */
    void write(Position next, boolean checkpoint) {
      try {
        bytes.putDefault(POSITION_KEY, next.encode());
        bytesSinceFlush += bytes.size();
        commitsSinceFlush += checkpoint ? 1 : 0;
        rocks.write(bytes);
        position = next;
        deletedBefore = Math.max(deletedBefore, deletesBefore);
        // What is not flushed is read again from the changelog after a crash: this bounds the tail.
        if (bytesSinceFlush >= FLUSH_BYTES || commitsSinceFlush >= FLUSH_COMMITS) {
          deleteExpiredFiles();
          flush(false);
        }
      } catch (RocksDBException e) {
        throw StoreException.of("writing", dir, e);
      }
    }
  }

  Batch batch() {
    return new Batch();
  }

  private void flush(boolean wait) throws RocksDBException {
    rocks.flush(wait);
    flushingDeletedBefore = deletedBefore;
    bytesSinceFlush = 0;
    commitsSinceFlush = 0;
  }

  /**
   * Gives the space of whole files back at once rather than by and by, as compaction does. Not in
   * step with the snapshot, so only for what is deleted in every state that a crash could leave.
   */
  private void deleteExpiredFiles() throws RocksDBException {
    if (flushingDeletedBefore > 0 && rocks.isFlushDone()) {
      rocks.db.deleteFilesInRanges(
          rocks.rows, List.of(WindowKey.start(0), WindowKey.start(flushingDeletedBefore)), false);
      flushingDeletedBefore = 0;
    }
  }

  /** Everything written so far is on disk when this returns. */
  void flush() {
    try {
      flush(true);
      deleteExpiredFiles();
    } catch (RocksDBException e) {
      throw StoreException.of("flushing", dir, e);
    }
  }

  /** Starts a flush of what was written since the last one, if anything was. */
  void startFlush() {
    try {
      if (bytesSinceFlush > 0) {
        flush(false);
      }
    } catch (RocksDBException e) {
      throw StoreException.of("flushing", dir, e);
    }
  }

  /**
   * RocksDB writes out what was written, as far as it can; only {@link #flush} says whether it
   * could.
   */
  @Override
  public void close() {
    reads.close();
    rocks.close();
  }
}
