package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowStoreTest extends StoreCase {
  @Test
  void newStoreIsEmptyAndStandsAtTheBeginning() {
    WindowStore store = open();
    assertThat(store.position()).isEqualTo(Position.NONE);
    assertThat(store.changes()).isZero();
    assertThat(store.tend(1_000)).isFalse();
    assertThat(counts(store, "", "a", 0, MINUTE)).containsExactly(0, 0);
    assertThat(top(store, "", 0, MINUTE)).isEmpty();
    assertThat(store.heads().top(new long[] {0}, "", 5)).contains(List.of());
  }

  @Test
  void countsAreLiveBeforeCommitAndTheSameAfterIt() {
    WindowStore store = open();
    add(store, 0, "", "a", 2);
    add(store, MINUTE, "", "a", 3);
    add(store, MINUTE, "", "b", 4);
    for (int round = 0; round < 4; round++) {
      assertThat(counts(store, "", "a", MINUTE, 0, 2 * MINUTE)).containsExactly(3, 2, 0);
      assertThat(top(store, "", 0, MINUTE))
          .containsExactly(
              new Ranked("a", 5, List.of(2L, 3L)), new Ranked("b", 4, List.of(0L, 4L)));
      // The first keeps the overlay as a cache; without changes the next gives it back.
      store.commit(FIRST);
    }
    add(store, 0, "", "a", 1);
    assertThat(counts(store, "", "a", 0)).containsExactly(3);
  }

  @Test
  void onlyChangesSinceTheLastCommitAreReported() {
    WindowStore store = open();
    add(store, 0, "", "a", 2);
    add(store, 0, "eu", "a", 2);
    store.commit(FIRST);
    add(store, 0, "eu", "a", 5);
    List<String> changes = new ArrayList<>();
    store.forEachChange(
        (start, region, bytes, offset, length, rows, at) ->
            changes.add(
                start
                    + new String(region, UTF_8)
                    + new String(bytes, offset, length, UTF_8)
                    + rows[at]));
    assertThat(changes).containsExactly("0eua7");
    assertThat(store.changes()).isEqualTo(1);
  }

  @Test
  void windowBefore1970IsRefusedAndLeavesNothingBehind() {
    WindowStore store = open();
    assertThatThrownBy(() -> add(store, -MINUTE, "", "a", 1))
        .isInstanceOf(IllegalArgumentException.class);
    store.publish();
    assertThat(store.heads().windowStarts()).isEmpty();
    assertThat(store.changes()).isZero();
  }

  @Test
  void secondOpenOfOneStoreIsRefusedAsLocked() {
    open();
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED))
        .hasMessageContaining(dir.toString());
  }

  @Test
  void stateOfAnotherWindowSizeIsRefusedWithBothSizesAndIsNotHarmed() throws Exception {
    try (WindowStore store = open()) {
      add(store, 0, "", "a", 1);
      store.commit(FIRST);
      store.flush();
    }
    assertThatThrownBy(
            () ->
                WindowStore.open(
                    dir, OnDisk.NAME, 5 * MINUTE, WindowStore.Bounds.ofHeads(10), memory))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT))
        .hasMessageContaining("60000 ms")
        .hasMessageContaining("300000 ms")
        .hasMessageContaining(dir.toString());
    assertThat(counts(open(), "", "a", 0)).containsExactly(1);
  }
}
