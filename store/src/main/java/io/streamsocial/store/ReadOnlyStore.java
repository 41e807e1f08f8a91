package io.streamsocial.store;

import io.streamsocial.store.table.Lanes;
import java.nio.file.Path;

/**
 * A closed store, opened for inspection only: nothing on disk changes, and the window size is that
 * which it was written with. Not thread-safe.
 */
public final class ReadOnlyStore implements AutoCloseable {
  private final Snapshot snapshot;

  private ReadOnlyStore(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  /**
   * @param name the column family of its rows
   * @throws StoreException CORRUPTED, also when there is no store; OTHER_FORMAT
   */
  public static ReadOnlyStore open(Path dir, String name, StoreMemory memory) {
    return open(dir, name, TaskStore.Kind.WINDOWS, Lanes.COUNT, memory);
  }

  /**
   * The same, of any view.
   *
   * @throws StoreException OTHER_FORMAT also when it is of another kind or has other lanes
   */
  public static ReadOnlyStore open(
      Path dir, String name, TaskStore.Kind kind, Lanes lanes, StoreMemory memory) {
    return new ReadOnlyStore(Disk.openReadOnly(dir, name, kind, lanes, memory));
  }

  /** Of a window; of sessions, the gap. */
  public long sizeMs() {
    return snapshot.sizeMs();
  }

  public Position position() {
    return snapshot.position();
  }

  /**
   * Walks every row in key order, which reads every block and checks its checksum.
   *
   * @throws StoreException CORRUPTED
   */
  public void forEachRow(ViewStore.RowReader reader) {
    snapshot.scan(reader);
  }

  @Override
  public void close() {
    snapshot.close();
  }
}
