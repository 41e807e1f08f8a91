package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.HeapBudget.Use;
import io.streamsocial.store.SessionModel.Event;
import io.streamsocial.store.SessionModel.Name;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is folded, sessions and their figure stay within the heap's budget. */
class SessionBudgetTest {
  private static final long BYTES = 1 << 20;

  @TempDir Path dir;

  private static void event(SessionStore store, int key, long timeMs) {
    SessionModel.merge(store, new Name("eu", "user" + key), List.of(new Event(timeMs, 1)));
  }

  @Test
  void sessionsInMemoryAskForACheckpointAndGoWithIt() {
    HeapBudget heap = new HeapBudget(BYTES);
    try (StoreMemory memory = new StoreMemory(8 << 20, heap);
        TaskStore opened = SessionModel.open(dir, memory)) {
      SessionStore store = opened.sessions(0);
      heap.add(Use.UNPUBLISHED, BYTES / 2);
      int users = 0;
      while (!store.isCheckpointUrgent()) {
        event(store, users++, 1_000);
      }
      assertThat(heap.used(Use.OVERLAYS)).isBetween(heap.share(Use.OVERLAYS), BYTES);
      assertThat(store.isFull()).isFalse();
      while (!store.isFull()) {
        event(store, users++, 1_000);
      }
      assertThat(store.changes()).isEqualTo(users);
      store.commit(new Position(1, 1, 0, new byte[0]));
      assertThat(heap.used(Use.OVERLAYS)).isZero();
      assertThat(store.isCheckpointUrgent()).isFalse();
      heap.add(Use.UNPUBLISHED, -BYTES / 2);
      assertThat(SessionModel.all(store)).hasSize(users);
    }
    assertThat(heap.used(Use.OVERLAYS)).isZero();
    assertThat(heap.used(Use.HEADS)).isZero();
  }

  @Test
  void keysNotTouchedForACheckpointAreDropped() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        TaskStore opened = SessionModel.open(dir, memory)) {
      SessionStore store = opened.sessions(0);
      for (int user = 0; user < 1_000; user++) {
        event(store, user, 1_000);
      }
      store.commit(new Position(1, 1, 0, new byte[0]));
      long held = memory.heap().used(Use.OVERLAYS);
      assertThat(held).as("touched lately").isPositive();
      event(store, 1, 2_000);
      store.commit(new Position(2, 2, 0, new byte[0]));
      assertThat(memory.heap().used(Use.OVERLAYS)).isBetween(1L, held / 20);
      store.commit(new Position(3, 3, 0, new byte[0]));
      assertThat(memory.heap().used(Use.OVERLAYS)).isZero();
    }
  }

  /** The figure is given up, says so, and comes back when there is room. */
  @Test
  void activeKeysAreUnknownWhereMemoryDoesNotAllowThem() {
    HeapBudget heap = new HeapBudget(BYTES);
    try (StoreMemory memory = new StoreMemory(8 << 20, heap);
        TaskStore opened = SessionModel.open(dir, memory)) {
      SessionStore store = opened.sessions(0);
      int users = 0;
      heap.add(Use.UNPUBLISHED, BYTES);
      while (store.activeKeys().isKnown()) {
        event(store, users++, 100_000 + users);
        if (users % 500 == 0) {
          store.publish();
          store.commit(new Position(users, users, 0, new byte[0]));
        }
      }
      assertThat(store.active("eu", 100_000)).isEmpty();
      assertThat(heap.used(Use.HEADS)).isZero();
      heap.add(Use.UNPUBLISHED, -BYTES);

      event(store, users++, 300_000);
      store.expireBefore(100_000 + users / 2);
      while (store.tend(1_000)) {
        store.publish();
      }
      store.publish();
      assertThat(store.active("eu", 100_000 + users, 301_000).orElseThrow())
          .containsExactly(users - users / 2 + 1L, 1);
    }
  }
}
