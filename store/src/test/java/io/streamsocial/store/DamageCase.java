package io.streamsocial.store;

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
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that were cut, lost or flipped. Whatever happened, a store either opens at a committed
 * position with exactly its rows, or says CORRUPTED; and no read returns less than there is.
 */
abstract class DamageCase {
  static final long MINUTE = 60_000;
  static final byte[] ALL = {};

  @TempDir Path temp;

  final StoreMemory memory = new StoreMemory(16 << 20);
  final List<Checkpoint> checkpoints = new ArrayList<>();
  Path dir;

  record Checkpoint(Position position, SortedMap<Row, Long> rows) {}

  @BeforeEach
  void begin() {
    dir = temp.resolve("store");
    checkpoints.add(new Checkpoint(Position.NONE, new TreeMap<>()));
  }

  @AfterEach
  void close() {
    memory.close();
  }

  WindowStore open() {
    return WindowStore.open(dir, OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(100), memory);
  }

  /** Several commits over some windows, each on disk in a table of its own until compaction. */
  void write(int commits, int windows, int rowsPerWindow) {
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

  Checkpoint last() {
    return checkpoints.get(checkpoints.size() - 1);
  }

  void assertCorrupted(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).describedAs("%s", e).isEqualTo(StoreException.Kind.CORRUPTED))
        .hasMessageContaining(dir.toString());
  }

  Path only(String prefix, String suffix) throws IOException {
    List<Path> files = OnDisk.files(dir, prefix, suffix);
    assertThat(files).hasSize(1);
    return files.get(0);
  }

  /** The table of the rows; the other column family's holds two of them. */
  Path largestTable() throws IOException {
    return OnDisk.files(dir, "", ".sst").stream()
        .max(Comparator.comparingLong(file -> file.toFile().length()))
        .orElseThrow();
  }

  static void cut(Path file, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  static void flip(Path file, double where) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) (bytes.length * where)] ^= 0x10;
    Files.write(file, bytes);
  }

  Path sound() throws IOException {
    Path sound = temp.resolve("sound");
    OnDisk.copy(dir, sound);
    return sound;
  }

  void restoreFiles(Path sound) throws IOException {
    StateDirectoryTest.deleteTree(dir);
    OnDisk.copy(sound, dir);
  }
}
