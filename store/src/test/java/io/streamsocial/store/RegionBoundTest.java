package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A window counts so many regions by their names: the first ones, whoever folds the input. */
class RegionBoundTest {
  private static final int MAX_REGIONS = 3;
  private static final WindowStore.Bounds BOUNDS = new WindowStore.Bounds(4, MAX_REGIONS);
  private static final byte[] TAG = "t".getBytes(UTF_8);

  @TempDir Path root;

  private final StoreMemory memory = new StoreMemory(16 << 20);

  @AfterEach
  void close() {
    memory.close();
  }

  private WindowStore open(String name) {
    return WindowStore.open(root.resolve(name), OnDisk.NAME, 100, BOUNDS, memory);
  }

  private static boolean fold(WindowStore store, long start, String region) {
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region window = store.window(start, region.getBytes(UTF_8));
      fold.add(window, TAG, 0, TAG.length, 1);
      return window.isOther();
    }
  }

  private static long count(WindowStore store, long start, String region) {
    return store.counts(new long[] {start}, region.getBytes(UTF_8), TAG)[0];
  }

  @Test
  void theFirstRegionsKeepTheirNamesAndTheOthersAreCountedTogether() {
    try (WindowStore store = open("store")) {
      assertThat(fold(store, 0, WindowStore.ALL_REGIONS)).isFalse();
      assertThat(fold(store, 0, WindowStore.OTHER_REGION)).as("a post may have it").isFalse();
      for (String region : List.of("a", "b", "c")) {
        assertThat(fold(store, 0, region)).as(region).isFalse();
      }
      assertThat(fold(store, 0, "d")).isTrue();
      assertThat(fold(store, 0, "e")).isTrue();
      assertThat(fold(store, 0, "a")).as("it has had room before").isFalse();
      assertThat(fold(store, 100, "d")).as("another window").isFalse();
      store.publish();
      assertThat(store.heads().totals(0))
          .contains(Map.of("", 1L, "a", 2L, "b", 1L, "c", 1L, WindowStore.OTHER_REGION, 3L));
      assertThat(count(store, 0, "d")).isZero();
      assertThat(count(store, 0, WindowStore.OTHER_REGION)).isEqualTo(3);
      assertThat(store.changes()).isEqualTo(6);
    }
  }

  /** A restored store knows the regions by its rows, also before it has read all of them. */
  @Test
  void whatAReplayFromAnyCheckpointCountsIsTheSame() {
    int[] run = new int[1];
    Property.holds(
        20,
        random -> {
          List<String> input = new ArrayList<>();
          for (int i = 0; i < 60; i++) {
            int region = random.nextInt(8);
            input.add(region == 7 ? WindowStore.OTHER_REGION : "r" + region);
          }
          int checkpoint = random.nextInt(input.size());
          String name = "run-" + run[0]++;
          Map<String, Long> expected = expected(input);
          try (WindowStore store = open(name)) {
            foldAll(store, input, 0, checkpoint);
            store.commit(new Position(checkpoint, 0, 0, new byte[0]));
            foldAll(store, input, checkpoint, input.size());
            assertThat(counts(store)).isEqualTo(expected);
          }
          try (WindowStore store = open(name)) { // died after its checkpoint
            if (random.nextBoolean()) {
              assertThat(store.tend(1_000)).isEqualTo(checkpoint > 0);
            }
            foldAll(store, input, checkpoint, input.size());
            assertThat(counts(store)).isEqualTo(expected);
          }
        });
  }

  /** Checkpoints of the active are absorbed by a store that stands behind it, and one ahead. */
  @Test
  void aFollowerCountsTheSameRegions() {
    List<String> input = List.of("a", "b", "c", "d", "e", "a", "d");
    try (WindowStore active = open("active");
        WindowStore behind = open("behind");
        WindowStore ahead = open("ahead")) {
      foldAll(active, input, 0, 4);
      foldAll(behind, input, 0, 1);
      foldAll(ahead, input, 0, 6);
      absorb(active, behind, true);
      absorb(active, ahead, false);
      foldAll(active, input, 4, 7);
      foldAll(behind, input, 4, 7);
      foldAll(ahead, input, 6, 7);
      assertThat(counts(behind)).isEqualTo(counts(active)).isEqualTo(expected(input));
      assertThat(counts(ahead)).isEqualTo(counts(active));
    }
  }

  private static void absorb(WindowStore from, WindowStore to, boolean isAhead) {
    CheckpointBatch batch = to.absorb(isAhead);
    from.forEachChange(
        (start, region, bytes, offset, length, rows, at) -> {
          byte[] row = new byte[region.length + 1 + length];
          System.arraycopy(region, 0, row, 0, region.length);
          System.arraycopy(bytes, offset, row, region.length + 1, length);
          batch.row(start, row, region.length, region.length + 1, row.length, rows, at);
        });
    batch.commit(new Position(4, 1, 0, new byte[0]));
  }

  private static void foldAll(WindowStore store, List<String> input, int from, int to) {
    for (String region : input.subList(from, to)) {
      boolean unused = fold(store, 0, region);
    }
  }

  private static Map<String, Long> expected(List<String> input) {
    Set<String> named = new HashSet<>();
    Map<String, Long> counts = new TreeMap<>();
    for (String region : input) {
      boolean isOther = region.equals(WindowStore.OTHER_REGION);
      if (!isOther && named.size() < MAX_REGIONS) {
        named.add(region);
      }
      counts.merge(named.contains(region) ? region : WindowStore.OTHER_REGION, 1L, Long::sum);
    }
    return counts;
  }

  private static Map<String, Long> counts(WindowStore store) {
    Map<String, Long> counts = new TreeMap<>();
    for (String region :
        List.of("a", "b", "c", "d", "e", "r0", "r1", "r2", "r3", "r4", "r5", "r6", "other")) {
      long count = count(store, 0, region);
      if (count > 0) {
        counts.put(region, count);
      }
    }
    return counts;
  }
}
