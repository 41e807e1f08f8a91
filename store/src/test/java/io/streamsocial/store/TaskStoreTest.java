package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.rocks.BatchBytes;
import io.streamsocial.store.rocks.Rocks;
import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.RankedRow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several views in one RocksDB. */
class TaskStoreTest {
  private static final Lanes ORDERS =
      Lanes.ranked(List.of(Lanes.Merge.MAX, Lanes.Merge.SUM, Lanes.Merge.SUM, Lanes.Merge.LAST), 2);
  private static final TaskStore.Spec COUNTS = spec("counts", 60_000, Lanes.COUNT, 10);
  private static final TaskStore.Spec SHOPS = spec("shops", 60_000, ORDERS, 10);
  private static final TaskStore.Spec PRICES =
      spec("prices", Long.MAX_VALUE, Lanes.of(Lanes.Merge.MAX, Lanes.Merge.LAST), 0);
  private static final byte[] ALL = new byte[0];

  @TempDir Path temp;

  private static TaskStore.Spec spec(String name, long sizeMs, Lanes lanes, int heads) {
    return TaskStore.Spec.windows(name, sizeMs, lanes, WindowStore.Bounds.ofHeads(heads));
  }

  private static Position at(long offset) {
    return new Position(offset, offset * 10, offset, new byte[] {(byte) offset});
  }

  private static void merge(WindowStore store, long start, String key, long... row) {
    try (WindowStore.Fold fold = store.fold()) {
      byte[] bytes = key.getBytes(UTF_8);
      fold.merge(store.window(start, ALL), bytes, 0, bytes.length, row, 0);
    }
  }

  private static long @Nullable [] row(WindowStore store, long start, String key) {
    return store.rows(new long[] {start}, ALL, key.getBytes(UTF_8))[0];
  }

