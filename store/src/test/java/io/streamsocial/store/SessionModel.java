package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Sessions by brute force: the events of each key in order of time, cut where a pause is too long.
 */
final class SessionModel {
  static final String NAME = "sessions";
  static final long GAP = 30_000;

  /** Start, end, then the sum of the values and the last of them. */
  static final Lanes LANES =
      Lanes.of(Lanes.Merge.MIN, Lanes.Merge.MAX, Lanes.Merge.SUM, Lanes.Merge.LAST);

  static final TaskStore.Spec SPEC = TaskStore.Spec.sessions(NAME, GAP, LANES);

  static final String[] GROUPS = {"", "a", "ab", "eu", "é"};

  record Name(String group, String key) implements Comparable<Name> {
    private static final Comparator<Name> ORDER =
        Comparator.comparing(Name::group, Row::byCodePoints)
            .thenComparing(Name::key, Row::byCodePoints);

    static Name of(byte[] group, byte[] bytes, int offset, int length) {
      return new Name(new String(group, UTF_8), new String(bytes, offset, length, UTF_8));
    }

    byte[] groupBytes() {
      return group.getBytes(UTF_8);
    }

    byte[] keyBytes() {
      return key.getBytes(UTF_8);
    }

    @Override
    public int compareTo(Name other) {
      return ORDER.compare(this, other);
    }
  }

