package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.HeapBudget.Use;
import io.streamsocial.store.table.RankedRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is counted, the heap stays within its budget, and every answer stays exact. */
class HeapBudgetTest {
  private static final long BYTES = 2 << 20;
  private static final int WINDOWS = 4;
  private static final int REGIONS = 50;
  private static final int TAGS = 400;

  @TempDir Path root;

  private static WindowStore open(Path dir, StoreMemory memory) {
    return WindowStore.open(dir, OnDisk.NAME, 100, new WindowStore.Bounds(1_000, 1_000), memory);
  }

  /** Without shrinking, these heads would take some 10 MB. */
  @Test
  void headsStayWithinTheirShareAndWhatTheyCannotProveIsScanned() {
    HeapBudget heap = new HeapBudget(BYTES);
    try (StoreMemory memory = new StoreMemory(8 << 20, heap);
        WindowStore store = open(root.resolve("store"), memory)) {
      int position = 0;
      for (int window = 0; window < WINDOWS; window++) {
        for (int round = 1; round <= 4; round++) {
          fold(store, window * 100L, round);
          store.publish();
          assertThat(heap.used(Use.HEADS)).isLessThanOrEqualTo(BYTES);
          store.commit(new Position(++position, 0, 0, new byte[0]));
        }
      }
      assertThat(store.heads().top(new long[] {300}, "", 10)).as("the newest of all").isPresent();
      assertThat(store.heads().top(new long[] {0}, "r1", 10)).as("an old region").isEmpty();
      assertAnswers(store);
    }
    assertThat(heap.used(Use.HEADS)).isZero();
    assertThat(heap.used(Use.OVERLAYS)).isZero();
  }

  @Test
  void headsThatAreBuiltAfterARestartStayWithinTheirShareToo() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        WindowStore store = open(root.resolve("store"), memory)) {
      for (int window = 0; window < WINDOWS; window++) {
        fold(store, window * 100L, 1);
      }
      store.commit(new Position(1, 0, 0, new byte[0]));
    }
    HeapBudget heap = new HeapBudget(BYTES);
    try (StoreMemory memory = new StoreMemory(8 << 20, heap);
        WindowStore store = open(root.resolve("store"), memory)) {
      while (store.tend(1_000)) {
        assertThat(heap.used(Use.HEADS)).isLessThanOrEqualTo(BYTES);
      }
      store.publish();
      assertThat(heap.used(Use.HEADS)).isLessThanOrEqualTo(BYTES);
      assertAnswers(store);
    }
  }

  @Test
  void overlaysAskForACheckpointAndCacheNothingWhenTheyAreOver() {
    HeapBudget heap = new HeapBudget(BYTES);
    try (StoreMemory memory = new StoreMemory(8 << 20, heap);
        WindowStore store = open(root.resolve("store"), memory)) {
      heap.add(Use.HEADS, BYTES / 2);
      int folded = 0;
      while (!store.isCheckpointUrgent()) {
        add(store, 0, "", "tag" + folded++, 1);
      }
      assertThat(heap.used(Use.OVERLAYS)).isBetween(heap.share(Use.OVERLAYS), BYTES);
      assertThat(store.isFull()).isFalse();
      while (!store.isFull()) {
        add(store, 0, "", "tag" + folded++, 1);
      }
      assertThat(heap.isInputToWait()).isTrue();
      store.commit(new Position(1, 0, 0, new byte[0]));
      assertThat(heap.used(Use.OVERLAYS)).isZero();
      assertThat(store.isCheckpointUrgent()).isFalse();
      assertThat(heap.isInputToWait()).isFalse();
      assertThat(store.counts(new long[] {0}, new byte[0], "tag7".getBytes(UTF_8)))
          .containsExactly(1);
    }
  }

  private static void fold(WindowStore store, long start, long round) {
    SplittableRandom random = new SplittableRandom(start);
    for (int region = 0; region < REGIONS; region++) {
      for (int tag = 0; tag < TAGS; tag++) {
        long count = 1 + random.nextInt(1_000) + round;
        add(store, start, "r" + region, "tag" + tag, count);
        add(store, start, "", "tag" + tag, count);
      }
    }
  }

  private static void add(WindowStore store, long start, String region, String tag, long count) {
    byte[] bytes = tag.getBytes(UTF_8);
    try (WindowStore.Fold fold = store.fold()) {
      fold.add(store.window(start, region.getBytes(UTF_8)), bytes, 0, bytes.length, count);
    }
  }

  /** What the heads prove is what a scan finds. */
  private static void assertAnswers(WindowStore store) {
    long[] starts = {100, 200, 300};
    int proven = 0;
    for (int region = -1; region < REGIONS; region++) {
      String name = region < 0 ? "" : "r" + region;
      Optional<List<RankedRow>> heads = store.heads().top(starts, name, 10);
      List<RankedRow> scanned = store.top(starts, name, 10);
      assertThat(scanned).hasSize(10);
      if (heads.isPresent()) {
        proven++;
        assertThat(Ranked.of(heads.get())).isEqualTo(Ranked.of(scanned));
      }
    }
    assertThat(proven).isBetween(0, REGIONS);
  }
}
