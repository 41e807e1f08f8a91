package io.streamsocial.processor.views;

import io.streamsocial.processor.views.View.Field;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Lanes.Merge;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a reader has to know of a view: how its rows are found, and what their numbers mean. The
 * hashtags have one, too. Immutable; for any thread.
 *
 * @param name of the view and its store
 * @param kind what a row is of
 * @param windowing {@link Windowing#isNone} for a view without windows; of sessions, the gap is the
 *     size
 * @param group what its groups are called; empty for a view without
 * @param fields the numbers of a row by their names
 * @param ranked index of the field that rows are ranked by; empty when they are not ranked
 * @param lanes the longs of a row in the store, see {@link View#lanes}
 * @param bytes of a row; empty when it has none
 */
public record ViewSchema(
    String name,
    View.Kind kind,
    Windowing windowing,
    String group,
    List<Field> fields,
    OptionalInt ranked,
    Lanes lanes,
    Optional<View.Bytes> bytes) {

  public ViewSchema {
    fields = List.copyOf(fields);
  }

  /** Of a view whose rows have no bytes. */
  public ViewSchema(
      String name,
      View.Kind kind,
      Windowing windowing,
      String group,
      List<Field> fields,
      OptionalInt ranked,
      Lanes lanes) {
    this(name, kind, windowing, group, fields, ranked, lanes, Optional.empty());
  }

  /** Whether a row is of one window of a fixed size. */
  public boolean isWindowed() {
    return kind == View.Kind.TUMBLING;
  }

  public boolean isGrouped() {
    return !group.isEmpty();
  }

  /**
   * Where the value of a field stands in a row of {@link #lanes}.
   *
   * @param field index in {@link #fields}
   */
  public int lane(int field) {
    return lanes.lane(field + lanes.fields() - fields.size());
  }

  /** Whether a row says the time of its newest event, beside a window or alone. */
  public boolean hasTime() {
    return kind == View.Kind.UNWINDOWED || (isWindowed() && bytes.isPresent());
  }

  /** Index of a field by its name. */
  public OptionalInt field(String named) {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals(named)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /** Names of the fields that are sums: by these its keys can be put in an order. */
  public List<String> sums() {
    return fields.stream().filter(field -> field.merge() == Merge.SUM).map(Field::name).toList();
  }
}