  record Event(long timeMs, long value) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return Comparator.comparingLong(Event::timeMs)
          .thenComparingLong(Event::value)
          .compare(this, other);
    }
  }

  // The lists are replaced, never changed: a copy of the map is a copy of the model.
  private final TreeMap<Name, List<Event>> events = new TreeMap<>();
  private long expiredBefore;

  SessionModel copy() {
    SessionModel copy = new SessionModel();
    copy.events.putAll(events);
    copy.expiredBefore = expiredBefore;
    return copy;
  }

  // ---------------------------------------------------------------- input

  /** A key with some zeros in it now and then; few of many are chosen often. */
  static Name name(SplittableRandom random, int keys) {
    int key = (int) Math.pow(keys, random.nextDouble());
    String zeros = key % 5 == 0 ? "\0" : key % 7 == 0 ? "\0\0\1" : "";
    return new Name(GROUPS[random.nextInt(GROUPS.length)], "k" + key / 3 + zeros);
  }

  /** Events of one session. */
  static List<Event> partial(SplittableRandom random, long fromMs) {
    List<Event> events = new ArrayList<>();
    long time = Math.max(0, fromMs);
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      events.add(new Event(time, random.nextLong(1, 100)));
      time += random.nextInt(3) == 0 ? GAP : random.nextLong(GAP);
    }
    return events;
  }

  /** The row of events of one session. */
  static long[] row(Collection<Event> session) {
    long[] row = new long[LANES.width()];
    LANES.clear(row, 0);
    for (Event event : session) {
      long time = event.timeMs();
      LANES.merge(row, 0, new long[] {time, time, event.value(), time, event.value()}, 0);
    }
    return row;
  }

  /** Folds a partial session into a store. */
  static void merge(SessionStore store, Name name, Collection<Event> session) {
    byte[] record = ("<" + name.key() + ">").getBytes(UTF_8);
    try (SessionStore.Fold fold = store.fold()) {
      fold.merge(name.groupBytes(), record, 1, record.length - 2, row(session), 0);
    }
  }

  void add(Name name, List<Event> session) {
    List<Event> all = events.getOrDefault(name, List.of());
    long start = session.get(0).timeMs();
    long end = session.get(session.size() - 1).timeMs();
    if (end < expiredBefore
        && all.stream().noneMatch(e -> e.timeMs() - end <= GAP && start - e.timeMs() <= GAP)) {
      return;
    }
    events.put(name, Stream.concat(all.stream(), session.stream()).sorted().toList());
  }

  void expireBefore(long timeMs) {
    if (timeMs <= expiredBefore) {
      return;
    }
    expiredBefore = timeMs;
    events.replaceAll(
        (name, all) ->
            cut(all).stream()
                .filter(session -> session.get(session.size() - 1).timeMs() >= timeMs)
                .flatMap(List::stream)
                .toList());
    events.values().removeIf(List::isEmpty);
  }

  // ---------------------------------------------------------------- sessions

  static List<List<Event>> cut(List<Event> sorted) {
    List<List<Event>> sessions = new ArrayList<>();
    for (Event event : sorted) {
      List<Event> last = sessions.isEmpty() ? List.of() : sessions.get(sessions.size() - 1);
      if (last.isEmpty() || event.timeMs() - last.get(last.size() - 1).timeMs() > GAP) {
        last = new ArrayList<>();
        sessions.add(last);
      }
      last.add(event);
    }
    return sessions;
  }

  /** Names what differs, not all that is the same. */
  static void assertSame(
      Map<Name, List<List<Long>>> actual, Map<Name, List<List<Long>>> expected, Object when) {
    Map<Name, List<List<Long>>> differs = new TreeMap<>(actual);
    differs.entrySet().removeAll(expected.entrySet());
    Map<Name, List<List<Long>>> missing = new TreeMap<>(expected);
    missing.entrySet().removeAll(actual.entrySet());
    assertThat(differs).describedAs("%s", when).isEqualTo(missing);
  }

  /** As a test compares them. */
  static List<List<Long>> lists(Collection<long[]> rows) {
    return rows.stream().map(row -> Arrays.stream(row).boxed().toList()).toList();
  }

  List<List<Long>> sessions(Name name) {
    return sessions(name, 0, Long.MAX_VALUE);
  }

  List<List<Long>> sessions(Name name, long fromMs, long toMs) {
    List<long[]> rows = new ArrayList<>();
    for (List<Event> session : cut(events.getOrDefault(name, List.of()))) {
      long[] row = row(session);
      if (row[SessionStore.END] >= fromMs && row[SessionStore.START] < toMs) {
        rows.add(row);
      }
    }
    return lists(rows);
  }

  Map<Name, List<List<Long>>> all() {
    return all(0, Long.MAX_VALUE);
  }

  Map<Name, List<List<Long>>> all(long fromMs, long toMs) {
    TreeMap<Name, List<List<Long>>> all = new TreeMap<>();
    for (Name name : events.keySet()) {
      List<List<Long>> sessions = sessions(name, fromMs, toMs);
      if (!sessions.isEmpty()) {
        all.put(name, sessions);
      }
    }
    return all;
  }

  long active(String group, long atMs) {
    return events.entrySet().stream()
        .filter(entry -> entry.getKey().group().equals(group))
        .filter(entry -> entry.getValue().stream().anyMatch(e -> e.timeMs() > atMs - GAP))
        .count();
  }

  int size() {
    return events.size();
  }

  // ---------------------------------------------------------------- the store's answers

  static TaskStore open(Path dir, StoreMemory memory) {
    return TaskStore.open(dir, List.of(SPEC), memory);
  }

  /** All live sessions of a store, read by pages. */
  static Map<Name, List<List<Long>>> all(SessionStore store, long fromMs, long toMs, int limit) {
    TreeMap<Name, List<List<Long>>> all = new TreeMap<>();
    for (String group : GROUPS) {
      byte[] from = {};
      while (true) {
        SessionStore.Range range = new SessionStore.Range(from, null, fromMs, toMs);
        List<KeyRows> page = store.page(group, range, limit);
        for (KeyRows each : page) {
          Name name = new Name(group, new String(each.key(), UTF_8));
          all.put(name, lists(List.of(each.rows())));
        }
        if (page.size() < limit) {
          break;
        }
        byte[] last = page.get(page.size() - 1).key();
        from = Arrays.copyOf(last, last.length + 1);
      }
    }
    return all;
  }

  static Map<Name, List<List<Long>>> all(SessionStore store) {
    return all(store, 0, Long.MAX_VALUE, 1_000);
  }
}
