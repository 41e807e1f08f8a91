package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.SessionModel.Event;
import io.streamsocial.store.table.SessionRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SessionRowsTest {
  private static final int WIDTH = SessionModel.LANES.width();
  private static final SessionRows ROWS = new SessionRows(SessionModel.LANES, SessionModel.GAP);

  private static long[] session(long start, long end, long sum) {
    return new long[] {start, end, sum, end, 1};
  }

  private static long[] merged(long[]... rows) {
    long[] all = SessionRows.NONE;
    for (long[] row : rows) {
      all = ROWS.merge(all, false, row, 0);
    }
    return all;
  }

  private static List<List<Long>> lists(long[] rows) {
    List<long[]> each = new ArrayList<>();
    for (int at = 0; at < rows.length; at += WIDTH) {
      each.add(Arrays.copyOfRange(rows, at, at + WIDTH));
    }
    return SessionModel.lists(each);
  }

  @Test
  void aGapBelongsToTheSessionAndAMillisecondMoreDoesNot() {
    assertThat(lists(merged(session(0, 0, 1), session(30_000, 30_000, 2))))
        .containsExactly(List.of(0L, 30_000L, 3L, 30_000L, 1L));
    assertThat(lists(merged(session(30_000, 30_000, 2), session(0, 0, 1)))).hasSize(1);
    assertThat(lists(merged(session(0, 0, 1), session(30_001, 30_001, 2)))).hasSize(2);
    assertThat(lists(merged(session(30_001, 30_001, 2), session(0, 0, 1)))).hasSize(2);
  }

  @Test
  void anEventBetweenTwoSessionsMakesThemOne() {
    long[] two = merged(session(0, 10, 1), session(50_000, 60_000, 2));
    assertThat(lists(two)).hasSize(2);
    assertThat(lists(ROWS.merge(two, false, session(25_000, 25_000, 4), 0)))
        .containsExactly(List.of(0L, 60_000L, 7L, 60_000L, 1L));
    assertThat(two).as("not changed").hasSize(2 * WIDTH).contains(50_000);
  }

  @Test
  void anArrayIsChangedOnlyWhereThatIsAllowed() {
    long[] one = merged(session(0, 10, 1));
    assertThat(ROWS.merge(one, false, session(5, 20, 1), 0)).isNotSameAs(one);
    assertThat(one).containsExactly(session(0, 10, 1));
    assertThat(ROWS.merge(one, true, session(5, 20, 1), 0)).isSameAs(one);
    assertThat(one).containsExactly(session(0, 20, 2));
  }

  /** Any events, folded into partial sessions in any way, merged in any order. */
  @Test
  void sessionsDependNeitherOnOrderNorOnCuts() {
    Property.holds(
        300,
        random -> {
          List<Event> events = new ArrayList<>();
          long most = random.nextLong(1, 40) * SessionModel.GAP;
          for (int i = random.nextInt(1, 60); i > 0; i--) {
            long time = random.nextLong(most);
            // Often exactly a gap apart.
            events.add(new Event(random.nextBoolean() ? time : time / 30_000 * 30_000, i));
          }
          List<List<Event>> partials = partials(random, events);
          long[] all = SessionRows.NONE;
          for (List<Event> partial : partials) {
            all = ROWS.merge(all, random.nextBoolean(), SessionModel.row(partial), 0);
          }
          Collections.sort(events);
          List<long[]> expected = SessionModel.cut(events).stream().map(SessionModel::row).toList();
          assertThat(lists(all)).isEqualTo(SessionModel.lists(expected));
        });
  }

  /** Events of one session each: some of it, not all, in any order. */
  private static List<List<Event>> partials(SplittableRandom random, List<Event> events) {
    List<Event> rest = new ArrayList<>(events);
    Collections.shuffle(rest, new Random(random.nextLong()));
    List<List<Event>> partials = new ArrayList<>();
    while (!rest.isEmpty()) {
      List<Event> some =
          new ArrayList<>(rest.subList(0, random.nextInt(1, Math.min(8, rest.size()) + 1)));
      rest.subList(0, some.size()).clear();
      Collections.sort(some);
      partials.addAll(SessionModel.cut(some));
    }
    Collections.shuffle(partials, new Random(random.nextLong()));
    return partials;
  }

  /** What is reported turns the rows before into those after, by what a changelog has as key. */
  @Test
  void aComparisonSaysHowRowsBecameOthers() {
    Property.holds(
        300,
        random -> {
          long[] before = rows(random, SessionRows.NONE);
          long[] after =
              random.nextInt(4) == 0 ? rows(random, SessionRows.NONE) : rows(random, before);
          Map<String, List<Long>> kept = byStartAndEnd(before);
          long[][] disk = {before};
          List<String> order = new ArrayList<>();
          ROWS.compare(
              before,
              after,
              new SessionRows.Changes() {
                @Override
                public void deleted(long startMs, long endMs, boolean isGone) {
                  order.add("deleted");
                  assertThat(kept.remove(startMs + "-" + endMs)).isNotNull();
                  disk[0] = isGone ? ROWS.without(disk[0], startMs) : disk[0];
                }

                @Override
                public void changed(long[] rows, int at) {
                  order.add("put");
                  long[] row = Arrays.copyOfRange(rows, at, at + WIDTH);
                  List<Long> replaced = kept.put(row[0] + "-" + row[1], lists(row).get(0));
                  assertThat(replaced).as("changed").isNotEqualTo(lists(row).get(0));
                  disk[0] = ROWS.put(disk[0], rows, at);
                }
              });
          assertThat(kept).isEqualTo(byStartAndEnd(after));
          assertThat(disk[0]).isEqualTo(after);
          assertThat(order).isSortedAccordingTo(String::compareTo);
        });
  }

  private static long[] rows(SplittableRandom random, long[] over) {
    long[] rows = over;
    for (int i = random.nextInt(6); i > 0; i--) {
      long start = random.nextLong(20) * 10_000;
      rows = ROWS.merge(rows, false, session(start, start + random.nextLong(20_000), i), 0);
    }
    return rows;
  }

  private static Map<String, List<Long>> byStartAndEnd(long[] rows) {
    TreeMap<String, List<Long>> byName = new TreeMap<>();
    lists(rows).forEach(row -> byName.put(row.get(0) + "-" + row.get(1), row));
    return byName;
  }

  @Test
  void whatEndedBeforeATimeIsLeftOut() {
    long[] three =
        merged(session(0, 0, 1), session(50_000, 60_000, 2), session(100_000, 100_000, 3));
    assertThat(ROWS.since(three, 0)).isSameAs(three);
    assertThat(lists(ROWS.since(three, 60_000))).hasSize(2);
    assertThat(lists(ROWS.since(three, 60_001))).hasSize(1);
    assertThat(ROWS.since(three, 100_001)).isEmpty();
    assertThat(ROWS.lastEnd(three)).isEqualTo(100_000);
    assertThat(ROWS.lastEnd(SessionRows.NONE)).isEqualTo(SessionRows.NO_END);
    assertThat(ROWS.overlapping(three, 60_000, 100_000).length).isEqualTo(1);
    assertThat(ROWS.overlapping(three, 60_000, 100_001).length).isEqualTo(2);
    assertThat(ROWS.overlapping(three, 60_001, 100_000).length).isZero();
  }
}
