package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.AggregateFunction;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.ReadBudget;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.table.Tail;
import java.util.Arrays;
import java.util.Optional;

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
    if (!view.lanes().isRow(lanes)) {
      throw new IllegalArgumentException(
          "%d numbers are no row of %s, which has %d%s"
              .formatted(
                  lanes.length,
                  view.name(),
                  view.lanes().width(),
                  view.lanes().hasTail() ? " and bytes" : ""));
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
   * The value of a field; of bytes that an aggregate function made, its result.
   *
   * @throws IllegalArgumentException when the view has no such field
   */
  public long get(String field) {
    if (view.bytes().isPresent() && view.bytes().get().name().equals(field)) {
      return result();
    }
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

  /**
   * The bytes: those of the newest event, or the state of the aggregate function.
   *
   * @return a copy
   * @throws IllegalStateException when rows of the view have none
   */
  public byte[] bytes() {
    part();
    return Tail.bytes(lanes, view.lanes().width());
  }

  /** The bytes as UTF-8; empty when they are none. */
  public Optional<String> text() {
    return ViewKey.of(bytes()).text();
  }

  /**
   * What the aggregate function shows of the row's state.
   *
   * @throws IllegalStateException when the view has none, or the function fails
   */
  public long result() {
    AggregateFunction<?> function = part().function();
    if (function == null) {
      throw new IllegalStateException(
          "the view %s keeps the latest bytes, which have no result: ask for bytes() or text()"
              .formatted(view.name()));
    }
    return result(function);
  }

  private <S> long result(AggregateFunction<S> function) {
    try {
      return function.result(function.decode(bytes()));
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "the aggregate function %s of view %s threw %s for the result of a row"
              .formatted(function.name(), view.name(), e),
          e);
    }
  }

  private View.Bytes part() {
    return view.bytes()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "rows of the view %s have no bytes".formatted(view.name())));
  }

  /**
   * Largest event time of a row of a view without windows, or of one whose rows have bytes and are
   * no sessions; epoch milliseconds.
   */
  public long timeMs() {
    if (!view.hasTime()) {
      throw new IllegalStateException("rows of the view %s have no time".formatted(view.name()));
    }
    return lanes[0];
  }

  /** A copy of the longs of the store, without the bytes. */
  public long[] lanes() {
    return Arrays.copyOf(lanes, view.lanes().width());
  }

  /** Makes a row of its lanes and bytes. */
  public static ViewRow of(ViewSchema view, long windowStartMs, long[] lanes, byte[] bytes) {
    long[] row = Arrays.copyOf(lanes, lanes.length + Tail.longs(bytes.length));
    Tail.put(bytes, 0, bytes.length, row, lanes.length);
    return new ViewRow(view, windowStartMs, row);
  }

  /** Rows that it counts as where a question bounds them, see {@link ReadBudget}. */
  int weight() {
    return 1 + view.lanes().tailBytes(lanes, 0) / ReadBudget.ROW_BYTES;
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
