package io.streamsocial.processor.task;

import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.Position;
import io.streamsocial.store.WindowKey;
import io.streamsocial.store.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * Turns the changes of a view's store into the changelog records of a checkpoint. Owned by one
 * task.
 */
final class CheckpointWriter {
  private final RowFormat format;
  // The last row of the last checkpoint.
  private byte @Nullable [] markerKey;
  private byte[] markerValue = new byte[0];

  CheckpointWriter(RowFormat format) {
    this.format = format;
  }

  /** Whether a checkpoint without a change can be sent: on the last row of the one before. */
  boolean hasMarker() {
    return markerKey != null;
  }

  /** Hands over all changed rows, the last of them marked with the checkpoint. */
  void send(TaskView view, Position checkpoint, CheckpointSink sink) {
    WindowStore store = view.store();
    LastMarked marked = new LastMarked(view.kept(), sink);
    if (store.changes() == 0 && markerKey != null) {
      marked.send(markerKey, markerValue);
    }
    store.forEachChange(
        (start, group, bytes, offset, length, rows, at) ->
            marked.send(
                format.key(start, group, bytes, offset, length), format.value(rows, at)));
    marked.finish(checkpoint);
    markerKey = marked.key;
    markerValue = marked.value;
  }

  /** Hands over every row on disk, the last of them marked with the checkpoint. */
  static void sendAll(KeptView view, WindowStore store, Position checkpoint, CheckpointSink sink) {
    LastMarked marked = new LastMarked(view, sink);
    store.forEachRow(
        (key, row) -> {
          byte[] tag = WindowKey.tag(key);
          marked.send(
              view.format()
                  .key(WindowKey.windowStart(key), WindowKey.region(key), tag, 0, tag.length),
              view.format().value(row, 0));
        });
    marked.finish(checkpoint);
  }

  /** Holds one record back, so that the last can be marked as such. */
  private static final class LastMarked {
    private final KeptView view;
    private final CheckpointSink sink;
    private byte @Nullable [] key;
    private byte[] value = new byte[0];

    LastMarked(KeptView view, CheckpointSink sink) {
      this.view = view;
      this.sink = sink;
    }

    void send(byte[] nextKey, byte[] nextValue) {
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
