package io.streamsocial.store;

import static org.rocksdb.RocksDB.NOT_FOUND;

import io.streamsocial.store.StoreException.Kind;
import io.streamsocial.store.rocks.ExpiredFiles;
import io.streamsocial.store.rocks.Rocks;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * The rows of a view on disk, which always stand at one {@link Position}: rows, expiry and position
 * are written in one batch, so a crash leaves a past snapshot as a whole.
 *
 * <p>One writer, which also opens and closes; {@link #get}, {@link #newIterator} and {@link
 * #property} are for any thread, as long as the owner does not close the snapshot during a read.
 */
final class Snapshot implements AutoCloseable {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int MAX_KEY_BYTES = 4096;
  // Before and behind all keys: no start and no UTF-8 begins with 0xFF.
  static final byte[] FIRST = {};
  static final byte[] END = {(byte) 0xFF};

  private final Disk disk;
  private final Rocks rocks;
  private final ColumnFamilyHandle family;
  private final String name;
  private final Lanes lanes;
  private final ReadOptions reads = new ReadOptions();
  private final byte[] keyBuffer = new byte[MAX_KEY_BYTES];
  private byte[] valueBuffer; // grows to the longest row
  private long[] rowBuffer;
  private final Written written;
  private final ExpiredFiles expired;
  private final Set<Past> pasts = new HashSet<>();
  private Position position;

  /**
   * What the store says of its rows.
   *
   * @param sizeMs of a window, or the gap
   * @param rowDefinition what they are, in words; empty when nobody has said it
   */
  record Written(long sizeMs, String rowDefinition) {}

  /** From {@link Disk#open}. */
  Snapshot(
      Disk disk,
      ColumnFamilyHandle family,
      TaskStore.Spec view,
      Written written,
      Position position,
      ExpiredFiles expired) {
    this.disk = disk;
    this.rocks = disk.rocks();
    this.family = family;
    this.name = view.name();
    this.lanes = view.lanes();
    this.valueBuffer = new byte[lanes.width() * Long.BYTES];
    this.rowBuffer = new long[lanes.width()];
    this.written = written;
    this.position = position;
    this.expired = expired;
  }

  Path dir() {
    return disk.dir();
  }

  Disk disk() {
    return disk;
  }

  String name() {
    return name;
  }

  Lanes lanes() {
    return lanes;
  }

  Position position() {
    return position;
  }

  long sizeMs() {
    return written.sizeMs;
  }

  String rowDefinition() {
    return written.rowDefinition;
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
      throw StoreException.of("scanning", dir(), e);
    } catch (IllegalArgumentException e) {
      throw foreignKey(e);
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
      throw StoreException.of("scanning", dir(), e);
    } catch (IllegalArgumentException e) {
      throw foreignKey(e);
    }
  }

  /**
   * Reads one row. For the writer: allocates nothing, once its buffers are as large as the rows.
   *
   * @return the row, which the next call replaces; null when there is none
   */
  long @Nullable [] read(byte[] prefix, byte[] bytes, int offset, int length) {
    System.arraycopy(prefix, 0, keyBuffer, 0, prefix.length);
    System.arraycopy(bytes, offset, keyBuffer, prefix.length, length);
    try {
      int size = read(prefix.length + length);
      if (size > valueBuffer.length && lanes.hasTail()) {
        valueBuffer = new byte[size];
        size = read(prefix.length + length);
      }
      if (size == NOT_FOUND) {
        return null;
      }
      int longs = longs(size);
      if (rowBuffer.length < longs) {
        rowBuffer = new long[longs];
      }
      decode(valueBuffer, size, rowBuffer);
      return rowBuffer;
    } catch (RocksDBException e) {
      throw StoreException.of("reading", dir(), e);
    }
  }

  /** The bytes of the value, of which the buffer may hold the first alone. */
  private int read(int keyLength) throws RocksDBException {
    return rocks.db.get(family, reads, keyBuffer, 0, keyLength, valueBuffer, 0, valueBuffer.length);
  }

  /** The same, for any thread; null when there is none. */
  long @Nullable [] get(byte[] key) {
    try {
      byte[] value = rocks.db.get(family, reads, key);
      return value == null ? null : decode(value);
    } catch (RocksDBException e) {
      throw StoreException.of("reading", dir(), e);
    }
  }

  /** The row in a value. */
  long[] decode(byte[] value) {
    long[] row = new long[longs(value.length)];
    decode(value, value.length, row);
    return row;
  }

  /**
   * Longs of a row whose value has so many bytes.
   *
   * @throws StoreException CORRUPTED when no row has
   */
  private int longs(int size) {
    int tail = size - lanes.width() * Long.BYTES;
    if (tail < 0 || (tail > 0 && !lanes.hasTail())) {
      throw new StoreException(
          Kind.CORRUPTED,
          "reading %s: a row of %s has %d bytes instead of %d%s"
              .formatted(
                  dir(),
                  name,
                  size,
                  lanes.width() * Long.BYTES,
                  lanes.hasTail() ? " or more" : ""));
    }
    return lanes.width() + (lanes.hasTail() ? Tail.longs(tail) : 0);
  }

  private void decode(byte[] value, int size, long[] row) {
    int width = lanes.width();
    for (int i = 0; i < width; i++) {
      row[i] = (long) LONGS.get(value, i * Long.BYTES);
    }
    if (lanes.hasTail()) {
      Tail.put(value, width * Long.BYTES, size - width * Long.BYTES, row, width);
    }
  }

  /** Over all rows as they are now; the caller checks its status at the end, and closes it. */
  RocksIterator newIterator() {
    return rocks.db.newIterator(family, reads);
  }

  /** Walks all rows in key order. */
  void scan(ViewStore.RowReader reader) {
    boolean unused = scan(newIterator(), FIRST, END, Integer.MAX_VALUE, reader);
  }

  /** Walks at most so many rows from a key on; returns whether there are more. */
  boolean scan(byte[] from, int rowsMax, ViewStore.RowReader reader) {
    return scan(newIterator(), from, END, rowsMax, reader);
  }

  /** Returns whether there are more rows; closes the iterator. */
  private boolean scan(
      RocksIterator iterator, byte[] from, byte[] to, int rowsMax, ViewStore.RowReader reader) {
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
        reader.row(key, decode(rows.value()));
      }
      // A damaged block ends the loop like the last row does; only the status tells them apart.
      rows.status();
      return false;
    } catch (RocksDBException e) {
      throw StoreException.of("scanning", dir(), e);
    } catch (IllegalArgumentException e) {
      throw foreignKey(e);
    }
  }

  /** A row has a key that is none of ours. */
  StoreException foreignKey(IllegalArgumentException e) {
    return new StoreException(Kind.CORRUPTED, "scanning " + dir() + ": " + e.getMessage(), e);
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

    Lanes lanes() {
      return lanes;
    }

    /**
     * Walks at most so many rows from one key up to, not including, another; returns whether there
     * are more.
     */
    boolean scan(byte[] from, byte[] to, int rowsMax, ViewStore.RowReader reader) {
      RocksIterator rows = rocks.db.newIterator(family, options);
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

  List<ViewStore.Table> tables() {
    return rocks.db.getLiveFilesMetaData().stream()
        .map(file -> new ViewStore.Table(Path.of(file.path(), file.fileName()), file.size()))
        .toList();
  }

  /** One of RocksDB's integer properties; 0 when it does not know it. */
  long property(String name) {
    try {
      return rocks.db.getLongProperty(family, name);
    } catch (RocksDBException e) {
      return 0;
    }
  }

  // ---------------------------------------------------------------- writing

  /** The view's part of a batch: its rows, and where they stand. */
  final class Batch {
    private final Disk.Batch all;
    private final int id = family.getID();
    private long deletesBefore;
    private byte[] value = new byte[0]; // of a row with bytes

    private Batch(Disk.Batch all) {
      this.all = all;
    }

    /**
     * @param prefix of {@link WindowKey#prefix}; the tag follows
     */
    void put(byte[] prefix, byte[] tags, int offset, int length, long[] row, int at) {
      if (lanes.hasTail()) {
        putWithTail(prefix, tags, offset, length, row, at);
      } else {
        all.bytes().put(id, prefix, tags, offset, length, row, at, lanes.width());
      }
    }

    private void putWithTail(
        byte[] prefix, byte[] tags, int offset, int length, long[] row, int at) {
      int size = lanes.width() * Long.BYTES + lanes.tailBytes(row, at);
      if (value.length < size) {
        value = new byte[size];
      }
      for (int i = 0; i < lanes.width(); i++) {
        LONGS.set(value, i * Long.BYTES, row[at + i]);
      }
      Tail.get(row, at + lanes.width(), value, lanes.width() * Long.BYTES);
      all.bytes().put(id, prefix, tags, offset, length, value, size);
    }

    void delete(byte[] prefix, byte[] tags, int offset, int length) {
      all.bytes().delete(id, prefix, tags, offset, length);
    }

    /** Drops all windows that start before this time; before any row is put. */
    void deleteBefore(long windowStartMs) {
      all.bytes().deleteRange(id, WindowKey.start(0), WindowKey.start(windowStartMs));
      deletesBefore = windowStartMs;
    }

    /** Ends the part: the rows stand at this position. */
    void position(Position next) {
      all.bytes().putDefault(StoreFormat.positionKey(name), next.encode());
      all.whenWritten(
          () -> {
            position = next;
            expired.deleted(deletesBefore);
          });
    }

    /** Ends the part, and writes the batch. */
    void write(Position next, boolean checkpoint) {
      position(next);
      all.write(checkpoint);
    }
  }

  /** A batch of this view alone. */
  Batch batch() {
    return new Batch(disk.batch());
  }

  /** This view's part of a batch. */
  Batch batch(Disk.Batch all) {
    return new Batch(all);
  }

  /** The caller has ended all reads. */
  @Override
  public void close() {
    List.copyOf(pasts).forEach(Past::close);
    reads.close();
    disk.closed();
  }
}
