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
    again.publishHeads();
    for (long start : starts) {
      assertThat(again.heads().top(new long[] {start}, "", 1)).isEmpty();
    }
    // What is folded meanwhile must not be lost by the rebuild.
    add(again, 0, "", "k1", 1_000);
    model.merge(new Row(0, "", "k1"), 1_000L, Long::sum);
    List<Long> newestFirst = new ArrayList<>();
    while (again.rebuildNextHead()) {
      again.publishHeads();
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
    store.publishHeads();
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
