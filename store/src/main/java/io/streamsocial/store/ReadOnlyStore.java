package io.streamsocial.store;

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
    return open(dir, name, Lanes.COUNT, memory);
  }

  /**
   * The same, of a view of other rows.
   *
   * @throws StoreException OTHER_FORMAT also when its rows have other lanes
   */
  public static ReadOnlyStore open(Path dir, String name, Lanes lanes, StoreMemory memory) {
    return new ReadOnlyStore(Disk.openReadOnly(dir, name, lanes, memory));
  }

  public long windowSizeMs() {
    return snapshot.windowSizeMs();
  }

  public Position position() {
    return snapshot.position();
  }

  /**
   * Walks every row in key order, which reads every block and checks its checksum.
   *
   * @throws StoreException CORRUPTED
   */
  public void forEachRow(WindowStore.RowReader reader) {
    snapshot.scan(WindowKey.start(0), WindowKey.start(Long.MAX_VALUE), reader);
  }

  @Override
  public void close() {
    snapshot.close();
  }
}
