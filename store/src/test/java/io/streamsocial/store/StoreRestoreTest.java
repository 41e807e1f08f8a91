package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.table.RankedRow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Rows of the changelog become the store. */
class StoreRestoreTest extends StoreCase {
  @Test
  void restoredRowsAndTombstonesFollowTheChangelogsOrder() throws Exception {
    try (WindowStore store = open()) {
      byte[] a = {'a'};
      byte[] b = {'b'};
      try (RestoreBatch restore = store.restore()) {
        Restored.put(restore, 0, ALL, a, 1);
        Restored.put(restore, 0, ALL, b, 5);
        Restored.put(restore, 0, ALL, a, 7);
        Restored.delete(restore, 0, ALL, b);
        restore.commit(FIRST);
      }
      store.restored();
      assertThat(store.position()).isEqualTo(FIRST);
      assertThat(top(store, "", 0)).containsExactly(new Ranked("a", 7, List.of(7L)));
      add(store, 0, "", "a", 1);
      assertThat(counts(store, "", "a", 0)).containsExactly(8);
      store.flush();
    }
    assertThat(OnDisk.read(dir).rows()).isEqualTo(Map.of(new Row(0, "", "a"), 7L));
  }

  @Test
  void batchThatIsNotCommittedTakesThePositionBackToWhatIsWritten() throws Exception {
    try (WindowStore store = open()) {
      try (RestoreBatch restore = store.restore()) {
        Restored.put(restore, 0, ALL, new byte[] {'a'}, 1);
        restore.commit(FIRST);
      }
      assertThat(store.position()).isEqualTo(FIRST);
      try (RestoreBatch restore = store.restore()) {
        Restored.put(restore, 0, ALL, new byte[] {'b'}, 2);
      }
      assertThat(store.position()).isEqualTo(Position.NONE);
      store.restored();
      assertThat(top(store, "", 0)).isEmpty();
      store.flush();
    }
    assertThat(OnDisk.read(dir).rows()).isEmpty();
  }

  @Test
  void rowsOfAnEmptyStoreGiveTheHeadsThatAScanWouldGive() {
    Property.holds(
        20,
        random -> {
          Path own = dir.resolve("store-" + random.nextInt());
          Map<Row, Long> model = new TreeMap<>();
          long[] starts = {0, MINUTE, 2 * MINUTE};
          Heads restored;
          try (WindowStore store =
              WindowStore.open(own, OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(20), memory)) {
            for (int batch = 1; batch <= 4; batch++) {
              restoreSome(store, random, model, batch);
            }
            store.restored();
            assertThat(store.tend(1_000)).isFalse();
            store.publish();
            restored = store.heads();
          }
          try (WindowStore store =
              WindowStore.open(own, OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(20), memory)) {
            retend(store);
            store.publish();
            for (String region : List.of("", "eu", "gone")) {
              List<RankedRow> wanted =
                  store.heads().top(starts, region, 15).orElse(store.top(starts, region, 15));
              assertThat(Ranked.of(wanted)).isEqualTo(Ranked.fullSort(model, starts, region, 15));
              restored
                  .top(starts, region, 15)
                  .ifPresent(rows -> assertThat(Ranked.of(rows)).isEqualTo(Ranked.of(wanted)));
              for (long start : starts) {
                assertThat(restored.regions(start))
                    .containsExactlyInAnyOrderElementsOf(store.heads().regions(start));
              }
            }
            assertThat(restored.top(new long[] {0}, "", 5)).isPresent();
          }
        });
  }

  private static void retend(WindowStore store) {
    boolean more = true;
    while (more) {
      more = store.tend(1_000);
    }
  }

