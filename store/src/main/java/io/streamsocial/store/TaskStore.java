package io.streamsocial.store;

import io.streamsocial.store.rocks.Rocks;
import io.streamsocial.store.rocks.TableCheck;
import io.streamsocial.store.table.Lanes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;

/**
 * The stores of one task: a {@link ViewStore} a view, in one RocksDB and written in one batch. Each
 * has a {@link Position} of its own, so that one can be restored without the others.
 *
 * <p>One writer calls everything.
 */
public final class TaskStore implements AutoCloseable {
  static final WindowStore.Bounds NO_BOUNDS = WindowStore.Bounds.ofHeads(0);

  /** What the rows of a view are of. */
  public enum Kind {
    /** Of tumbling windows, or of one that never ends. */
    WINDOWS,
    /** Of sessions: events of a key that are not far apart. */
    SESSIONS;

    /** On disk: not the ordinal, which would change with the order of the constants. */
    byte code() {
      return switch (this) {
        case WINDOWS -> 1;
        case SESSIONS -> 2;
      };
    }

    static Kind of(byte code) {
      for (Kind kind : values()) {
        if (kind.code() == code) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of view has the code " + code);
    }
  }

  /**
   * What a view keeps. A view that was written with another kind, size, lanes or definition of its
   * rows is refused.
   *
   * @param name of the column family; it never changes
   * @param sizeMs of a window, {@link Long#MAX_VALUE} without windows; of sessions, the gap
   * @param lanes of a session: first and last event, as {@link SessionStore} says, then the fields
   * @param bounds of what it keeps of each window in memory
   * @param timeToLiveMs without windows, how old the first lane of a row may become, which is then
   *     its last event; 0 for ever
   * @param rowDefinition what its rows are, in words; empty when it is not known, and not compared
   */
  public record Spec(
      String name,
      Kind kind,
      long sizeMs,
      Lanes lanes,
      WindowStore.Bounds bounds,
      long timeToLiveMs,
      String rowDefinition) {
    public Spec {
      if (kind == Kind.SESSIONS) {
        SessionStore.requireLanes(lanes);
      }
      if (timeToLiveMs > 0) {
        RowExpiry.requireRows(kind, sizeMs, lanes, bounds);
      }
    }

    /** Rows of which it is not known what they are. */
    public Spec(
        String name,
        Kind kind,
        long sizeMs,
        Lanes lanes,
        WindowStore.Bounds bounds,
        long timeToLiveMs) {
      this(name, kind, sizeMs, lanes, bounds, timeToLiveMs, "");
    }

    /** The same, of rows that do not live for a time of their own. */
    public Spec(String name, Kind kind, long sizeMs, Lanes lanes, WindowStore.Bounds bounds) {
      this(name, kind, sizeMs, lanes, bounds, 0);
    }

    /** Tumbling windows. */
    public static Spec windows(
        String name, long windowSizeMs, Lanes lanes, WindowStore.Bounds bounds) {
      return new Spec(name, Kind.WINDOWS, windowSizeMs, lanes, bounds);
    }

    /**
     * Sessions.
     *
     * @param gapMs how far apart events of one session may be, 0 or more
     */
    public static Spec sessions(String name, long gapMs, Lanes lanes) {
      return new Spec(name, Kind.SESSIONS, gapMs, lanes, NO_BOUNDS);
    }
  }

  private final Disk disk;
  private final List<ViewStore> views;

  private TaskStore(Disk disk, List<ViewStore> views) {
    this.disk = disk;
    this.views = views;
  }

  /**
   * Opens or creates the stores of a task. Views that are on disk and not asked for stay as they
   * are.
   *
   * @param dir its own directory
   * @throws StoreException CORRUPTED, OTHER_FORMAT, LOCKED or FULL
   */
  public static TaskStore open(Path dir, List<Spec> specs, StoreMemory memory) {
    Disk disk = Disk.open(dir, specs, memory);
    List<ViewStore> views = new ArrayList<>();
    try {
      for (int i = 0; i < specs.size(); i++) {
        views.add(open(disk.snapshot(i), specs.get(i), memory));
      }
      return new TaskStore(disk, List.copyOf(views));
    } catch (StoreException e) {
      views.forEach(ViewStore::close);
      for (int i = views.size(); i < specs.size(); i++) {
        disk.snapshot(i).close();
      }
      throw e;
    }
  }

