package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Damaged blocks of a table, which only a read can find. */
class DamagedBlocksTest extends DamageCase {
  @Test
  void rankingOverADamagedBlockIsRefusedAndNeverShort() throws Exception {
    write(1, 1, 20_000);
    flip(largestTable(), 0.4);
    try (WindowStore store = open()) {
      for (int limit : new int[] {1, Integer.MAX_VALUE}) {
        assertCorrupted(() -> store.top(new long[] {0}, "", limit));
      }
      assertCorrupted(() -> store.top(new long[] {0, MINUTE}, "", 10));
    }
  }

  @Test
  void headsAreNotBuiltFromADamagedWindow() throws Exception {
    write(1, 1, 20_000);
    flip(largestTable(), 0.4);
    try (WindowStore store = open()) {
      // Also when asked again: a half-built head must not pass for a whole one.
      for (int i = 0; i < 2; i++) {
        assertCorrupted(() -> store.tend(20_000));
        store.publish();
        assertThat(store.heads().top(new long[] {0}, "", 1)).isEmpty();
      }
    }
  }

  @Test
  void countsAreRightOrRefused() throws Exception {
    write(1, 1, 20_000);
    flip(largestTable(), 0.4);
    int refused = 0;
    try (WindowStore store = open()) {
      for (Row row : last().rows().keySet()) {
        try {
          assertThat(store.counts(new long[] {0}, ALL, row.tagBytes())).containsExactly(1);
        } catch (StoreException e) {
          assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTED);
          refused++;
        }
      }
    }
    // One block of 8 KiB, and not the keys around it.
    assertThat(refused).isBetween(50, 2_000);
  }

  @Test
  void foldOntoADamagedBlockIsRefusedAndFreesReaders() throws Exception {
    write(1, 1, 20_000);
    flip(largestTable(), 0.4);
    try (WindowStore store = open()) {
      int refused = 0;
      for (Row row : last().rows().keySet()) {
        try (WindowStore.Fold fold = store.fold()) {
          fold.add(store.window(0, ALL), row.tagBytes(), 0, row.tagBytes().length, 1);
        } catch (StoreException e) {
          assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTED);
          refused++;
        }
      }
      assertThat(refused).isPositive();
      Row sound = last().rows().firstKey();
      assertThat(store.counts(new long[] {0}, ALL, sound.tagBytes())).containsExactly(2);
    }
  }

  @Test
  void damagedBlockAnywhereIsNeverAShortAnswer() throws Exception {
    write(1, 2, 3_000);
    Path sound = sound();
    for (int i = 0; i < 25; i++) {
      restoreFiles(sound);
      flip(largestTable(), (i + 0.5) / 25);
      try (StoreMemory cold = new StoreMemory(8 << 20);
          WindowStore store =
              WindowStore.open(dir, OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(100), cold)) {
        assertThat(store.top(new long[] {0}, "", Integer.MAX_VALUE)).hasSize(3_000);
        assertThat(store.top(new long[] {MINUTE}, "", Integer.MAX_VALUE)).hasSize(3_000);
      } catch (StoreException e) {
        assertThat(e.kind()).describedAs("%s", e).isEqualTo(StoreException.Kind.CORRUPTED);
      }
    }
  }

  @Test
  void storeFoundDamagedCanBeSetAsideAndMadeAnew() throws Exception {
    dir = temp.resolve("root/task-0");
    try (StateDirectory directory = StateDirectory.lock(temp.resolve("root"))) {
      write(1, 1, 20_000);
      flip(largestTable(), 0.4);
      try (WindowStore store = open()) {
        assertCorrupted(() -> store.top(new long[] {0}, "", 10));
      }
      Path aside = directory.setAside(0, 1_700_000_000_000L);
      assertThat(OnDisk.files(aside, "MANIFEST-", "")).hasSize(1);
      try (WindowStore store = open()) {
        assertThat(store.position()).isEqualTo(Position.NONE);
      }
    }
  }
}
