package io.streamsocial.processor.task;

import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.Position;
import io.streamsocial.store.ViewStore;
import org.jspecify.annotations.Nullable;

/**
 * Turns the changes of a view's store into the changelog records of a checkpoint. Owned by one
 * task.
 */
final class CheckpointWriter {
  private final RowFormat format;
  // The last row of the last checkpoint.
  private byte @Nullable [] markerKey;
  private byte @Nullable [] markerValue;

  CheckpointWriter(RowFormat format) {
    this.format = format;
  }

  /** Whether a checkpoint without a change can be sent: on the last row of the one before. */
  boolean hasMarker() {
    return markerKey != null;
  }

  /** Hands over all changed rows, the last of them marked with the checkpoint. */
  void send(TaskView view, Position checkpoint, CheckpointSink sink) {
    ViewStore store = view.store();
    LastMarked marked = new LastMarked(view.kept(), sink);
    if (store.changes() == 0 && markerKey != null) {
      marked.send(markerKey, markerValue);
    }
    store.forEachChange(new Changes(format, marked));
    marked.finish(checkpoint);
    markerKey = marked.key;
    markerValue = marked.value;
  }

  /** Hands over every row on disk, the last of them marked with the checkpoint. */
  static void sendAll(KeptView view, ViewStore store, Position checkpoint, CheckpointSink sink) {
    LastMarked marked = new LastMarked(view, sink);
    RowFormat format = view.format();
    store.forEachRow(
        (stored, row) -> {
          StoredKey key = StoredKey.of(view, stored);
          marked.send(
              format.key(key.startMs(), key.group(), key.bytes(), 0, key.bytes().length, row, 0),
              format.value(row, 0));
        });
    marked.finish(checkpoint);
  }

  /** Each change as a record. */
  private record Changes(RowFormat format, LastMarked out) implements ViewStore.ChangeReader {
    @Override
    public void change(
        long startMs, byte[] group, byte[] bytes, int offset, int length, long[] rows, int at) {
      out.send(format.key(startMs, group, bytes, offset, length, rows, at), format.value(rows, at));
    }

    @Override
    public void deleted(
        long startMs, long endMs, byte[] group, byte[] bytes, int offset, int length) {
      out.send(format.key(startMs, endMs, group, bytes, offset, length), null);
    }
  }

  /** Holds one record back, so that the last can be marked as such. */
  private static final class LastMarked {
    private final KeptView view;
    private final CheckpointSink sink;
    private byte @Nullable [] key;
    private byte @Nullable [] value;

    LastMarked(KeptView view, CheckpointSink sink) {
      this.view = view;
      this.sink = sink;
    }

    void send(byte[] nextKey, byte @Nullable [] nextValue) {
      if (key != null) {
        sink.send(view, key, value, null);
      }
      key = nextKey;
      value = nextValue;
    }

    void finish(Position checkpoint) {
      if (key != null) {
        Changelog.Checkpoint header =
            new Changelog.Checkpoint(
                view.windowing().sizeMs(),
                checkpoint.inputOffset(),
                checkpoint.streamTimeMs(),
                checkpoint.progress());
        sink.send(view, key, value, header.encode());
      }
    }
  }
}