  /**
   * The views that a store has on disk, whoever has it open; empty where there is no store.
   *
   * @throws StoreException CORRUPTED
   */
  public static List<String> names(Path dir) {
    try {
      return Rocks.names(dir);
    } catch (RocksDBException e) {
      throw StoreException.of("listing the views of", dir, e);
    }
  }

  /**
   * The input offset up to which a store goes that nobody has open: that of its view which is
   * furthest. Changes nothing on disk.
   *
   * @throws StoreException CORRUPTED, also when there is no store; OTHER_FORMAT
   */
  public static long inputOffset(Path dir, StoreMemory memory) {
    return Disk.inputOffset(dir, memory);
  }

  /**
   * Compares each table file of a store that nobody writes with the checksums of its blocks.
   *
   * @throws StoreException CORRUPTED
   */
  public static void verify(Path dir) {
    try (Stream<Path> files = Files.list(dir)) {
      for (Path table : files.filter(file -> file.toString().endsWith(".sst")).toList()) {
        verifyTable(table);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + dir, e);
    }
  }

  private static void verifyTable(Path table) {
    try {
      TableCheck.verify(table);
    } catch (RocksDBException e) {
      throw StoreException.of("verifying", table, e);
    }
  }

  /**
   * Bytes of the table files of a view, in a store that nobody writes.
   *
   * @throws StoreException CORRUPTED
   */
  public static long bytes(Path dir, String view, StoreMemory memory) {
    try (Rocks rocks = new Rocks(dir, List.of(view), memory, true)) {
      return rocks.db.getLongProperty(rocks.rows(0), "rocksdb.total-sst-files-size");
    } catch (RocksDBException e) {
      throw StoreException.of("opening", dir, e);
    }
  }

  /**
   * Deletes a view of a store that nobody has open, if it is there. The rows of the others stay as
   * they are.
   *
   * @param progressOfOthers makes the others' accounts of their input those of a store that never
   *     had the view
   * @throws StoreException CORRUPTED, OTHER_FORMAT, LOCKED or FULL
   */
  public static void drop(
      Path dir, String view, UnaryOperator<byte[]> progressOfOthers, StoreMemory memory) {
    Disk.drop(dir, view, progressOfOthers, memory);
  }

  private static ViewStore open(Snapshot snapshot, Spec view, StoreMemory memory) {
    return switch (view.kind()) {
      case WINDOWS -> new WindowStore(snapshot, view.bounds(), view.timeToLiveMs(), memory);
      case SESSIONS -> new SessionStore(snapshot, view.sizeMs(), memory);
    };
  }

  public ViewStore view(int index) {
    return views.get(index);
  }

  /** A view of windows. */
  public WindowStore windows(int index) {
    return (WindowStore) views.get(index);
  }

  /** A view of sessions. */
  public SessionStore sessions(int index) {
    return (SessionStore) views.get(index);
  }

  /** In the order in which they were asked for. */
  public List<ViewStore> views() {
    return views;
  }

  /** Views on disk that were not asked for. */
  public List<String> others() {
    return disk.others();
  }

  /**
   * Writes all changes, expiry and the positions in one batch. Call it only once the changes are
   * durable in the changelogs, so that no store is ahead of its own.
   *
   * @param next where each view stands then
   * @throws StoreException FULL or CORRUPTED; the snapshots then stand where they stood
   */
  public void commit(List<Position> next) {
    Disk.Batch batch = disk.batch();
    for (int i = 0; i < views.size(); i++) {
      views.get(i).putChanges(batch, next.get(i));
    }
    batch.write(true);
    views.forEach(ViewStore::committed);
  }

  /** Everything written so far is on disk when this returns. */
  public void flush() {
    disk.flush();
  }

  /**
   * To be called now and then, a while after it was opened: has files merged where there are many,
   * and starts a flush, unless fewer than so many bytes were written since the last one.
   *
   * @return whether it has started one
   * @throws StoreException FULL or CORRUPTED
   */
  public boolean tidy(long bytesMin) {
    return disk.tidy(bytesMin);
  }

  /** Closes each of the views, see {@link ViewStore#close}. */
  @Override
  public void close() {
    views.forEach(ViewStore::close);
  }
}
