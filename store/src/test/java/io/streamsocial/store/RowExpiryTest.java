package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.ExpiringRows.Change;
import io.streamsocial.store.ExpiringRows.Name;
import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Lanes.Merge;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows with a time to live, at the edges. */
class RowExpiryTest {
  private static final long TTL = ExpiringRows.TTL;
  private static final Windowing ROWS = Windowing.none(TTL);
  private static final long T = 1_000_000_000;
  private static final Name ANN = new Name("", "ann");

  @TempDir Path root;

  private final StoreMemory memory = new StoreMemory(8 << 20);
  private WindowStore store;

  @BeforeEach
  void open() {
    store = ExpiringRows.open(root.resolve("store"), memory);
  }

  @AfterEach
  void close() {
    store.close();
    memory.close();
  }

  private void merge(Name name, long time, long value) {
    byte[] key = name.key().getBytes(UTF_8);
    byte[] group = name.group().getBytes(UTF_8);
    try (WindowStore.Fold fold = store.fold()) {
      fold.merge(store.window(0, group), key, 0, key.length, ExpiringRows.row(time, value), 0);
    }
  }

  private void streamTime(long time) {
    store.expireBefore(ROWS.firstLivingMs(time));
  }

  private void commit() {
    store.commit(new Position(1, 1, T, new byte[0]));
  }

  private void sweep() {
    while (store.tend(3)) {
      // goes on
    }
  }

  @Test
  void aRowIsGoneExactlyWhenItsLastEventIsAsOldAsItsTimeToLive() {
    merge(ANN, T, 5);
    streamTime(T + TTL - 1);
    assertThat(ExpiringRows.get(store, ANN)).containsExactly(T, 5L, T, 5L);
    streamTime(T + TTL);
    assertThat(ExpiringRows.get(store, ANN)).isNull();
    assertThat(ExpiringRows.all(store, Set.of(""))).isEmpty();
    assertThat(store.top(new long[] {0}, "", 1, 10, ReadBudget.unlimited()).orElseThrow())
        .isEmpty();
  }

  @Test
  void anEventThatComesLaterBeginsTheRowAnew() {
    for (boolean isOnDisk : new boolean[] {false, true}) {
      Name name = new Name("", "on disk: " + isOnDisk);
      long from = isOnDisk ? T + 2 * TTL : T;
      merge(name, from, 5);
      merge(name, from + 1, 6);
      if (isOnDisk) {
        commit();
        commit(); // nothing of it is kept in memory
      }
      streamTime(from + 1 + TTL);
      merge(name, from + 2 + TTL, 7);
      assertThat(ExpiringRows.get(store, name))
          .as(name.key())
          .containsExactly(from + 2 + TTL, 7L, from + 2 + TTL, 7L);
    }
  }

  @Test
  void anEventJustInTimeGoesOnWithTheRow() {
    merge(ANN, T, 5);
    commit();
    commit();
    streamTime(T + TTL - 1);
    merge(ANN, T + TTL, 7);
    streamTime(T + TTL + 1);
    assertThat(ExpiringRows.get(store, ANN)).containsExactly(T + TTL, 12L, T + TTL, 7L);
  }

  @Test
  void aSweepTakesWhatIsGoneFromTheDiskWithATombstone() {
    merge(ANN, T, 5);
    merge(new Name("", "bob"), T + TTL, 6);
    merge(new Name("", "cem"), T, 6);
    commit();
    commit();
    assertThat(store.tend(1_000)).as("nothing has expired yet").isFalse();
    streamTime(T + TTL);
    sweep();
    // The first row of a group stays, for the name of the group.
    assertThat(store.changes()).isEqualTo(1);
    assertThat(ExpiringRows.changes(store)).containsExactly(new Change(new Name("", "cem"), null));
    commit();
    assertThat(store.changes()).isZero();
    assertThat(ExpiringRows.onDisk(store)).containsOnlyKeys(ANN, new Name("", "bob"));
    assertThat(ExpiringRows.all(store, Set.of(""))).containsOnlyKeys(new Name("", "bob"));
  }

  @Test
  void aRowThatBeginsAnewAfterItWasFoundStays() {
    Name cem = new Name("", "cem");
    merge(ANN, T, 5);
    merge(cem, T, 6);
    commit();
    commit();
    streamTime(T + TTL);
    sweep();
    merge(cem, T + TTL + 1, 7);
    List<Long> anew = List.of(T + TTL + 1, 7L, T + TTL + 1, 7L);
    assertThat(ExpiringRows.changes(store)).containsExactly(new Change(cem, anew));
    commit();
    assertThat(ExpiringRows.onDisk(store)).containsEntry(cem, anew);
  }

  @Test
  void aGroupKeepsItsNameWhenAllOfItsRowsAreGone() {
    for (String group : List.of("a", "b", "c", "d")) {
      merge(new Name(group, "x"), T, 1);
      merge(new Name(group, "y"), T, 1);
    }
    commit();
    commit();
    streamTime(T + 2 * TTL);
    sweep();
    commit();
    store.close();
    store = ExpiringRows.open(root.resolve("store"), memory);
    streamTime(T + 2 * TTL);
    merge(new Name("d", "z"), T + 2 * TTL, 1);
    merge(new Name("c", "z"), T + 2 * TTL, 1);
    assertThat(ExpiringRows.all(store, Set.of("a", "b", "c", "d", WindowStore.OTHER_REGION)))
        .containsOnlyKeys(new Name("c", "z"), new Name(WindowStore.OTHER_REGION, "z"));
  }

  @Test
  void aPageEndsWhenItsBudgetIsSpentOnRowsThatAreGone() {
    for (int i = 100; i < 300; i++) {
      merge(new Name("", "key" + i), i < 299 ? T : T + TTL, 1);
    }
    commit();
    commit();
    streamTime(T + TTL);
    int pages = 0;
    List<String> found = new ArrayList<>();
    byte[] from = new byte[0];
    while (from != null) {
      KeyRange page =
          store.range(new long[] {0}, "", from, null, 10, ReadBudget.of(50, Duration.ofMinutes(1)));
      page.keys().forEach(each -> found.add(new String(each.key(), UTF_8)));
      from = page.next();
      pages++;
    }
    assertThat(found).containsExactly("key299");
    assertThat(pages).isEqualTo(4);
  }

  @Test
  void onlyRowsWithoutWindowsThatAreNotRankedCanHaveOne() {
    Lanes timed = Lanes.of(Merge.MAX, Merge.SUM);
    WindowStore.Bounds unranked = WindowStore.Bounds.ofHeads(0);
    assertThatThrownBy(
            () -> new TaskStore.Spec("v", TaskStore.Kind.WINDOWS, 60_000, timed, unranked, TTL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new TaskStore.Spec(
                    "v", TaskStore.Kind.WINDOWS, Long.MAX_VALUE, Lanes.COUNT, unranked, TTL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new TaskStore.Spec(
                    "v",
                    TaskStore.Kind.WINDOWS,
                    Long.MAX_VALUE,
                    timed,
                    WindowStore.Bounds.ofHeads(10),
                    TTL))
        .hasMessageContaining("not ranked");
  }
}
