package io.streamsocial.store.snapshots;

import io.streamsocial.store.Position;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Tail;
import java.util.Locale;

/**
 * A view in a snapshot.
 *
 * @param kind of its rows, see {@link TaskStore.Kind}
 * @param sizeMs of a window; of sessions, the gap
 * @param fields how each lane is merged, and what bytes a row has
 * @param inputOffset next shuffle offset that its rows do not include
 * @param changelogOffset next changelog offset that they do not include
 */
public record SnapshotView(
    String name, String kind, long sizeMs, String fields, long inputOffset, long changelogOffset) {

  static SnapshotView of(TaskStore.Spec view, Position position) {
    return new SnapshotView(
        view.name(),
        view.kind().name().toLowerCase(Locale.ROOT),
        view.sizeMs(),
        fields(view.lanes()),
        position.inputOffset(),
        position.changelogOffset());
  }

  private static String fields(Lanes lanes) {
    StringBuilder fields = new StringBuilder();
    for (int field = 0; field < lanes.fields(); field++) {
      fields.append(field == 0 ? "" : ",").append(lanes.merge(field));
    }
    Tail tail = lanes.tail();
    return tail == null ? fields.toString() : fields + "+bytes " + tail.code();
  }

  /** What it must have in common with the view of whoever wants to go on from it. */
  String definition() {
    return "%s (%s, %d ms, %s)".formatted(name, kind, sizeMs, fields);
  }
}
