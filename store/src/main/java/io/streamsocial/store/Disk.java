package io.streamsocial.store;

import io.streamsocial.store.StoreException.Kind;
import io.streamsocial.store.rocks.BatchBytes;
import io.streamsocial.store.rocks.ExpiredFiles;
import io.streamsocial.store.rocks.FlushSchedule;
import io.streamsocial.store.rocks.Rocks;
import io.streamsocial.store.table.Lanes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.rocksdb.RocksDBException;

/**
 * The RocksDB of a task: a column family a view, all written in common batches. It is closed with
 * the last of its {@link Snapshot}s.
 *
 * <p>One writer, which also opens and closes.
 */
final class Disk {
  private final Path dir;
  private final Rocks rocks;
  private final FlushSchedule flushes;
  private final List<Snapshot> snapshots = new ArrayList<>();
  private int open;

  /**
   * Opens or creates.
   *
   * @param views rows of each
   * @throws StoreException CORRUPTED, OTHER_FORMAT, LOCKED or FULL
   */
  static Disk open(Path dir, List<TaskStore.Spec> views, StoreMemory memory) {
    return open(dir, views, memory, false);
  }

  /**
   * Opens one view of an existing store, whatever its windows or gap, to be read only.
   *
   * @throws StoreException CORRUPTED, also when there is no such view; OTHER_FORMAT
   */
  static Snapshot openReadOnly(
      Path dir, String name, TaskStore.Kind kind, Lanes lanes, StoreMemory memory) {
    TaskStore.Spec any =
        new TaskStore.Spec(name, kind, StoreFormat.ANY_SIZE, lanes, TaskStore.NO_BOUNDS);
    return open(dir, List.of(any), memory, true).snapshot(0);
  }

  /**
   * A view of an existing store as it was written.
   *
   * @throws StoreException CORRUPTED, also when there is no such view; OTHER_FORMAT
   */
  static TaskStore.Spec written(Path dir, String view, StoreMemory memory) {
    try (Rocks rocks = new Rocks(dir, List.of(view), memory, true)) {
      return new StoreFormat(rocks, dir, true).written(view);
    } catch (RocksDBException e) {
      throw StoreException.of("opening", dir, e);
    } catch (IllegalArgumentException e) {
      throw new StoreException(Kind.CORRUPTED, "opening " + dir + ": " + e.getMessage(), e);
    }
  }

  /**
   * Of a store that nobody has open: the input offset of its view that is furthest, 0 for none.
   *
   * @throws StoreException CORRUPTED, also when there is no store; OTHER_FORMAT
   */
  static long inputOffset(Path dir, StoreMemory memory) {
    try (Rocks rocks = new Rocks(dir, List.of(), memory, true)) {
      StoreFormat format = new StoreFormat(rocks, dir, true);
      long furthest = 0;
      for (String view : rocks.others(List.of())) {
        furthest = Math.max(furthest, format.position(view).inputOffset());
      }
      return furthest;
    } catch (RocksDBException e) {
      throw StoreException.of("opening", dir, e);
    }
  }

  /**
   * Deletes a view of a store that nobody has open: its rows, and that there was one.
   *
   * @throws StoreException CORRUPTED, OTHER_FORMAT, LOCKED or FULL
   */
  static void drop(
      Path dir, String view, UnaryOperator<byte[]> progressOfOthers, StoreMemory memory) {
    List<String> dropped = TaskStore.names(dir).contains(view) ? List.of(view) : List.of();
    try (Rocks rocks = new Rocks(dir, dropped, memory, false)) {
      BatchBytes batch = new BatchBytes();
      StoreFormat format = new StoreFormat(rocks, dir, false);
      format.forget(view, batch);
      for (String other : rocks.others(List.of(view))) {
        Position position = format.position(other);
        if (!position.equals(Position.NONE)) {
          byte[] progress = progressOfOthers.apply(position.progress());
          batch.putDefault(
              StoreFormat.positionKey(other), position.withProgress(progress).encode());
        }
      }
      // A crash in between leaves rows of which nothing is known, see the constructor.
      rocks.write(batch);
      rocks.flush(true);
      if (!dropped.isEmpty()) {
        rocks.drop(0);
      }
    } catch (RocksDBException e) {
      throw StoreException.of("deleting view " + view + " in", dir, e);
    }
  }

  private static Disk open(
      Path dir, List<TaskStore.Spec> views, StoreMemory memory, boolean readOnly) {
    List<String> names = views.stream().map(TaskStore.Spec::name).toList();
    Rocks rocks;
    try {
      rocks = new Rocks(dir, names, memory, readOnly);
    } catch (RocksDBException e) {
      throw StoreException.of("opening", dir, e);
    }
    try {
      return new Disk(dir, rocks, views, readOnly);
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

  private Disk(Path dir, Rocks rocks, List<TaskStore.Spec> views, boolean readOnly)
      throws RocksDBException {
    this.dir = dir;
    this.rocks = rocks;
    StoreFormat format = new StoreFormat(rocks, dir, readOnly);
    List<ExpiredFiles> expired = new ArrayList<>();
    for (int i = 0; i < views.size(); i++) {
      TaskStore.Spec view = views.get(i);
      if (!readOnly && rocks.hasFound(view.name())) {
        format.forgetUnfinished(view);
        if (!format.knows(view.name())) {
          rocks.clear(i); // what was left of a view when its deletion was broken off
        }
      }
      long sizeMs = format.require(view);
      ExpiredFiles files = new ExpiredFiles(rocks, rocks.rows(i));
      expired.add(files);
      snapshots.add(
          new Snapshot(
              this,
              rocks.rows(i),
              view,
              new Snapshot.Written(sizeMs, format.rowDefinition(view.name())),
              format.position(view.name()),
              files));
    }
    this.flushes = new FlushSchedule(rocks, expired);
    this.open = views.size();
  }

  Path dir() {
    return dir;
  }

  /** Views on disk that were not asked for. */
  List<String> others() {
    return rocks.others(snapshots.stream().map(Snapshot::name).toList());
  }

  Rocks rocks() {
    return rocks;
  }

  Snapshot snapshot(int view) {
    return snapshots.get(view);
  }

  /** Rows of views that go to disk together with their positions. One at a time. */
  final class Batch {
    private final BatchBytes bytes = new BatchBytes();
    private final List<Runnable> written = new ArrayList<>();

    private Batch() {}

    BatchBytes bytes() {
      return bytes;
    }

    /** Called once the batch is written. */
    void whenWritten(Runnable action) {
      written.add(action);
    }

    /**
     * @param checkpoint whether to count it towards the next flush; restored batches come by the
     *     second, and their small files would have to be compacted during the restore
     */
    void write(boolean checkpoint) {
      try {
        rocks.write(bytes);
        written.forEach(Runnable::run);
        flushes.wrote(bytes.size(), checkpoint);
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

  /** See {@link FlushSchedule#tidy}. */
  boolean tidy(long bytesMin) {
    try {
      return flushes.tidy(bytesMin);
    } catch (RocksDBException e) {
      throw StoreException.of("flushing", dir, e);
    }
  }

  /**
   * One of the snapshots is closed. RocksDB flushes the written rows if it can; only {@link #flush}
   * says whether it could.
   */
  void closed() {
    if (--open == 0) {
      rocks.close();
    }
  }
}
