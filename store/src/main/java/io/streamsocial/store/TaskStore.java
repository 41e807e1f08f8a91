package io.streamsocial.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The stores of one task: a {@link WindowStore} a view, in one RocksDB and written in one batch.
 * Each has a {@link Position} of its own, so that one can be restored without the others.
 *
 * <p>One writer calls everything.
 */
public final class TaskStore implements AutoCloseable {
  static final WindowStore.Bounds NO_BOUNDS = WindowStore.Bounds.ofHeads(0);

  /**
   * What a view keeps.
   *
   * @param name of the column family; it never changes
   * @param windowSizeMs a view written with another size is refused; {@link Long#MAX_VALUE} without
   *     windows
   * @param lanes a view written with others is refused
   * @param bounds of what it keeps of each window in memory
   */
  public record Spec(String name, long windowSizeMs, Lanes lanes, WindowStore.Bounds bounds) {}

  private final Disk disk;
  private final List<WindowStore> views;

  private TaskStore(Disk disk, List<WindowStore> views) {
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
    List<WindowStore> views = new ArrayList<>();
    try {
      for (int i = 0; i < specs.size(); i++) {
        views.add(new WindowStore(disk.snapshot(i), specs.get(i).bounds(), memory));
      }
      return new TaskStore(disk, List.copyOf(views));
    } catch (StoreException e) {
      views.forEach(WindowStore::close);
      for (int i = views.size(); i < specs.size(); i++) {
        disk.snapshot(i).close();
      }
      throw e;
    }
  }

  public WindowStore view(int index) {
    return views.get(index);
  }

  /** In the order in which they were asked for. */
  public List<WindowStore> views() {
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
      views.get(i).live().putChanges(batch, next.get(i));
    }
    batch.write(true);
    views.forEach(view -> view.live().committed());
  }

  /** Everything written so far is on disk when this returns. */
  public void flush() {
    disk.flush();
  }

  /** Closes each of the views, see {@link WindowStore#close}. */
  @Override
  public void close() {
    views.forEach(WindowStore::close);
  }
}
