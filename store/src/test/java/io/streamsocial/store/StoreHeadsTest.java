package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The ranked heads that a store publishes. */
class StoreHeadsTest extends StoreCase {
  @Test
  void headsAfterAReopenAreThoseOfBeforeOnceTheyAreRebuilt() {
    WindowStore store = open(20);
    Map<Row, Long> model = fill(store, 4, 3_000);
    long[] starts = {0, MINUTE, 2 * MINUTE, 3 * MINUTE};
    store.commit(FIRST);
    store.flush();
    store.close();

    WindowStore again = open(20);
    again.publish();
    for (long start : starts) {
      assertThat(again.heads().top(new long[] {start}, "", 1)).isEmpty();
    }
    // What is folded meanwhile must not be lost by the rebuild.
    add(again, 0, "", "k1", 1_000);
    model.merge(new Row(0, "", "k1"), 1_000L, Long::sum);
    List<Long> newestFirst = new ArrayList<>();
    while (again.tend(100)) {
      again.publish();
      for (long start : starts) {
        boolean known = again.heads().top(new long[] {start}, "", 1).isPresent();
        if (known && !newestFirst.contains(start)) {
          newestFirst.add(start);
        }
      }
    }
    assertThat(newestFirst).containsExactly(3 * MINUTE, 2 * MINUTE, MINUTE, 0L);
    for (int limit : new int[] {1, 5}) {
      assertThat(again.heads().top(starts, "", limit).map(Ranked::of))
          .contains(Ranked.fullSort(model, starts, "", limit));
    }
  }

  /** Whoever builds heads has other things to do meanwhile, however many rows a window has. */
  @Test
  void headsAreBuiltSomeRowsAtATimeWhileTheWindowGrows() {
    int rows = 5_000;
    int rowsMax = 100;
    try (WindowStore store = open(20)) {
      for (int i = 0; i < rows; i++) {
        add(store, 0, "eu", "k%04d".formatted(i), 1 + i % 50);
      }
      store.commit(FIRST);
      store.flush();
    }
    WindowStore again = open(20);
    long added = 0;
    int calls = 0;
    for (; again.tend(rowsMax); calls++) {
      again.publish();
      if (calls == rows / rowsMax - 1) {
        break; // the last rows are read
      }
      assertThat(again.heads().totals(0)).as("after %d calls", calls).isEmpty();
      // Of a row that was read, of one that was not, and a new one; some on disk, some not.
      for (String tag : List.of("k0000", "k4999", "n" + calls % 7)) {
        add(again, 0, "eu", tag, 3);
        added += 3;
      }
      if (calls % 5 == 0) {
        again.commit(new Position(11 + calls, 21 + calls, 30, new byte[] {1}));
      }
    }
    assertThat(calls).isEqualTo(rows / rowsMax - 1);
    long total = rows / 50L * (50 * 51 / 2) + added;
    assertThat(again.heads().totals(0)).hasValue(Map.of("eu", total));
    assertThat(again.heads().top(new long[] {0}, "eu", 2).map(Ranked::of))
        .contains(Ranked.of(again.top(new long[] {0}, "eu", 2)));
  }

  /** Skewed counts in some windows; returns what they are. */
  private static Map<Row, Long> fill(WindowStore store, int windows, int adds) {
    SplittableRandom random = new SplittableRandom(7);
    TreeMap<Row, Long> model = new TreeMap<>();
    for (int i = 0; i < adds; i++) {
      Row row =
          new Row(
              random.nextInt(windows) * MINUTE, "", "k" + (int) Math.pow(500, random.nextDouble()));
      add(store, row.start(), row.region(), row.tag(), 1);
      model.merge(row, 1L, Long::sum);
    }
    return model;
  }

  @Test
  void headsShowWhatWasPublishedAndOutliveTheStore() {
    WindowStore store = open();
    add(store, 0, "eu", "a", 2);
    store.publish();
    Heads heads = store.heads();
    add(store, 0, "eu", "a", 2);
    store.close();
    assertThat(heads.top(new long[] {0}, "eu", 5).map(Ranked::of))
        .contains(List.of(new Ranked("a", 2, List.of(2L))));
    assertThat(heads.windowStarts()).containsExactly(0L);
    assertThat(heads.regions(0)).containsExactly("eu");
    assertThat(heads.regions(MINUTE)).isEmpty();
  }
}
