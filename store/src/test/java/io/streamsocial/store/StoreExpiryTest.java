package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Expired windows leave memory, disk and files. */
class StoreExpiryTest extends StoreCase {
  @Test
  void expiredWindowsAreGoneAtOnceForReadersAndFromDiskWithTheNextCommit() throws Exception {
    try (WindowStore store = open()) {
      for (int window = 0; window < 10; window++) {
        add(store, window * MINUTE, "", "a", 1);
      }
      store.commit(FIRST);
      store.flush();
      add(store, 2 * MINUTE, "", "never committed", 1);
      store.expireBefore(7 * MINUTE);
      store.publish();
      assertThat(counts(store, "", "a", 6 * MINUTE, 7 * MINUTE)).containsExactly(0, 1);
      assertThat(top(store, "", 0, 6 * MINUTE)).isEmpty();
      assertThat(top(store, "", 6 * MINUTE, 7 * MINUTE))
          .containsExactly(new Ranked("a", 1, List.of(0L, 1L)));
      assertThat(store.heads().windowStarts())
          .containsExactlyInAnyOrder(7 * MINUTE, 8 * MINUTE, 9 * MINUTE);
      assertThat(store.changes()).isZero();

      Path image = dir.resolveSibling(dir.getFileName() + "-image");
      store.flush();
      OnDisk.copyAsIfCrashed(dir, image);
      assertThat(OnDisk.read(image).rows()).describedAs("as position says").hasSize(10);
      StateDirectoryTest.deleteTree(image);

      store.commit(new Position(11, 21, 31, new byte[0]));
      store.flush();
    }
    assertThat(OnDisk.read(dir).rows().keySet())
        .extracting(Row::start)
        .containsExactly(7 * MINUTE, 8 * MINUTE, 9 * MINUTE);
  }

  @Test
  void spaceOfExpiredWindowsComesBack() {
    int windows = 40;
    int rows = 2_000;
    int tagBytes = 60;
    WindowStore store = open();
    SplittableRandom random = new SplittableRandom(1);
    for (int window = 0; window < windows; window++) {
      try (WindowStore.Fold fold = store.fold()) {
        WindowStore.Region region = store.window(window * MINUTE, ALL);
        for (int i = 0; i < rows; i++) {
          byte[] tag = new byte[tagBytes];
          random.nextBytes(tag);
          fold.add(region, tag, 0, tag.length, 1);
        }
      }
      store.expireBefore((window - 3) * MINUTE);
      store.commit(new Position(window, window, 0, new byte[0]));
      store.flush();
    }
    // Compaction runs beside us: what counts is where it ends. Up to three flushes wait for it.
    long tolerated = 2L * windows * rows * tagBytes / 5;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (store.sstBytes() > tolerated && System.nanoTime() < deadline) {
      // Compaction needs the core, where there is one only.
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(store.sstBytes()).isBetween(1L, tolerated);
  }

  @Test
  void expiringNothingWritesNothing() {
    WindowStore store = open();
    store.expireBefore(Long.MIN_VALUE);
    store.expireBefore(5 * MINUTE);
    add(store, 5 * MINUTE, "", "a", 1);
    store.expireBefore(5 * MINUTE);
    assertThat(counts(store, "", "a", 5 * MINUTE)).containsExactly(1);
  }
}
