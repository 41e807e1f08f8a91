package io.streamsocial.store;

import io.streamsocial.store.StoreException.Kind;
import io.streamsocial.store.rocks.BatchBytes;
import io.streamsocial.store.rocks.Rocks;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * The rows that say how a store is written, so that one of another version, or a view of another
 * kind, size, fields or definition, is refused rather than misread.
 *
 * <pre>
 *   format         1 version (2)
 *   format/VIEW    1 kind | 8 size of a window, or gap, ms | a byte a field: its {@link Lanes.Merge}
 *                  | where rows have bytes, one for their {@link Tail}
 *   rows/VIEW      what its rows are, in words, as UTF-8; absent when nobody has said it
 *   position/VIEW  {@link Position}
 * </pre>
 *
 * The words tell apart what looks the same in bytes: two fields that have changed places, a group
 * that has come. A version that does not know them leaves them as they are; a store without them
 * takes those of the next program that opens it.
 *
 * <p>Keys of {@link WindowKey} or {@link SessionKey}, values of 8 bytes big-endian a lane and
 * behind them the bytes of a row that has some. Version 1 had one view of single counts, its window
 * size behind the version and its position under {@code position}; it is taken over.
 */
final class StoreFormat {
  /** Whatever the store was written with. */
  static final long ANY_SIZE = 0;

  private static final byte[] KEY = key("format");
  private static final byte[] POSITION_OF_1 = key("position");
  private static final byte VERSION = 2;
  private static final int SIZE_AT = 1;
  private static final int BYTES_OF_1 = SIZE_AT + Long.BYTES;

  private final Rocks rocks;
  private final Path dir;
  private final boolean readOnly;
  private final byte @Nullable [] first; // the format of a store of version 1

  /**
   * Checks an existing store, or marks a new one.
   *
   * @throws StoreException OTHER_FORMAT; CORRUPTED when there is none and none can be made
   */
  StoreFormat(Rocks rocks, Path dir, boolean readOnly) throws RocksDBException {
    this.rocks = rocks;
    this.dir = dir;
    this.readOnly = readOnly;
    byte[] found = rocks.db.get(rocks.meta, KEY);
    if (found == null) {
      mark();
    } else if (!isCurrent(found) && !isFirst(found)) {
      throw otherVersion(found);
    }
    first = found != null && isFirst(found) ? found : null;
  }

  private void mark() throws RocksDBException {
    if (readOnly) {
      throw new StoreException(Kind.CORRUPTED, "%s holds no store of ours".formatted(dir));
    }
    BatchBytes batch = new BatchBytes();
    batch.putDefault(KEY, new byte[] {VERSION});
    rocks.write(batch);
    rocks.flush(true);
  }

  /** Whether the store has a view of that name. */
  boolean knows(String view) throws RocksDBException {
    return rocks.db.get(rocks.meta, formatKey(view)) != null
        || (first != null && rocks.hasFound(view));
  }

  /**
   * Checks a view, or marks a new one.
   *
   * @return the size of its windows, or the gap
   * @throws StoreException OTHER_FORMAT; CORRUPTED when there is no such view and none can be made
   */
  long require(TaskStore.Spec view) throws RocksDBException {
    byte[] wanted = format(view.kind(), view.sizeMs(), view.lanes());
    byte[] found = rocks.db.get(rocks.meta, formatKey(view.name()));
    if (found == null && first != null && rocks.hasFound(view.name())) {
      long sizeMs = ByteBuffer.wrap(first, SIZE_AT, Long.BYTES).getLong();
      found = format(TaskStore.Kind.WINDOWS, sizeMs, Lanes.COUNT);
      takeOver(view.name(), found);
    }
    if (found == null) {
      if (readOnly) {
        throw new StoreException(Kind.CORRUPTED, "%s holds no view %s".formatted(dir, view.name()));
      }
      BatchBytes batch = new BatchBytes();
      batch.putDefault(formatKey(view.name()), wanted);
      putRowDefinition(view, batch);
      rocks.write(batch);
      rocks.flush(true);
      return view.sizeMs();
    }
    long foundMs = sizeMs(found);
    if (!isOf(found, view)) {
      throw otherRows(view);
    }
    if (view.sizeMs() != ANY_SIZE && view.sizeMs() != foundMs) {
      throw otherSize(view, foundMs);
    }
    requireRows(view);
    return foundMs;
  }

