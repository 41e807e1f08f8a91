package io.streamsocial.store;

import static org.rocksdb.RocksDB.NOT_FOUND;

import io.streamsocial.store.StoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * The rows on disk, which always stand at one {@link Position}: rows, expiry and position are
 * written in one batch, so a crash leaves a past snapshot as a whole.
 *
 * <p>One writer, which also opens and closes; {@link #get}, {@link #newIterator} and {@link
 * #property} are for any thread, as long as the owner does not close the snapshot during a read.
 */
final class Snapshot implements AutoCloseable {
  private static final byte[] POSITION_KEY = "position".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_KEY_BYTES = 4096;
  private static final int ANY_SIZE = 0;

  private final Path dir;
  private final Rocks rocks;
  private final ReadOptions reads = new ReadOptions();
  private final byte[] keyBuffer = new byte[MAX_KEY_BYTES];
  private final byte[] valueBuffer = new byte[Long.BYTES];
  private final long windowSizeMs;
  private final FlushSchedule flushes;
  private final Set<Past> pasts = new HashSet<>();
  private Position position;

  /**
   * Opens or creates.
   *
   * @throws StoreException CORRUPTED, OTHER_FORMAT, LOCKED or FULL
   */
  static Snapshot open(Path dir, String name, long windowSizeMs, StoreMemory memory) {
    return open(dir, name, windowSizeMs, memory, false);
  }

  /**
   * Opens an existing store of any window size, to be read only.
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
    this.flushes = new FlushSchedule(rocks);
    if (windowSizeMs == ANY_SIZE) {
      this.windowSizeMs = StoreFormat.windowSizeMs(rocks, dir);
    } else {
      this.windowSizeMs = windowSizeMs;
      StoreFormat.require(rocks, dir, windowSizeMs);
    }
    byte[] stored = rocks.db.get(rocks.meta, POSITION_KEY);
    position = stored == null ? Position.NONE : Position.decode(stored);
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

  /** The regions that have rows in a window, found by one seek each. */
  List<byte[]> regions(long windowStartMs) {
    List<byte[]> regions = new ArrayList<>();
    try (RocksIterator rows = newIterator()) {
      rows.seek(WindowKey.start(windowStartMs));
      while (rows.isValid() && WindowKey.windowStart(rows.key()) == windowStartMs) {
        byte[] region = WindowKey.region(rows.key());
        regions.add(region);
        rows.seek(WindowKey.behind(windowStartMs, region));
      }
      rows.status();
      return regions;
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

  /** The same, for any thread. */
  long get(byte[] key) {
    try {
      byte[] value = rocks.db.get(rocks.rows, reads, key);
      return value == null ? 0 : ByteBuffer.wrap(value).getLong();
    } catch (RocksDBException e) {
      throw StoreException.of("reading", dir, e);
    }
  }

  /** Over all rows as they are now; the caller checks its status at the end, and closes it. */
  RocksIterator newIterator() {
    return rocks.db.newIterator(rocks.rows, reads);
  }

  /** Walks the rows from one key up to, not including, another. */
  void scan(byte[] from, byte[] to, WindowStore.RowReader reader) {
    boolean unused = scan(newIterator(), from, to, Integer.MAX_VALUE, reader);
  }

  /** Returns whether there are more rows; closes the iterator. */
  private boolean scan(
      RocksIterator iterator, byte[] from, byte[] to, int rowsMax, WindowStore.RowReader reader) {
    try (RocksIterator rows = iterator) {
      int read = 0;
      for (rows.seek(from); rows.isValid(); rows.next()) {
        byte[] key = rows.key();
        if (Arrays.compareUnsigned(key, to) >= 0) {
          break;
        }
        if (read++ == rowsMax) {
          return true;
        }
        reader.row(key, ByteBuffer.wrap(rows.value()).getLong());
      }
      // A damaged block ends the loop like the last row does; only the status tells them apart.
      rows.status();
      return false;
    } catch (RocksDBException e) {
      throw StoreException.of("scanning", dir, e);
    }
  }

  /**
   * The rows as they are now, to be read bit by bit while others are written. Kept until it is
   * closed: as long, RocksDB keeps what later writes replace. For the writer.
   */
  Past past() {
    Past past = new Past();
    pasts.add(past);
    return past;
  }

  /** The rows as they were. */
  final class Past implements AutoCloseable {
    private final org.rocksdb.Snapshot moment = rocks.db.getSnapshot();
    private final ReadOptions options = new ReadOptions().setSnapshot(moment);

    /**
     * Walks at most so many rows from one key up to, not including, another; returns whether there
     * are more.
     */
    boolean scan(byte[] from, byte[] to, int rowsMax, WindowStore.RowReader reader) {
      RocksIterator rows = rocks.db.newIterator(rocks.rows, options);
      return Snapshot.this.scan(rows, from, to, rowsMax, reader);
    }

    @Override
    public void close() {
      if (pasts.remove(this)) {
        options.close();
        rocks.db.releaseSnapshot(moment);
      }
    }
  }

  List<WindowStore.Table> tables() {
    return rocks.db.getLiveFilesMetaData().stream()
        .map(file -> new WindowStore.Table(Path.of(file.path(), file.fileName()), file.size()))
        .toList();
  }

  /** One of RocksDB's integer properties; 0 when it does not know it. */
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
     * Writes the rows and the position.
     *
     * @param checkpoint whether to count it towards the next flush; restored batches come by the
     *     second, and their small files would have to be compacted during the restore
     */
    void write(Position next, boolean checkpoint) {
      try {
        bytes.putDefault(POSITION_KEY, next.encode());
        rocks.write(bytes);
        position = next;
        flushes.wrote(bytes.size(), checkpoint, deletesBefore);
      } catch (RocksDBException e) {
        throw StoreException.of("writing", dir, e);
      }
    }
  }

  Batch batch() {
    return new Batch();
  }

  /** Everything written so far is on disk when this returns. */
  void flush() {
    try {
      flushes.flush();
    } catch (RocksDBException e) {
      throw StoreException.of("flushing", dir, e);
    }
  }

  /** Starts a flush of the rows written since the last one, if there are any. */
  void startFlush() {
    try {
      flushes.start();
    } catch (RocksDBException e) {
      throw StoreException.of("flushing", dir, e);
    }
  }

  /** RocksDB flushes the written rows if it can; only {@link #flush} says whether it could. */
  @Override
  public void close() {
    List.copyOf(pasts).forEach(Past::close);
    reads.close();
    rocks.close();
  }
}
