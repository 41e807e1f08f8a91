package io.streamsocial.processor.task;

import io.streamsocial.processor.log.Changelog;
import io.streamsocial.store.WindowKey;
import io.streamsocial.store.WindowStore;
import org.jspecify.annotations.Nullable;

/** Turns the changes of a store into the changelog records of a checkpoint. Owned by one task. */
final class CheckpointWriter {
  // The last row of the last checkpoint.
  private byte @Nullable [] markerKey;
  private byte[] markerValue = new byte[0];

  /** Whether a checkpoint without a change can be sent: on the last row of the one before. */
  boolean hasMarker() {
    return markerKey != null;
  }

  /** Hands over all changed rows, the last of them marked with the checkpoint. */
  void send(WindowStore store, Changelog.Checkpoint checkpoint, CheckpointSink sink) {
    LastMarked marked = new LastMarked(sink);
    if (store.changes() == 0 && markerKey != null) {
      marked.send(markerKey, markerValue);
    }
    store.forEachChange(
        (start, region, bytes, offset, length, count) ->
            marked.send(
                Changelog.key(start, region, bytes, offset, length), Changelog.value(count)));
    marked.finish(checkpoint.encode());
    markerKey = marked.key;
    markerValue = marked.value;
  }

  /** Hands over every row on disk, the last of them marked with the checkpoint. */
  static void sendAll(WindowStore store, Changelog.Checkpoint checkpoint, CheckpointSink sink) {
    LastMarked marked = new LastMarked(sink);
    store.forEachRow(
        (row, count) -> {
          byte[] tag = WindowKey.tag(row);
          marked.send(
              Changelog.key(WindowKey.windowStart(row), WindowKey.region(row), tag, 0, tag.length),
              Changelog.value(count));
        });
    marked.finish(checkpoint.encode());
  }

  /** Holds one record back, so that the last can be marked as such. */
  private static final class LastMarked {
    private final CheckpointSink sink;
    private byte @Nullable [] key;
    private byte[] value = new byte[0];

    LastMarked(CheckpointSink sink) {
      this.sink = sink;
    }

    void send(byte[] nextKey, byte[] nextValue) {
      if (key != null) {
        sink.send(key, value, null);
      }
      key = nextKey;
      value = nextValue;
    }

    void finish(byte[] header) {
      if (key != null) {
        sink.send(key, value, header);
      }
    }
  }
}
