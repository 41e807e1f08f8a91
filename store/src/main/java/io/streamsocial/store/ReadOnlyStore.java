package io.streamsocial.store;

import io.streamsocial.store.table.Lanes;
import java.nio.file.Path;

/**
 * A closed store, opened for inspection only: nothing on disk changes, and the window size is that
 * which it was written with. Not thread-safe.
 */
public final class ReadOnlyStore implements AutoCloseable {
  private final Snapshot snapshot;
  private final TaskStore.Kind kind;
  private final Lanes lanes;

  private ReadOnlyStore(Snapshot snapshot, TaskStore.Kind kind, Lanes lanes) {
    this.snapshot = snapshot;
    this.kind = kind;
    this.lanes = lanes;
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
    return new ReadOnlyStore(Disk.openReadOnly(dir, name, kind, lanes, memory), kind, lanes);
  }

  /**
   * The same, of a view of which only the name is known.
   *
   * @throws StoreException CORRUPTED, also when there is no such view; OTHER_FORMAT
   */
  public static ReadOnlyStore openAny(Path dir, String name, StoreMemory memory) {
    TaskStore.Spec written = Disk.written(dir, name, memory);
    return open(dir, name, written.kind(), written.lanes(), memory);
  }

  public TaskStore.Kind kind() {
    return kind;
  }

  /** As it was written; ranked by the first field, whatever the view says. */
  public Lanes lanes() {
    return lanes;
  }

  /** Of a window; of sessions, the gap. */
  public long sizeMs() {
    return snapshot.sizeMs();
  }

  /**
   * What its rows are, in the words of the program that wrote them; empty when it has said none.
   */
  public String rowDefinition() {
    return snapshot.rowDefinition();
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
