package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.SessionStore;
import java.util.Arrays;

/** One row of a view: the values of a key in one window. Immutable; for any thread. */
public final class ViewRow {
  private final ViewSchema view;
  private final long windowStartMs;
  private final long[] lanes;

  /**
   * @param windowStartMs 0 for a view without windows
   * @param lanes as the store has them, see {@link ViewSchema#lanes}; not copied: the caller does
   *     not change them
   */
  public ViewRow(ViewSchema view, long windowStartMs, long[] lanes) {
    if (lanes.length != view.lanes().width()) {
      throw new IllegalArgumentException(
          "a row of %s has %d numbers instead of %d"
              .formatted(view.name(), lanes.length, view.lanes().width()));
    }
    this.view = view;
    this.windowStartMs = windowStartMs;
    this.lanes = lanes;
  }

  /** Start of its window or session, epoch milliseconds; 0 for a view without windows. */
  public long windowStartMs() {
    return windowStartMs;
  }

  /** Time of the last event of a session, epoch milliseconds. */
  public long endMs() {
    if (view.kind() != View.Kind.SESSION) {
      throw new IllegalStateException("rows of the view %s are no sessions".formatted(view.name()));
    }
    return lanes[SessionStore.END];
  }

  /**
   * The value of a field.
   *
   * @throws IllegalArgumentException when the view has no such field
   */
  public long get(String field) {
    return get(
        view.field(field)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the view %s has no field '%s', but %s"
                            .formatted(view.name(), field, view.fields()))));
  }

  /**
   * @param field index in {@link ViewSchema#fields}
   */
  public long get(int field) {
    return lanes[view.lane(field)];
  }

  /** Largest event time of a row of a view without windows, epoch milliseconds. */
  public long timeMs() {
    if (view.kind() != View.Kind.UNWINDOWED) {
      throw new IllegalStateException("rows of the view %s have no time".formatted(view.name()));
    }
    return lanes[0];
  }

  /** A copy of the longs of the store. */
  public long[] lanes() {
    return lanes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ViewRow row
        && view.name().equals(row.view.name())
        && windowStartMs == row.windowStartMs
        && Arrays.equals(lanes, row.lanes);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(windowStartMs) + Arrays.hashCode(lanes);
  }

  @Override
  public String toString() {
    return "%d: %s".formatted(windowStartMs, Arrays.toString(lanes));
  }
}
