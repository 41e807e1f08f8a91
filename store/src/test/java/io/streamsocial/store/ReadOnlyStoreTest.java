package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadOnlyStoreTest {
  private static final byte[] REGION = "EU".getBytes(StandardCharsets.UTF_8);
  private static final byte[] TAG = "java".getBytes(StandardCharsets.UTF_8);

  @TempDir Path temp;
  private final StoreMemory memory = new StoreMemory(16 << 20);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void tellsWhatWasWrittenAndChangesNothing() {
    Path dir = temp.resolve("task-0");
    Position position = new Position(7, 9, 300_500, new byte[] {1});
    try (WindowStore store =
        WindowStore.open(dir, OnDisk.NAME, 60_000, WindowStore.Bounds.ofHeads(10), memory)) {
      try (WindowStore.Fold fold = store.fold()) {
        fold.add(store.window(300_000, REGION), TAG, 0, TAG.length, 5);
      }
      store.commit(position);
      store.flush();
    }
    try (ReadOnlyStore store = ReadOnlyStore.open(dir, OnDisk.NAME, memory)) {
      assertThat(store.sizeMs()).isEqualTo(60_000);
      assertThat(store.position()).isEqualTo(position);
      List<Long> counts = new ArrayList<>();
      store.forEachRow((key, counted) -> counts.add(counted[0]));
      assertThat(counts).containsExactly(5L);
    }
  }

  @Test
  void whatIsNoStoreIsRefusedAndNotMadeOne() throws IOException {
    Path empty = Files.createDirectory(temp.resolve("empty"));
    Path missing = temp.resolve("missing");
    for (Path dir : List.of(empty, missing)) {
      StoreException refused =
          catchThrowableOfType(
              StoreException.class, () -> ReadOnlyStore.open(dir, OnDisk.NAME, memory).close());
      assertThat(refused.kind()).isEqualTo(StoreException.Kind.CORRUPTED);
      assertThat(dir.resolve("CURRENT")).doesNotExist();
    }
  }

  @Test
  void aRestoreThatIsPersistedGoesOnFromThere() {
    Path dir = temp.resolve("task-1");
    byte[] row = "EU:java".getBytes(StandardCharsets.UTF_8);
    Position half = new Position(0, 100, Long.MIN_VALUE, new byte[0]);
    try (WindowStore store =
        WindowStore.open(dir, OnDisk.NAME, 60_000, WindowStore.Bounds.ofHeads(10), memory)) {
      try (RestoreBatch batch = store.restore()) {
        batch.row(300_000, row, 2, 3, row.length);
        batch.put(5);
        batch.commit(half);
      }
      store.persistRestored();
      assertThat(store.position()).isEqualTo(half);
      try (RestoreBatch batch = store.restore()) {
        batch.row(300_000, row, 2, 3, row.length);
        batch.put(6);
        batch.commit(new Position(1, 200, Long.MIN_VALUE, new byte[0]));
      }
      store.persistRestored();
      store.restored();
      // Not all of it was in memory at once, so the heads are read from disk.
      assertThat(store.tend(1_000)).isTrue();
      assertThat(store.counts(new long[] {300_000}, REGION, TAG)).containsExactly(6);
      store.flush();
    }
    try (ReadOnlyStore store = ReadOnlyStore.open(dir, OnDisk.NAME, memory)) {
      assertThat(store.position().changelogOffset()).isEqualTo(200);
    }
  }

  @Test
  void theDirectoryListsAndDeletesItsStores() throws IOException {
    try (StateDirectory directory = StateDirectory.lock(temp.resolve("0"))) {
      for (String name : List.of("task-10", "task-2", "task-2.corrupt-1700000000000", "other")) {
        Files.write(
            Files.createDirectories(directory.root().resolve(name)).resolve("f"), new byte[10]);
      }
      assertThat(directory.tasks()).containsExactly(2, 10);
      assertThat(directory.damaged())
          .containsExactly(directory.root().resolve("task-2.corrupt-1700000000000"));
      assertThat(StateDirectory.bytes(directory.task(2))).isEqualTo(10);
      directory.deleteStores();
      assertThat(directory.tasks()).isEmpty();
      assertThat(directory.damaged()).isEmpty();
      assertThat(directory.root().resolve("other")).exists();
      assertThat(directory.root().resolve(".lock")).exists();
    }
  }
}