  /** Puts rows whose counts rise, fall and vanish. */
  private static void restoreSome(
      WindowStore store, SplittableRandom random, Map<Row, Long> model, int batch) {
    try (RestoreBatch restore = store.restore()) {
      for (int i = 0; i < 300; i++) {
        Row row =
            new Row(
                MINUTE * random.nextInt(3),
                random.nextBoolean() ? "" : "eu",
                "tag" + random.nextInt(200));
        if (random.nextInt(10) == 0) {
          Restored.delete(restore, row.start(), row.regionBytes(), row.tagBytes());
          model.remove(row);
        } else {
          long count = random.nextInt(1, 100);
          Restored.put(restore, row.start(), row.regionBytes(), row.tagBytes(), count);
          model.put(row, count);
        }
      }
      Restored.put(restore, 0, "gone".getBytes(UTF_8), new byte[] {'x'}, 1);
      Restored.delete(restore, 0, "gone".getBytes(UTF_8), new byte[] {'x'});
      restore.commit(new Position(batch, 2L * batch - 1, 0, new byte[0]));
    }
  }

  @Test
  void crashInARestoreLeavesRowsAndPositionOfOneMoment() throws Exception {
    SplittableRandom random = new SplittableRandom(3);
    Map<Row, Long> model = new TreeMap<>();
    List<Map<Row, Long>> moments = new ArrayList<>(List.of(Map.of()));
    int written = 0;
    // So little that a few batches are held before they are written.
    try (StoreMemory little = new StoreMemory(1 << 20);
        WindowStore store =
            WindowStore.open(
                dir.resolve("store"),
                OnDisk.NAME,
                MINUTE,
                WindowStore.Bounds.ofHeads(20),
                little)) {
      for (int batch = 1; batch <= 30; batch++) {
        restoreSome(store, random, model, batch);
        moments.add(Map.copyOf(model));
        fillUp(store, model, batch);
        moments.add(Map.copyOf(model));
        assertThat(store.position().changelogOffset()).isEqualTo(2L * batch);
        Path image = dir.resolve("image-" + batch);
        OnDisk.copyAsIfCrashed(dir.resolve("store"), image);
        OnDisk crashed = OnDisk.read(image);
        int moment = (int) crashed.positionOrNone().changelogOffset();
        assertThat(crashed.rows()).isEqualTo(moments.get(moment));
        written = Math.max(written, moment);
      }
      store.restored();
      assertThat(store.tend(1_000)).isTrue(); // not all rows were in memory
      store.flush();
      assertThat(OnDisk.read(dir.resolve("store")).rows()).isEqualTo(model);
    }
    assertThat(written).isGreaterThan(10);
  }

  /** Many rows, and long ones. */
  private static void fillUp(WindowStore store, Map<Row, Long> model, int batch) {
    try (RestoreBatch restore = store.restore()) {
      for (int i = 0; i < 500; i++) {
        Row row = new Row(0, "", "x".repeat(300) + batch + "-" + i);
        Restored.put(restore, 0, ALL, row.tagBytes(), i + 1);
        model.put(row, i + 1L);
      }
      restore.commit(new Position(batch, 2L * batch, 0, new byte[0]));
    }
  }

  @Test
  void nativeMemoryStaysWithinItsBound() {
    long bound = 4 << 20;
    long slack = 2 << 20;
    long most = 0;
    long written = 0;
    try (StoreMemory small = new StoreMemory(bound);
        WindowStore one =
            WindowStore.open(
                dir.resolve("1"), OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(10), small);
        WindowStore two =
            WindowStore.open(
                dir.resolve("2"), OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(10), small)) {
      SplittableRandom random = new SplittableRandom(1);
      byte[] tag = new byte[240];
      for (int batch = 0; batch < 80; batch++) {
        WindowStore store = batch % 2 == 0 ? one : two;
        try (RestoreBatch restore = store.restore()) {
          for (int i = 0; i < 2_000; i++) {
            random.nextBytes(tag);
            Restored.put(restore, 0, ALL, tag, 1);
            written += tag.length;
          }
          restore.commit(new Position(batch, batch, 0, new byte[0]));
        }
        most = Math.max(most, small.usedBytes());
      }
      for (WindowStore store : List.of(one, two)) {
        store.restored();
        assertThat(store.top(new long[] {0}, "", 3)).hasSize(3);
        most = Math.max(most, small.usedBytes());
      }
    }
    assertThat(written).isGreaterThan(9 * bound);
    assertThat(most).isLessThanOrEqualTo(bound + slack);
  }
}