  /** Who asks for it changes nothing: no view appears that the store does not have. */
  @Test
  void howFarAStoreGoesIsThatOfItsViewWhichIsFurthest() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      try (TaskStore store = TaskStore.open(temp, List.of(SHOPS, PRICES), memory)) {
        merge(store.windows(0), 60_000, "shop", 5, 1, 200, 5, 7);
        store.commit(List.of(at(5), at(2)));
        store.flush();
      }
      assertThat(TaskStore.inputOffset(temp, memory)).isEqualTo(at(5).inputOffset());
      assertThat(TaskStore.names(temp)).containsExactlyInAnyOrder("shops", "prices");
      assertThatThrownBy(() -> TaskStore.inputOffset(temp.resolve("none"), memory))
          .isInstanceOf(StoreException.class);
    }
  }

  @Test
  void allViewsAreWrittenAtOnce() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      try (TaskStore store = TaskStore.open(temp, List.of(COUNTS, SHOPS, PRICES), memory)) {
        merge(store.windows(0), 60_000, "a", 3);
        merge(store.windows(1), 60_000, "shop", 5, 1, 200, 5, 7);
        merge(store.windows(1), 60_000, "shop", 4, 1, 300, 4, 9);
        merge(store.windows(2), 0, "price", 8, 8, 42);
        store.commit(List.of(at(1), at(2), at(3)));
        merge(store.windows(1), 60_000, "shop", 9, 1, 1, 9, 9);
        store.flush();
      }
      try (TaskStore store = TaskStore.open(temp, List.of(PRICES, COUNTS, SHOPS), memory)) {
        assertThat(row(store.windows(0), 0, "price")).containsExactly(8, 8, 42);
        assertThat(row(store.windows(1), 60_000, "a")).containsExactly(3);
        assertThat(row(store.windows(2), 60_000, "shop")).containsExactly(5, 2, 500, 5, 7);
        assertThat(store.windows(0).position()).isEqualTo(at(3));
        assertThat(store.windows(1).position()).isEqualTo(at(1));
        assertThat(store.windows(2).position()).isEqualTo(at(2));
        assertThat(store.others()).isEmpty();
      }
      try (TaskStore store = TaskStore.open(temp, List.of(COUNTS), memory)) {
        assertThat(store.others()).containsExactlyInAnyOrder("shops", "prices");
      }
    }
  }

  private void writeAll(StoreMemory memory) {
    try (TaskStore store = TaskStore.open(temp, List.of(COUNTS, SHOPS), memory)) {
      merge(store.windows(0), 60_000, "a", 3);
      merge(store.windows(1), 60_000, "shop", 5, 1, 200, 5, 7);
      store.commit(List.of(at(1), at(2)));
      store.flush();
    }
  }

  private void assertOnlyCountsAreLeft(StoreMemory memory, Position position) {
    try (TaskStore store = TaskStore.open(temp, List.of(COUNTS, SHOPS), memory)) {
      assertThat(row(store.windows(0), 60_000, "a")).containsExactly(3);
      assertThat(store.windows(0).position()).isEqualTo(position);
      assertThat(row(store.windows(1), 60_000, "shop")).isNull();
      assertThat(store.windows(1).position()).isEqualTo(Position.NONE);
    }
  }

  @Test
  void aViewIsDeletedAndTheOthersStay() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      assertThat(TaskStore.names(temp)).isEmpty();
      writeAll(memory);
      assertThat(TaskStore.names(temp)).containsExactlyInAnyOrder("counts", "shops");
      TaskStore.drop(temp, "shops", progress -> new byte[] {77}, memory);
      TaskStore.drop(temp, "never there", UnaryOperator.identity(), memory);
      assertThat(TaskStore.names(temp)).containsExactly("counts");
      assertOnlyCountsAreLeft(memory, at(1).withProgress(new byte[] {77}));
    }
  }

  @Test
  void aDeletionThatWasBrokenOffLeavesNoOldRow() throws Exception {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      writeAll(memory);
      try (Rocks rocks = new Rocks(temp, List.of("counts", "shops"), memory, false)) {
        BatchBytes batch = new BatchBytes();
        new StoreFormat(rocks, temp, false).forget("shops", batch);
        rocks.write(batch);
        rocks.flush(true);
      }
      assertOnlyCountsAreLeft(memory, at(1));
    }
  }

  @Test
  void sessionsAreWrittenAtOnceWithWindows() {
    SessionModel.Name ann = new SessionModel.Name("eu", "ann");
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      try (TaskStore store = TaskStore.open(temp, List.of(COUNTS, SessionModel.SPEC), memory)) {
        merge(store.windows(0), 60_000, "a", 3);
        SessionModel.merge(store.sessions(1), ann, List.of(new SessionModel.Event(10, 1)));
        store.commit(List.of(at(1), at(2)));
        store.flush();
        merge(store.windows(0), 60_000, "a", 4);
        SessionModel.merge(store.sessions(1), ann, List.of(new SessionModel.Event(20, 1)));
        store.commit(List.of(at(3), at(4)));
        merge(store.windows(0), 60_000, "a", 5);
        SessionModel.merge(store.sessions(1), ann, List.of(new SessionModel.Event(30, 1)));
        store.flush();
      }
      try (TaskStore store = TaskStore.open(temp, List.of(SessionModel.SPEC, COUNTS), memory)) {
        assertThat(store.views()).extracting(ViewStore::position).containsExactly(at(4), at(3));
        assertThat(row(store.windows(1), 60_000, "a")).containsExactly(7);
        assertThat(SessionModel.all(store.sessions(0)))
            .isEqualTo(Map.of(ann, List.of(List.of(10L, 20L, 2L, 20L, 1L))));
      }
    }
  }

  @Test
  void aRankedViewIsRankedByItsField() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        TaskStore store = TaskStore.open(temp, List.of(COUNTS, SHOPS), memory)) {
      WindowStore shops = store.windows(1);
      for (int i = 0; i < 100; i++) {
        merge(shops, 60_000, "shop" + i, i, 1000 - i, i, i, i);
      }
      shops.publish();
      List<RankedRow> proven = shops.heads().top(new long[] {60_000}, "", 3).orElseThrow();
      assertThat(proven)
          .extracting(row -> new String(row.key(), UTF_8))
          .containsExactly("shop99", "shop98", "shop97");
      assertThat(shops.top(new long[] {60_000}, "", 3))
          .extracting(RankedRow::total)
          .containsExactly(99L, 98L, 97L);
      assertThat(shops.heads().totals(60_000).orElseThrow()).containsEntry("", 99L * 50);
    }
  }

  /** A view with a checkpoint. */
  private void write(TaskStore.Spec view, StoreMemory memory) {
    try (TaskStore store = TaskStore.open(temp, List.of(view), memory)) {
      store.commit(List.of(at(1)));
      store.flush();
    }
  }

  private static TaskStore.Spec shops(String rowDefinition) {
    return new TaskStore.Spec(
        SHOPS.name(), SHOPS.kind(), SHOPS.sizeMs(), ORDERS, SHOPS.bounds(), 0, rowDefinition);
  }

  private void assertRefused(TaskStore.Spec view, StoreMemory memory, String... words) {
    assertThatThrownBy(() -> TaskStore.open(temp, List.of(view), memory))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT))
        .hasMessageContainingAll(words);
  }

  /** Two fields that have changed places look the same in bytes. */
  @Test
  void aViewWhoseRowsAreDefinedOtherwiseIsRefused() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      write(SHOPS, memory); // as a version before, or a program that does not say it
      write(shops("SUM a, SUM b"), memory);
      assertRefused(shops("SUM b, SUM a"), memory, "'SUM a, SUM b', here 'SUM b, SUM a'", "reset");
      write(SHOPS, memory);
      try (ReadOnlyStore store = ReadOnlyStore.openAny(temp, SHOPS.name(), memory)) {
        assertThat(store.rowDefinition()).isEqualTo("SUM a, SUM b");
      }
      TaskStore.drop(temp, SHOPS.name(), progress -> progress, memory);
      write(shops("SUM b, SUM a"), memory);
    }
  }

  /** What a start that was refused by the changelog has left is not in the way of another one. */
  @Test
  void aViewWithoutACheckpointIsBegunAnewByAnotherDefinition() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      TaskStore.Spec other = spec(SHOPS.name(), 30_000, Lanes.COUNT, 10);
      byte[] key = "shop".getBytes(UTF_8);
      try (TaskStore store = TaskStore.open(temp, List.of(shops("before"), COUNTS), memory)) {
        merge(store.windows(1), 60_000, "a", 3);
        store.commit(List.of(Position.NONE, at(1)));
        try (RestoreBatch batch = store.windows(0).restore()) {
          batch.row(60_000, key, 0, 0, key.length);
          batch.put(new long[] {1, 1, 1, 1, 1}, 0);
          batch.commit(new Position(0, 7, Long.MIN_VALUE, new byte[0]));
        }
        store.windows(0).persistRestored();
      }
      try (TaskStore store = TaskStore.open(temp, List.of(shops("before")), memory)) {
        assertThat(store.windows(0).position().changelogOffset()).isEqualTo(7);
        assertThat(row(store.windows(0), 60_000, "shop")).isNotNull();
      }
      for (TaskStore.Spec each : List.of(shops("after"), other, shops("before"))) {
        try (TaskStore store = TaskStore.open(temp, List.of(each, COUNTS), memory)) {
          assertThat(store.windows(0).position()).isEqualTo(Position.NONE);
          assertThat(row(store.windows(0), 60_000, "shop")).isNull();
          assertThat(row(store.windows(1), 60_000, "a")).containsExactly(3);
        }
      }
      write(shops("before"), memory);
      assertRefused(shops("after"), memory, "'before', here 'after'");
      assertRefused(other, memory, "another kind of view");
    }
  }

  @Test
  void aViewOfOtherFieldsIsRefused() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      write(SHOPS, memory);
      TaskStore.Spec other = spec("shops", 60_000, Lanes.of(Lanes.Merge.SUM), 10);
      assertRefused(other, memory, "shops", "another name");
      TaskStore.open(temp, List.of(SHOPS), memory).close();
    }
  }

  /** A store as the version before wrote it: one view, whose format and position had no name. */
  @Test
  void aStoreOfTheVersionBeforeIsTakenOver() throws Exception {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      try (WindowStore store =
          WindowStore.open(temp, "counts", 60_000, WindowStore.Bounds.ofHeads(10), memory)) {
        merge(store, 60_000, "a", 3);
        store.commit(at(4));
        store.flush();
      }
      try (Rocks rocks = new Rocks(temp, List.of("counts"), memory, false)) {
        byte[] position = rocks.db.get(rocks.meta, StoreFormat.positionKey("counts"));
        rocks.db.put(rocks.meta, "position".getBytes(UTF_8), position);
        rocks.db.put(
            rocks.meta, "format".getBytes(UTF_8), new byte[] {1, 0, 0, 0, 0, 0, 0, -22, 96});
        rocks.db.delete(rocks.meta, StoreFormat.positionKey("counts"));
        rocks.db.delete(rocks.meta, "format/counts".getBytes(UTF_8));
      }
      try (ReadOnlyStore store = ReadOnlyStore.open(temp, "counts", memory)) {
        assertThat(store.position()).isEqualTo(at(4));
        assertThat(store.sizeMs()).isEqualTo(60_000);
      }
      TaskStore.Spec otherSize = spec("counts", 30_000, Lanes.COUNT, 10);
      assertThatThrownBy(() -> TaskStore.open(temp, List.of(otherSize), memory))
          .hasMessageContaining("window 60000 ms, configured 30000 ms");
      for (int i = 0; i < 2; i++) {
        try (TaskStore store = TaskStore.open(temp, List.of(PRICES, COUNTS), memory)) {
          assertThat(store.windows(1).position()).isEqualTo(at(4));
          assertThat(store.windows(0).position()).isEqualTo(Position.NONE);
          assertThat(row(store.windows(1), 60_000, "a")).containsExactly(3);
        }
      }
    }
  }

  @Test
  void aScanByAnyLaneStopsWhereItsBudgetIsSpent() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        TaskStore store = TaskStore.open(temp, List.of(SHOPS), memory)) {
      WindowStore shops = store.windows(0);
      for (int i = 0; i < 100; i++) {
        merge(shops, 0, "shop" + i, i, 1_000 - i, i, i, i);
      }
      long[] windows = {0};
      int lane = ORDERS.lane(1);
      Duration day = Duration.ofDays(1);
      assertThat(shops.top(windows, "", lane, 3, ReadBudget.of(100, day)).orElseThrow())
          .extracting(RankedRow::total)
          .containsExactly(1_000L, 999L, 998L);
      assertThat(shops.top(windows, "", lane, 3, ReadBudget.of(99, day))).isEmpty();
      assertThat(shops.top(windows, "", lane, 3, ReadBudget.of(10_000, Duration.ZERO))).isEmpty();
    }
  }

  /** Random folds, commits and crashes of two views, against maps. */
  @Test
  void rowsAreThoseOfAMapThroughCommitsAndCrashes() {
    Property.holds(
        20,
        random -> {
          Path dir = temp.resolve("m" + random.nextLong());
          try (StoreMemory memory = new StoreMemory(8 << 20)) {
            run(random, dir, memory);
          }
        });
  }

  private static void run(SplittableRandom random, Path dir, StoreMemory memory) {
    List<Map<String, long[]>> committed = List.of(new HashMap<>(), new HashMap<>());
    long offset = 0;
    for (int life = 0; life < 4; life++) {
      try (TaskStore store = TaskStore.open(dir, List.of(SHOPS, PRICES), memory)) {
        List<Map<String, long[]>> live = List.of(copy(committed.get(0)), copy(committed.get(1)));
        assertSame(store, live);
        for (int i = 0; i < 300; i++) {
          int view = random.nextInt(2);
          Lanes lanes = view == 0 ? ORDERS : PRICES.lanes();
          String key = "k" + random.nextInt(40);
          long[] row = random.longs(lanes.width(), -100, 100).toArray();
          merge(store.windows(view), 0, key, row);
          live.get(view).merge(key, row, (a, b) -> merged(lanes, a, b));
          if (random.nextInt(40) == 0) {
            store.commit(List.of(at(++offset), at(offset)));
            committed = List.of(copy(live.get(0)), copy(live.get(1)));
          }
        }
        assertSame(store, live);
        store.flush();
      }
    }
  }

  private static long[] merged(Lanes lanes, long[] a, long[] b) {
    long[] merged = a.clone();
    lanes.merge(merged, 0, b, 0);
    return merged;
  }

  private static Map<String, long[]> copy(Map<String, long[]> rows) {
    return new HashMap<>(rows);
  }

  private static void assertSame(TaskStore store, List<Map<String, long[]>> live) {
    for (int view = 0; view < 2; view++) {
      Map<String, String> found = new HashMap<>();
      KeyRange all =
          store
              .windows(view)
              .range(new long[] {0}, "", new byte[0], null, 1_000, ReadBudget.unlimited());
      for (KeyRows each : all.keys()) {
        found.put(new String(each.key(), UTF_8), Arrays.toString(each.rows()[0]));
      }
      Map<String, String> expected = new HashMap<>();
      live.get(view).forEach((key, row) -> expected.put(key, Arrays.toString(row)));
      assertThat(found).isEqualTo(expected);
    }
  }
}
