package io.streamsocial.processor.views;

import io.streamsocial.processor.views.View.Field;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes.Merge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link View}. Nothing is checked before {@link #build}, which reports all problems at
 * once. Where one thing is said twice, the last counts. Not thread-safe.
 */
public final class ViewBuilder {
  /** At most so many topics a view. */
  public static final int TOPICS_MAX = 8;

  /** At most so many fields a view. */
  public static final int FIELDS_MAX = 8;

  /** The shortest time to live of a row without a window. */
  public static final Duration TIME_TO_LIVE_MIN = Duration.ofMinutes(1);

  /** The longest. */
  public static final Duration TIME_TO_LIVE_MAX = Duration.ofDays(366);

  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,100}");
  private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,249}");
  private static final Pattern FUNCTION = Pattern.compile("[a-zA-Z0-9._-]{1,64}");
  private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  // What a store and its topics have already: RocksDB's own family, in which the positions are, and
  // the hashtags.
  private static final Set<String> NO_NAMES = Set.of("default", "hashtag-trends-store");

  /** What stands beside the fields of a row where it is shown. */
  public static final Set<String> NO_FIELDS = Set.of("window", "time_ms", "start_ms", "end_ms");

  /** What a view may be asked with beside its group, which is asked for by its name. */
  public static final Set<String> NO_GROUPS =
      Set.of(
          "after",
          "at",
          "by",
          "cursor",
          "encoding",
          "from",
          "from_key",
          "limit",
          "max_staleness_ms",
          "prefix",
          "require",
          "to",
          "to_key",
          "wait_ms",
          "windows");

  private static final Duration SIZE_MIN = Duration.ofSeconds(1);
  private static final Duration SIZE_MAX = Duration.ofDays(1);
  private static final Duration RETENTION_MAX = Duration.ofDays(31);

  /** Windows of a size, or sessions with a gap. */
  private record Windows(Duration size, Duration grace, Duration retention) {}

  private final String name;
  private final Map<String, Extractor> sources = new LinkedHashMap<>();
  private View.@Nullable Kind kind;
  private @Nullable Windows windows;
  private @Nullable Duration timeToLive;
  private @Nullable String group;
  private final List<Field> fields = new ArrayList<>();
  private final List<View.Bytes> bytes = new ArrayList<>();
  private @Nullable String ranked;

  ViewBuilder(String name) {
    this.name = name;
  }

  /**
   * Where its records come from, and what is made of them. Called for several topics, the view is
   * of all of them; partitions of one need not fit those of another.
   *
   * @param topic of Kafka; at most {@value #TOPICS_MAX} a view
   */
  public ViewBuilder from(String topic, Extractor extractor) {
    sources.put(topic, extractor);
    return this;
  }

  /**
   * Rows of one window each: {@code [start, start + size)}, starts at multiples of the size.
   *
   * @param size 1 second to 1 day, in whole milliseconds
   * @param grace how long after its end, in stream time, a window still counts; at most retention
   * @param retention how long after its end, in stream time, a window stays readable; at most 31
   *     days
   */
  public ViewBuilder tumbling(Duration size, Duration grace, Duration retention) {
    kind = View.Kind.TUMBLING;
    windows = new Windows(size, grace, retention);
    return this;
  }

  /**
   * Rows of one session each: what happened for a key without a pause of more than the gap.
   * Sessions grow and merge as events come, in whatever order they come.
   *
   * @param gap 1 second to 1 day, in whole milliseconds
   * @param grace how much older than stream time an event may be and still count; at most
   *     retention. Time is cut into stretches as long as the gap, which begin at its multiples, and
   *     an event is late once the end of its stretch is the grace or more behind stream time. So
   *     one that is older than grace and gap together is late, and one that is older than the grace
   *     alone may be
   * @param retention how long after its end, in stream time, a session stays readable; at most 31
   *     days
   */
  public ViewBuilder session(Duration gap, Duration grace, Duration retention) {
    kind = View.Kind.SESSION;
    windows = new Windows(gap, grace, retention);
    return this;
  }

  /**
   * One row a key, for ever: no emission is late and no row expires, so the state grows with the
   * number of keys.
   */
  public ViewBuilder unwindowed() {
    kind = View.Kind.UNWINDOWED;
    windows = null;
    timeToLive = null;
    return this;
  }

  /**
   * One row a key, until its last event is so far behind stream time; {@link View} says what
   * becomes of it then. The state grows with the keys that come within this time. Such a view
   * cannot be {@link #rankedBy ranked}: its top N is read by a scan.
   *
   * @param timeToLive 1 minute to 366 days, in whole milliseconds
   */
  public ViewBuilder unwindowed(Duration timeToLive) {
    kind = View.Kind.UNWINDOWED;
    windows = null;
    this.timeToLive = timeToLive;
    return this;
  }

  /**
   * Each emission names a group, and a row is of one group and key: the dimension that rankings are
   * made for, such as a country. Of every key there is a row of all groups, too.
   *
   * @param group what a group is called: a small letter, then at most 63 of the characters a-z 0-9
   *     _, none of {@link #NO_GROUPS}
   */
  public ViewBuilder groupedBy(String group) {
    this.group = group;
    return this;
  }

  /**
   * Adds a field: the sum of its values, which wraps at 2^63, but see {@link #rankedBy}.
   *
   * @param field its name: a small letter, then at most 63 of the characters a-z 0-9 _, none of
   *     {@link #NO_FIELDS}
   */
  public ViewBuilder sum(String field) {
    return field(field, Merge.SUM);
  }

  /** Adds a field: its smallest value. */
  public ViewBuilder min(String field) {
    return field(field, Merge.MIN);
  }

  /** Adds a field: its largest value. */
  public ViewBuilder max(String field) {
    return field(field, Merge.MAX);
  }

  /** Adds a field: its value at the earliest event time; of several at that time the smallest. */
  public ViewBuilder first(String field) {
    return field(field, Merge.FIRST);
  }

  /** Adds a field: its value at the latest event time; of several at that time the largest. */
  public ViewBuilder last(String field) {
    return field(field, Merge.LAST);
  }

  /**
   * Each emission has bytes ({@link Emitter#with}), and a row keeps those of the latest event time;
   * of several at that time the largest, byte by byte. A profile, a price, the text of a post: at
   * most {@link Emissions#TAIL_BYTES_MAX} bytes. Costs more than a field does: the bytes go through
   * the shuffle, the changelog and the store with the row.
   *
   * <p>A view has one part of bytes at most, this or {@link #aggregate}, and needs no field beside
   * it.
   *
   * @param name as that of a field
   */
  public ViewBuilder latest(String name) {
    bytes.add(new View.Bytes(name, null));
    return this;
  }

  /**
   * Each emission has bytes ({@link Emitter#with}), and a row keeps what a function makes of all of
   * them: a sketch, a set, a histogram. Slower than fields and {@link #latest}, see {@link
   * AggregateFunction}, which says what the engine needs of it.
   *
   * @param name as that of a field
   */
  public ViewBuilder aggregate(String name, AggregateFunction<?> function) {
    bytes.add(new View.Bytes(name, function));
    return this;
  }

  private ViewBuilder field(String field, Merge merge) {
    fields.add(new Field(field, merge));
    return this;
  }

  /**
   * Keeps the largest rows at hand, which makes a top N exact and cheap. A record that emits a
   * negative value of this field is rejected. Not for sessions, nor for rows with a time to live:
   * it rests on sums that only grow. The sum does not wrap: what would pass 2^63 - 1 stays there,
   * and so does a total of several windows.
   *
   * @param field the name of a sum
   */
  public ViewBuilder rankedBy(String field) {
    this.ranked = field;
    return this;
  }

  /**
   * The view.
   *
   * @throws IllegalArgumentException what was said is not a view; the message names every problem
   *     and what to do
   */
  public View build() {
    List<String> problems = new ArrayList<>();
    if (!NAME.matcher(name).matches()) {
      problems.add(
          "its name: use 1 to 100 of the characters a-z A-Z 0-9 . _ -, but not . or .. alone");
    }
    if (NO_NAMES.contains(name)) {
      problems.add(
          "its name: a store has something else of that name already; give it another one");
    }
    checkSources(problems);
    Windowing windowing = windowing(problems);
    if (group != null && !WORD.matcher(group).matches()) {
      problems.add("its group '%s': %s".formatted(group, wordRule()));
    }
    if (group != null && NO_GROUPS.contains(group)) {
      problems.add(
          "its group '%s': questions have another parameter of that name; rename it"
              .formatted(group));
    }
    checkFields(problems);
    OptionalInt rank = rank(problems);
    if (!problems.isEmpty() || kind == null) {
      throw new IllegalArgumentException(
          "the view '%s' cannot be built:%n  %s"
              .formatted(name, String.join(System.lineSeparator() + "  ", problems)));
    }
    return new View(
        name,
        sources,
        new View.Windows(kind, windowing),
        group == null ? "" : group,
        fields,
        rank,
        bytes.stream().findFirst());
  }

  private void checkSources(List<String> problems) {
    if (sources.isEmpty() || sources.size() > TOPICS_MAX) {
      problems.add(
          "it has %d sources: call from() for 1 to %d topics, each with an extractor"
              .formatted(sources.size(), TOPICS_MAX));
    }
    for (String topic : sources.keySet()) {
      if (!TOPIC.matcher(topic).matches()) {
        problems.add(
            "its topic '%s': use 1 to 249 of the characters a-z A-Z 0-9 . _ -, but not . or .. alone"
                .formatted(topic));
      }
    }
  }

  private static String wordRule() {
    return "begin with a small letter, go on with at most 63 of the characters a-z 0-9 _";
  }

  private Windowing windowing(List<String> problems) {
    if (kind == null) {
      problems.add(
          "it has no windows: call tumbling() or session(), or unwindowed() for one row a key");
    }
    Windows asked = windows;
    if (asked == null) {
      return unwindowed(problems);
    }
    int before = problems.size();
    if (asked.size.compareTo(SIZE_MIN) < 0 || asked.size.compareTo(SIZE_MAX) > 0) {
      problems.add(
          "its %s of %s: make it 1 second to 1 day long"
              .formatted(kind == View.Kind.SESSION ? "gap" : "window", asked.size));
    }
    if (asked.retention.isNegative() || asked.retention.compareTo(RETENTION_MAX) > 0) {
      problems.add("its retention of %s: make it 0 to 31 days".formatted(asked.retention));
    }
    if (asked.grace.isNegative() || asked.grace.compareTo(asked.retention) > 0) {
      problems.add(
          "its grace of %s: make it 0 to the retention, %s, since a window is kept for as long as it counts"
              .formatted(asked.grace, asked.retention));
    }
    return problems.size() > before
        ? Windowing.NONE
        : new Windowing(asked.size.toMillis(), asked.grace.toMillis(), asked.retention.toMillis());
  }

  private Windowing unwindowed(List<String> problems) {
    Duration asked = timeToLive;
    if (asked == null) {
      return Windowing.NONE;
    }
    boolean isInRange =
        asked.compareTo(TIME_TO_LIVE_MIN) >= 0 && asked.compareTo(TIME_TO_LIVE_MAX) <= 0;
    if (!isInRange || !asked.equals(Duration.ofMillis(asked.toMillis()))) {
      problems.add(
          "its time to live of %s: make it 1 minute to 366 days, in whole milliseconds"
              .formatted(asked));
      return Windowing.NONE;
    }
    return Windowing.none(asked.toMillis());
  }

  private void checkFields(List<String> problems) {
    if ((fields.isEmpty() && bytes.isEmpty()) || fields.size() > FIELDS_MAX) {
      problems.add(
          "it has %d fields: declare 1 to %d with sum(), min(), max(), first() or last(), or none beside latest() or aggregate()"
              .formatted(fields.size(), FIELDS_MAX));
    }
    Set<String> names = new HashSet<>();
    fields.forEach(field -> checkName(field.name(), names, problems));
    checkBytes(names, problems);
  }

  private static void checkName(String field, Set<String> names, List<String> problems) {
    if (!WORD.matcher(field).matches()) {
      problems.add("its field '%s': %s".formatted(field, wordRule()));
    }
    if (NO_FIELDS.contains(field)) {
      problems.add(
          "its field '%s': answers have something else of that name; rename it".formatted(field));
    }
    if (!names.add(field)) {
      problems.add("it has two fields '%s': rename one".formatted(field));
    }
  }

  private void checkBytes(Set<String> names, List<String> problems) {
    if (bytes.size() > 1) {
      problems.add(
          "it keeps bytes %d times: call latest() or aggregate() once; more is one more view, or one function for all of it"
              .formatted(bytes.size()));
    }
    for (View.Bytes part : bytes) {
      checkName(part.name(), names, problems);
      String other = part.name() + "_base64";
      if (names.contains(other)) {
        problems.add(
            "its field '%s': bytes of '%s' that are no text have that name in answers; rename it"
                .formatted(other, part.name()));
      }
      AggregateFunction<?> function = part.function();
      if (function != null && !FUNCTION.matcher(function.name()).matches()) {
        problems.add(
            "its aggregate function '%s': give it a name of 1 to 64 of the characters a-z A-Z 0-9 . _ -"
                .formatted(function.name()));
      }
    }
  }

  private OptionalInt rank(List<String> problems) {
    if (ranked == null) {
      return OptionalInt.empty();
    }
    if (kind == View.Kind.SESSION) {
      problems.add("it is ranked, which sessions cannot be: leave rankedBy() out");
    }
    if (kind == View.Kind.UNWINDOWED && timeToLive != null) {
      problems.add(
          "it is ranked, which rows with a time to live cannot be, as a ranking rests on sums that only grow: leave rankedBy() out, its top N is read by a scan then");
    }
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).equals(new Field(ranked, Merge.SUM))) {
        return OptionalInt.of(i);
      }
    }
    problems.add(
        "it is ranked by '%s', which is no sum of it: declare it with sum(), or rank by another field"
            .formatted(ranked));
    return OptionalInt.empty();
  }
}
