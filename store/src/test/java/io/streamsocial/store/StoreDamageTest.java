package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that were cut, lost or flipped. Whatever happened, a store either opens at a committed
 * position with exactly its rows, or says CORRUPTED; and no read returns less than there is.
 */
class StoreDamageTest {
  private static final long MINUTE = 60_000;
  private static final byte[] ALL = {};

  @TempDir Path temp;

  private final StoreMemory memory = new StoreMemory(16 << 20);
  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private Path dir;

  private record Checkpoint(Position position, SortedMap<Row, Long> rows) {}

  @BeforeEach
  void begin() {
    dir = temp.resolve("store");
    checkpoints.add(new Checkpoint(Position.NONE, new TreeMap<>()));
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private WindowStore open() {
    return WindowStore.open(dir, OnDisk.NAME, MINUTE, 100, memory);
  }

  /** Several commits over some windows, each on disk in a table of its own until compaction. */
  private void write(int commits, int windows, int rowsPerWindow) {
    SplittableRandom random = new SplittableRandom(1);
    TreeMap<Row, Long> rows = new TreeMap<>();
    try (WindowStore store = open()) {
      for (int commit = 1; commit <= commits; commit++) {
        try (WindowStore.Fold fold = store.fold()) {
          for (int w = 0; w < windows; w++) {
            WindowStore.Region window = store.window(w * MINUTE, ALL);
            for (int i = 0; i < rowsPerWindow; i++) {
              Row row = new Row(w * MINUTE, "", Long.toString(random.nextLong() >>> 1, 36));
              fold.add(window, row.tagBytes(), 0, row.tagBytes().length, commit);
              rows.merge(row, (long) commit, Long::sum);
            }
          }
        }
        Position position = new Position(commit, 10L * commit, commit, new byte[0]);
        store.commit(position);
        store.flush();
        checkpoints.add(new Checkpoint(position, new TreeMap<>(rows)));
      }
    }
  }

  private Checkpoint last() {
    return checkpoints.get(checkpoints.size() - 1);
  }

  private void assertCorrupted(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).describedAs("%s", e).isEqualTo(StoreException.Kind.CORRUPTED))
        .hasMessageContaining(dir.toString());
  }

  private Path only(String prefix, String suffix) throws IOException {
    List<Path> files = OnDisk.files(dir, prefix, suffix);
    assertThat(files).hasSize(1);
    return files.get(0);
  }

  /** The table of the rows; the other column family's holds two of them. */
  private Path largestTable() throws IOException {
    return OnDisk.files(dir, "", ".sst").stream()
        .max(Comparator.comparingLong(file -> file.toFile().length()))
        .orElseThrow();
  }

  private static void cut(Path file, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  private static void flip(Path file, double where) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) (bytes.length * where)] ^= 0x10;
    Files.write(file, bytes);
  }

  // ---------------------------------------------------------------- files of the database

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

  private Path sound() throws IOException {
    Path sound = temp.resolve("sound");
    OnDisk.copy(dir, sound);
    return sound;
  }

  private void restoreFiles(Path sound) throws IOException {
    StateDirectoryTest.deleteTree(dir);
    OnDisk.copy(sound, dir);
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
        assertCorrupted(store::rebuildNextHead);
        store.publishHeads();
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
          WindowStore store = WindowStore.open(dir, OnDisk.NAME, MINUTE, 100, cold)) {
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

  @Test
  void garbledPositionIsRefused() throws Exception {
    write(1, 1, 10);
    try (Rocks rocks = new Rocks(dir, OnDisk.NAME, memory)) {
      rocks.db.put(rocks.meta, "position".getBytes(UTF_8), new byte[] {1, 2, 3});
    }
    assertCorrupted(this::open);
  }

  @Test
  void garbledRowKeyIsRefused() throws Exception {
    write(1, 1, 10);
    try (Rocks rocks = new Rocks(dir, OnDisk.NAME, memory)) {
      rocks.db.put(rocks.rows, new byte[] {1, 2, 3}, new byte[Long.BYTES]);
    }
    assertCorrupted(this::open);
  }

  @Test
  void otherFormatVersionIsRefusedWithAdvice() throws Exception {
    write(1, 1, 10);
    try (Rocks rocks = new Rocks(dir, OnDisk.NAME, memory)) {
      rocks.db.put(rocks.meta, "format".getBytes(UTF_8), new byte[] {9, 0, 0, 0, 0, 0, 0, 0, 0});
    }
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT))
        .hasMessageContaining("format 9")
        .hasMessageContaining("format 1")
        .hasMessageContaining("delete the directory");
  }
}