  /** Whether the rows are of the kind and fields of a view. */
  private static boolean isOf(byte[] found, TaskStore.Spec view) {
    return Arrays.equals(found, format(view.kind(), sizeMs(found), view.lanes()));
  }

  private static long sizeMs(byte[] format) {
    return ByteBuffer.wrap(format, SIZE_AT, Long.BYTES).getLong();
  }

  private void requireRows(TaskStore.Spec view) throws RocksDBException {
    String found = rowDefinition(view.name());
    if (areRowsOther(found, view)) {
      throw otherRows(view);
    }
    if (found.isEmpty() && !view.rowDefinition().isEmpty() && !readOnly) {
      BatchBytes batch = new BatchBytes();
      putRowDefinition(view, batch);
      rocks.write(batch);
    }
  }

  private static boolean areRowsOther(String found, TaskStore.Spec view) {
    return !found.isEmpty()
        && !view.rowDefinition().isEmpty()
        && !found.equals(view.rowDefinition());
  }

  /** What the rows of a view are, in words; empty when nobody has said it. */
  String rowDefinition(String view) throws RocksDBException {
    byte[] found = rocks.db.get(rocks.meta, rowsKey(view));
    return found == null ? "" : new String(found, StandardCharsets.UTF_8);
  }

  private static void putRowDefinition(TaskStore.Spec view, BatchBytes batch) {
    if (!view.rowDefinition().isEmpty()) {
      batch.putDefault(rowsKey(view.name()), view.rowDefinition().getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Forgets a view that is written otherwise than it is wanted, when no checkpoint of it is there
   * either: what there is of it was begun by a start that was refused, and comes from the changelog
   * again. So whoever goes back to the former definition finds nothing in the way.
   */
  void forgetUnfinished(TaskStore.Spec view) throws RocksDBException {
    byte[] found = rocks.db.get(rocks.meta, formatKey(view.name()));
    if (found == null) {
      return;
    }
    Position position = position(view.name());
    boolean hasCheckpoint = position.inputOffset() > 0 || position.progress().length > 0;
    boolean isOther =
        !isOf(found, view)
            || sizeMs(found) != view.sizeMs()
            || areRowsOther(rowDefinition(view.name()), view);
    if (isOther && !hasCheckpoint) {
      BatchBytes batch = new BatchBytes();
      forget(view.name(), batch);
      rocks.write(batch);
      rocks.flush(true);
    }
  }

  /** The view of a store of version 1 becomes one of this version. */
  private void takeOver(String view, byte[] format) throws RocksDBException {
    byte[] position = rocks.db.get(rocks.meta, POSITION_OF_1);
    if (readOnly) {
      return;
    }
    BatchBytes batch = new BatchBytes();
    batch.putDefault(KEY, new byte[] {VERSION});
    batch.putDefault(formatKey(view), format);
    if (position != null) {
      batch.putDefault(positionKey(view), position);
      batch.deleteDefault(POSITION_OF_1);
    }
    rocks.write(batch);
    rocks.flush(true);
  }

  /**
   * A view as it was written, whatever its kind and lanes.
   *
   * @throws StoreException CORRUPTED when there is no such view
   */
  TaskStore.Spec written(String view) throws RocksDBException {
    byte[] found = rocks.db.get(rocks.meta, formatKey(view));
    if (found == null && first != null && rocks.hasFound(view)) {
      found = format(TaskStore.Kind.WINDOWS, ANY_SIZE, Lanes.COUNT);
    }
    if (found == null) {
      throw new StoreException(Kind.CORRUPTED, "%s holds no view %s".formatted(dir, view));
    }
    List<Lanes.Merge> fields = new ArrayList<>();
    boolean hasTail = Tail.isCode(found[found.length - 1]);
    for (int i = SIZE_AT + Long.BYTES; i < found.length - (hasTail ? 1 : 0); i++) {
      fields.add(Lanes.Merge.of(found[i]));
    }
    Lanes longs = Lanes.unranked(fields);
    Lanes lanes = hasTail ? longs.with(Tail.of(found[found.length - 1])) : longs;
    return new TaskStore.Spec(
        view, TaskStore.Kind.of(found[0]), ANY_SIZE, lanes, TaskStore.NO_BOUNDS);
  }

  /** Adds to a batch that nothing is known of a view any more. */
  void forget(String view, BatchBytes batch) {
    batch.deleteDefault(formatKey(view));
    batch.deleteDefault(rowsKey(view));
    batch.deleteDefault(positionKey(view));
    if (first != null && rocks.hasFound(view)) {
      batch.putDefault(KEY, new byte[] {VERSION});
      batch.deleteDefault(POSITION_OF_1);
    }
  }

  /** Where a view that was checked stands. */
  Position position(String view) throws RocksDBException {
    byte[] stored = rocks.db.get(rocks.meta, positionKey(view));
    if (stored == null && first != null && rocks.hasFound(view)) {
      stored = rocks.db.get(rocks.meta, POSITION_OF_1);
    }
    return stored == null ? Position.NONE : Position.decode(stored);
  }

  static byte[] positionKey(String view) {
    return key("position/" + view);
  }

  private static byte[] formatKey(String view) {
    return key("format/" + view);
  }

  private static byte[] rowsKey(String view) {
    return key("rows/" + view);
  }

  private static byte[] key(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] format(TaskStore.Kind kind, long sizeMs, Lanes lanes) {
    Tail tail = lanes.tail();
    int fields = lanes.fields() + (tail == null ? 0 : 1);
    ByteBuffer bytes =
        ByteBuffer.allocate(SIZE_AT + Long.BYTES + fields).put(kind.code()).putLong(sizeMs);
    for (int field = 0; field < lanes.fields(); field++) {
      bytes.put(lanes.merge(field).code());
    }
    if (tail != null) {
      bytes.put(tail.code());
    }
    return bytes.array();
  }

  private static boolean isCurrent(byte[] found) {
    return found.length == 1 && found[0] == VERSION;
  }

  private static boolean isFirst(byte[] found) {
    return found.length == BYTES_OF_1 && found[0] == 1;
  }

  private StoreException otherRows(TaskStore.Spec view) throws RocksDBException {
    String found = rowDefinition(view.name());
    String how =
        found.isEmpty() || view.rowDefinition().isEmpty()
            ? ""
            : " ('%s', here '%s')".formatted(found, view.rowDefinition());
    return new StoreException(
        Kind.OTHER_FORMAT,
        "view %s in %s was written with other fields or as another kind of view%s; give the changed view another name, or count it from now on: stop all instances and run reset --view %s on each"
            .formatted(view.name(), dir, how, view.name()));
  }

  private StoreException otherSize(TaskStore.Spec view, long foundMs) {
    return new StoreException(
        Kind.OTHER_FORMAT,
        "state in %s was written with %s %d ms, configured %d ms; set the old value, or choose another app id to start over"
            .formatted(
                dir,
                view.kind() == TaskStore.Kind.SESSIONS ? "session gap" : "window",
                foundMs,
                view.sizeMs()));
  }

  private StoreException otherVersion(byte[] found) {
    return new StoreException(
        Kind.OTHER_FORMAT,
        "state in %s has format %d, this version writes format %d; delete the directory, the state is rebuilt from the changelog"
            .formatted(dir, found.length == 0 ? -1 : found[0], VERSION));
  }
}
