package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.rocks.Rocks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** Damage that opening the store finds, or survives. */
class DamagedFilesTest extends DamageCase {
  @Test
  void missingCurrentIsRefused() throws Exception {
    write(2, 1, 50);
    Files.delete(dir.resolve("CURRENT"));
    assertCorrupted(this::open);
  }

  @Test
  void emptyOrGarbledCurrentIsRefused() throws Exception {
    write(2, 1, 50);
    for (String content : List.of("", "MANIFEST-000", "garbage\n", "MANIFEST-999999\n")) {
      Files.writeString(dir.resolve("CURRENT"), content);
      assertCorrupted(this::open);
    }
  }

  @Test
  void missingManifestIsRefused() throws Exception {
    write(2, 1, 50);
    Files.delete(only("MANIFEST-", ""));
    assertCorrupted(this::open);
  }

  @Test
  void flippedManifestIsRefusedOrConsistent() throws Exception {
    write(6, 2, 20);
    Path sound = sound();
    for (int i = 0; i < 20; i++) {
      restoreFiles(sound);
      flip(only("MANIFEST-", ""), (i + 0.5) / 20);
      assertConsistentOrRefused();
    }
  }

  @Test
  void manifestCutAtAnyLengthGivesAnOlderStateAsAWholeOrIsRefused() throws Exception {
    write(12, 2, 20);
    Path sound = sound();
    long length = Files.size(only("MANIFEST-", ""));
    int older = 0;
    for (int i = 0; i < 60; i++) {
      restoreFiles(sound);
      cut(only("MANIFEST-", ""), length * i / 60);
      older += assertConsistentOrRefused() ? 1 : 0;
    }
    // Otherwise the test would not have met what it is for.
    assertThat(older).isPositive();
  }

  /** Returns whether the store opened. If so, the changelog behind its position heals it. */
  private boolean assertConsistentOrRefused() throws Exception {
    WindowStore store;
    try {
      store = open();
    } catch (StoreException e) {
      assertThat(e.kind()).describedAs("%s", e).isEqualTo(StoreException.Kind.CORRUPTED);
      return false;
    }
    Checkpoint found;
    try (store) {
      Position position = store.position();
      found =
          checkpoints.stream()
              .filter(checkpoint -> checkpoint.position().equals(position))
              .findFirst()
              .orElseThrow(() -> new AssertionError("never committed: " + position));
      assertRows(store, found.rows());
      try (RestoreBatch restore = store.restore()) {
        last().rows().forEach((row, count) -> restoreIfNewer(restore, found, row, count));
        restore.commit(last().position());
      }
      store.restored();
      assertRows(store, last().rows());
      store.flush();
    }
    assertThat(OnDisk.read(dir)).isEqualTo(new OnDisk(last().rows(), last().position()));
    return true;
  }

  private static void restoreIfNewer(RestoreBatch restore, Checkpoint found, Row row, long count) {
    if (!Long.valueOf(count).equals(found.rows().get(row))) {
      Restored.put(restore, row.start(), row.regionBytes(), row.tagBytes(), count);
    }
  }

  private static void assertRows(WindowStore store, SortedMap<Row, Long> rows) {
    for (long start : new long[] {0, MINUTE}) {
      long[] one = {start};
      assertThat(Ranked.of(store.top(one, "", Integer.MAX_VALUE)))
          .isEqualTo(Ranked.fullSort(rows, one, "", Integer.MAX_VALUE));
    }
  }

  // ---------------------------------------------------------------- tables

  @Test
  void missingTableIsRefused() throws Exception {
    write(1, 1, 500);
    Files.delete(largestTable());
    assertCorrupted(this::open);
  }

  @Test
  void cutTableIsRefused() throws Exception {
    write(1, 1, 500);
    Path table = largestTable();
    cut(table, Files.size(table) / 2);
    assertCorrupted(this::open);
  }

  @Test
  void flippedFooterIsRefused() throws Exception {
    write(1, 1, 500);
    Path table = largestTable();
    flip(table, 1 - 4.0 / Files.size(table));
    assertCorrupted(this::open);
  }

  @Test
  void damagedFirstBlockIsFoundOnOpen() throws Exception {
    write(1, 1, 20_000);
    flip(largestTable(), 0.001);
    assertCorrupted(this::open);
  }

  @Test
  void garbledPositionIsRefused() throws Exception {
    write(1, 1, 10);
    try (Rocks rocks = new Rocks(dir, List.of(OnDisk.NAME), memory, false)) {
      rocks.db.put(rocks.meta, StoreFormat.positionKey(OnDisk.NAME), new byte[] {1, 2, 3});
    }
    assertCorrupted(this::open);
  }

  @Test
  void garbledRowKeyIsRefused() throws Exception {
    write(1, 1, 10);
    try (Rocks rocks = new Rocks(dir, List.of(OnDisk.NAME), memory, false)) {
      rocks.db.put(rocks.rows(0), new byte[] {1, 2, 3}, new byte[Long.BYTES]);
    }
    assertCorrupted(this::open);
  }

  @Test
  void otherFormatVersionIsRefusedWithAdvice() throws Exception {
    write(1, 1, 10);
    try (Rocks rocks = new Rocks(dir, List.of(OnDisk.NAME), memory, false)) {
      rocks.db.put(rocks.meta, "format".getBytes(UTF_8), new byte[] {9, 0, 0, 0, 0, 0, 0, 0, 0});
    }
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT))
        .hasMessageContaining("format 9")
        .hasMessageContaining("format 2")
        .hasMessageContaining("delete the directory");
  }
}
