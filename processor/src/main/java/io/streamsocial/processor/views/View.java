package io.streamsocial.processor.views;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.store.SessionStore;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Lanes.Merge;
import io.streamsocial.store.table.Tail;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * What is counted, and how: the topics it comes from, for each the {@link Extractor} that makes
 * emissions of its records, the windows that these fall into, and the fields of a row.
 *
 * <pre>{@code
 * View revenue =
 *     View.named("revenue-by-shop")
 *         .from("shop.orders", (record, out) -> {
 *           Order order = Order.parseFrom(record.value());
 *           out.emit(order.timeMs(), order.country(), order.shop(), 1, order.cents(), order.timeMs());
 *         })
 *         .tumbling(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofDays(1))
 *         .groupedBy("country")
 *         .sum("orders").sum("cents").max("last_ms")
 *         .rankedBy("cents")
 *         .build();
 * }</pre>
 *
 * <p><b>Time to live</b> of a row without windows, {@link ViewBuilder#unwindowed(Duration)}. With
 * the row's last event {@code L} and stream time {@code T}, the row is gone as soon as
 *
 * <pre>
 *   L + time to live &lt;= T
 * </pre>
 *
 * <p>No answer shows it from then on, and an emission that comes later begins it anew: nothing of
 * what was before is in it. An emission whose own time is so old is late: it is dropped and
 * counted, as one for a window that is closed. (Emissions of one key that one publish combines are
 * one, of the latest of their times.) Stream time moves with the log, behind each publish, and
 * never by a clock. So a row goes at the same record wherever the log is folded, and none goes
 * while no input comes. In a view with groups the row of all groups is a row of its own: it lives
 * as long as the last event of the key in any group, and its sums go on while the rows of single
 * groups go.
 *
 * <p>A row is of one window, group and key. All instances of an application have the same views:
 * what a view says decides what its state means.
 *
 * <p>Immutable; for any thread.
 */
public final class View {
  /**
   * A named number of a row.
   *
   * @param name unique in the view
   * @param merge how the values of one row become one
   */
  public record Field(String name, Merge merge) {}

  /**
   * The named bytes of a row.
   *
   * @param name unique among the fields of the view
   * @param function that the bytes are a state of; null for the bytes of the newest event
   */
  public record Bytes(String name, @Nullable AggregateFunction<?> function) {
    /** Whether they are the bytes of the newest event. */
    public boolean isLatest() {
      return function == null;
    }

    private Tail tail(String view, Kind kind) {
      return function == null
          ? new Tail.Latest(kind == Kind.SESSION ? SessionStore.END : 0)
          : new Tail.Merged(new Aggregation<>(view, function));
    }
  }

  /** What a row is of. */
  public enum Kind {
    /** One window of a fixed size. */
    TUMBLING,
    /** One session of a key. */
    SESSION,
    /** A key: for ever, or until its last event is as old as a time to live. */
    UNWINDOWED
  }

  /**
   * @param windowing of sessions: the gap as the size
   */
  record Windows(Kind kind, Windowing windowing) {}

  private final String name;
  private final Map<String, Extractor> sources;
  private final Windows windows;
  private final String group;
  private final List<Field> fields;
  private final OptionalInt ranked;
  private final Optional<Bytes> bytes;
  private final Lanes lanes;
  private final int timeLanes;
  private final int id;

  /**
   * @param sources the extractor of each topic, one or more
   * @param group name of the group, empty for a view without
   * @param ranked index of the field that rows are ranked by
   * @param bytes of a row that has some
   */
  View(
      String name,
      Map<String, Extractor> sources,
      Windows windows,
      String group,
      List<Field> fields,
      OptionalInt ranked,
      Optional<Bytes> bytes) {
    this.name = name;
    this.sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
    this.windows = windows;
    this.group = group;
    this.fields = List.copyOf(fields);
    this.ranked = ranked;
    this.bytes = bytes;
    List<Merge> merges = new ArrayList<>(timesOf(windows.kind, bytes.isPresent()));
    this.timeLanes = merges.size();
    fields.forEach(field -> merges.add(field.merge()));
    Lanes longs =
        ranked.isPresent()
            ? Lanes.ranked(merges, ranked.getAsInt() + timeLanes)
            : Lanes.unranked(merges);
    this.lanes = bytes.map(part -> longs.with(part.tail(name, windows.kind))).orElse(longs);
    this.id = id(name);
  }

  /**
   * Begins a view.
   *
   * @param name part of topic names and of paths, and so kept for as long as the state is wanted: 1
   *     to 100 of the characters a-z A-Z 0-9 . _ -, neither {@code default} nor {@code
   *     hashtag-trends-store}
   */
  public static ViewBuilder named(String name) {
    return new ViewBuilder(name);
  }

  public String name() {
    return name;
  }

  /** That its records come from, in the order in which they were said. */
  public List<String> topics() {
    return List.copyOf(sources.keySet());
  }

  /** What it makes of the records of a topic; empty for one that it does not read. */
  public Optional<Extractor> extractor(String topic) {
    return Optional.ofNullable(sources.get(topic));
  }

  /**
   * Before the fields of a row: a session's first and last event; the last event of a key, and of a
   * window when the row has bytes.
   */
  private static List<Merge> timesOf(Kind kind, boolean hasBytes) {
    return switch (kind) {
      case TUMBLING -> hasBytes ? List.of(Merge.MAX) : List.of();
      case SESSION -> List.of(Merge.MIN, Merge.MAX);
      case UNWINDOWED -> List.of(Merge.MAX);
    };
  }

  public Kind kind() {
    return windows.kind;
  }

  /**
   * Its windows; {@link Windowing#isNone} for a view without. Of sessions, those that events are
   * folded by before they reach their sessions: as long as the gap, so that all events of one
   * belong together.
   */
  public Windowing windowing() {
    return windows.windowing;
  }

  /**
   * For how long in stream time a row is kept behind the start of its window, or behind the last
   * event of its session, in milliseconds; empty for a view without windows. Its rows may have a
   * time to live, but none goes by the age of its record in the changelog: stream time may stand
   * still for longer, and the last tombstone is what deletes a row.
   */
  public OptionalLong keptMs() {
    long sizeMs = windowing().sizeMs();
    return switch (kind()) {
      case TUMBLING -> OptionalLong.of(sizeMs + windowing().retentionMs());
      // An event that is not late may be as old as gap and grace, and meet a session that ended a
      // gap before it.
      case SESSION -> OptionalLong.of(2 * sizeMs + windowing().retentionMs());
      case UNWINDOWED -> OptionalLong.empty();
    };
  }

  /** Whether each emission names a group. */
  public boolean isGrouped() {
    return !group.isEmpty();
  }

  /** What its groups are called; empty for a view without. */
  public String groupName() {
    return group;
  }

  /** In the order in which an emission gives their values. */
  public List<Field> fields() {
    return fields;
  }

  /** Index of the field that rows are ranked by; empty when they are not ranked. */
  public OptionalInt ranked() {
    return ranked;
  }

  /** The bytes of a row; empty when it has none. */
  public Optional<Bytes> bytes() {
    return bytes;
  }

  /**
   * The longs of a row: those of the fields, and before them in a view without windows, and in one
   * of windows whose rows have bytes, the largest event time, where Kafka Streams keeps the
   * timestamp of a value; of sessions, the smallest and the largest event time.
   */
  public Lanes lanes() {
    return lanes;
  }

  /** What a reader has to know of it. */
  public ViewSchema schema() {
    return new ViewSchema(name, kind(), windowing(), group, fields, ranked, lanes, bytes);
  }

  /**
   * Where the value of a field stands in a row of {@link #lanes}.
   *
   * @param field index in {@link #fields}
   */
  public int lane(int field) {
    return lanes.lane(field + timeLanes);
  }

  /**
   * Writes what one emission is as a row.
   *
   * @param values one a field
   * @param row is written from {@code at} on
   */
  void row(long timeMs, long[] values, long[] row, int at) {
    for (int i = 0; i < timeLanes; i++) {
      row[at + i] = timeMs;
    }
    for (int i = 0; i < values.length; i++) {
      int lane = at + lane(i);
      row[lane] = values[i];
      if (lanes.isTimed(i + timeLanes)) {
        row[lane - 1] = timeMs;
      }
    }
  }

  /** The {@link #id} of a view of that name. */
  public static int id(String name) {
    int hash = Utils.murmur2(name.getBytes(UTF_8));
    return hash == 0 ? 1 : hash;
  }

  /**
   * Names the view in the shuffle. It follows from the name alone, so that it stays when views are
   * added and removed; never 0, which names the counts of hashtags.
   */
  public int id() {
    return id;
  }

  /**
   * All that decides what the state means, in words: two views whose states may be mixed say the
   * same.
   */
  public String definition() {
    return "%s from %s, %s%s, %s, %s"
        .formatted(
            name,
            String.join(" and ", new TreeSet<>(sources.keySet())),
            sizes(),
            times(),
            groupAndFields(),
            ranked.isPresent()
                ? "ranked by " + fields.get(ranked.getAsInt()).name()
                : "not ranked");
  }

  /**
   * What a row is, in words: its window, group, fields and bytes. A state keeps them, in the
   * changelog and on disk, and is refused where they differ: its rows would be misread, or mixed
   * with others. So they stay as they are from version to version. Left out is what may change
   * under a state: topics, grace, retention, time to live, and by what rows are ranked.
   */
  public String rowDefinition() {
    return "%s, %s".formatted(sizes(), groupAndFields());
  }

  private String sizes() {
    return switch (windows.kind) {
      case TUMBLING -> "tumbling windows of %d ms".formatted(windows.windowing.sizeMs());
      case SESSION -> "sessions with a gap of %d ms".formatted(windows.windowing.sizeMs());
      case UNWINDOWED -> "no windows";
    };
  }

  private String groupAndFields() {
    return "%s, %s%s"
        .formatted(
            isGrouped() ? "grouped by " + group : "no groups",
            fields.stream()
                .map(field -> field.merge() + " " + field.name())
                .collect(Collectors.joining(", ")),
            bytes.map(this::definition).orElse(""));
  }

  private String definition(Bytes part) {
    AggregateFunction<?> function = part.function();
    return "%s%s %s"
        .formatted(
            fields.isEmpty() ? "" : ", ",
            function == null ? "LATEST" : "AGGREGATE " + function.name(),
            part.name());
  }

  private String times() {
    Windowing windowing = windows.windowing;
    if (!windowing.isNone()) {
      return ", grace %d ms, retention %d ms"
          .formatted(windowing.graceMs(), windowing.retentionMs());
    }
    return windowing.timeToLiveMs() == 0
        ? ""
        : ", time to live %d ms".formatted(windowing.timeToLiveMs());
  }

  @Override
  public String toString() {
    return "View[%s]".formatted(definition());
  }
}
