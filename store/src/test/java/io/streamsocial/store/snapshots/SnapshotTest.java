package io.streamsocial.store.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.Position;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.Lanes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stores of a task are taken, sent and opened elsewhere. */
class SnapshotTest {
  private static final int PARTITION = 3;
  private static final byte[] ALL = new byte[0];
  private static final TaskStore.Spec COUNTS =
      TaskStore.Spec.windows("counts", 60_000, Lanes.COUNT, WindowStore.Bounds.ofHeads(10));
  private static final TaskStore.Spec SHOPS =
      TaskStore.Spec.windows(
          "shops", 60_000, Lanes.of(Lanes.Merge.SUM), WindowStore.Bounds.ofHeads(0));
  private static final List<TaskStore.Spec> VIEWS = List.of(COUNTS, SHOPS);
  private static final SortedMap<String, String> IDENTITY =
      new TreeMap<>(Map.of(".shuffle-id", "abc\n"));

  @TempDir Path temp;

  private final StoreMemory memory = new StoreMemory(8 << 20);
  private StateDirectory from;
  private StateDirectory to;

  @BeforeEach
  void open() {
    from = StateDirectory.lock(temp.resolve("from"));
    to = StateDirectory.lock(temp.resolve("to"));
  }

  @AfterEach
  void close() {
    from.close();
    to.close();
    memory.close();
  }

  private TaskStore store() {
    return TaskStore.open(from.task(PARTITION), VIEWS, memory);
  }

  private static void add(TaskStore store, String key, long count, long offset) {
    for (int view = 0; view < 2; view++) {
      WindowStore windows = store.windows(view);
      try (WindowStore.Fold fold = windows.fold()) {
        byte[] bytes = key.getBytes(UTF_8);
        fold.merge(windows.window(60_000, ALL), bytes, 0, bytes.length, new long[] {count}, 0);
      }
    }
    Position at = new Position(offset, offset * 10, offset, new byte[] {(byte) offset});
    store.commit(List.of(at, at));
  }

  private static long count(TaskStore store, String key) {
    long[] row = store.windows(0).rows(new long[] {60_000}, ALL, key.getBytes(UTF_8))[0];
    return row == null ? 0 : row[0];
  }

  private TakenSnapshot take(TaskStore store) {
    return TakenSnapshot.of(
        store.view(0), PARTITION, VIEWS, IDENTITY, from.snapshots().resolve("a"), memory);
  }

  /** As a receiver fetches it, in parts of 1,000 bytes. */
  private ReceivedSnapshot fetch(TakenSnapshot taken, UnaryOperator<byte[]> way) throws Exception {
    ReceivedSnapshot received = ReceivedSnapshot.begin(to.incoming(PARTITION), taken.manifest());
    for (SnapshotFile file : taken.manifest().files()) {
      try (ReceivedSnapshot.Arriving arriving = received.begin(file)) {
        while (!arriving.isWhole()) {
          arriving.append(way.apply(taken.read(file.name(), arriving.at(), 1_000)));
        }
        arriving.end();
      }
    }
    return received;
  }

  @Test
  void whatWasCommittedComesAndNothingElse() throws Exception {
    try (TaskStore store = store()) {
      add(store, "flushed", 1, 1);
      store.flush();
      add(store, "written", 2, 2); // in RocksDB's memory only
      try (TakenSnapshot taken = take(store)) {
        add(store, "later", 3, 3);
        taken.manifest().require(PARTITION, IDENTITY, List.of(SHOPS, COUNTS));
        assertThat(taken.manifest().views())
            .extracting(SnapshotView::inputOffset)
            .containsExactly(2L, 2L);
        fetch(taken, bytes -> bytes).verify(VIEWS, memory);
      }
      assertThat(from.snapshots().resolve("a")).doesNotExist();
    }
    assertThat(to.tasks()).isEmpty();
    to.install(PARTITION);
    assertThat(to.incoming(PARTITION)).doesNotExist();
    try (TaskStore copy = TaskStore.open(to.task(PARTITION), VIEWS, memory)) {
      assertThat(count(copy, "flushed")).isEqualTo(1);
      assertThat(count(copy, "written")).isEqualTo(2);
      assertThat(count(copy, "later")).isZero();
      assertThat(copy.view(1).position()).isEqualTo(new Position(2, 20, 2, new byte[] {2}));
    }
    assertThatThrownBy(() -> to.install(PARTITION)).isInstanceOf(UncheckedIOException.class);
  }

  /** Each commit raises two keys alike, so that a snapshot of a moment has them equal. */
  @Test
  void aSnapshotThatIsTakenUnderWritesIsOfOneMoment() throws Exception {
    try (TaskStore store = store()) {
      AtomicBoolean stop = new AtomicBoolean();
      Thread writer =
          new Thread(
              () -> {
                for (long offset = 1; !stop.get(); offset++) {
                  add(store, "a", 1, offset);
                }
              });
      writer.start();
      try {
        for (int round = 0; round < 5; round++) {
          try (TakenSnapshot taken = take(store)) {
            fetch(taken, bytes -> bytes).verify(VIEWS, memory);
            try (TaskStore copy = TaskStore.open(to.incoming(PARTITION), VIEWS, memory)) {
              // Each commit adds one, in both views.
              assertThat(count(copy, "a")).isEqualTo(copy.view(0).position().inputOffset());
              assertThat(copy.view(1).position()).isEqualTo(copy.view(0).position());
            }
          }
        }
      } finally {
        stop.set(true);
        writer.join();
      }
    }
  }

  private static List<TaskStore.Spec> defined(String rows) {
    return VIEWS.stream()
        .map(
            view ->
                new TaskStore.Spec(
                    view.name(), view.kind(), 60_000, view.lanes(), view.bounds(), 0, rows))
        .toList();
  }

  /** Its rows look the same in bytes; that they are others is said in the files themselves. */
  @Test
  void aSnapshotOfAnotherDefinitionOfAViewIsRefused() throws Exception {
    try (TaskStore store = TaskStore.open(from.task(PARTITION), defined("SUM a"), memory)) {
      add(store, "a", 1, 1);
      try (TakenSnapshot taken = take(store)) {
        ReceivedSnapshot received = fetch(taken, bytes -> bytes);
        assertThatThrownBy(() -> received.verify(defined("SUM b"), memory))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("'SUM a', here 'SUM b'");
        received.verify(defined("SUM a"), memory);
      }
    }
  }

  @Test
  void aDamagedFileIsRefused() throws Exception {
    try (TaskStore store = store()) {
      add(store, "a", 1, 1);
      try (TakenSnapshot taken = take(store)) {
        assertThatThrownBy(
                () ->
                    fetch(
                        taken,
                        bytes -> {
                          bytes[bytes.length / 2] ^= 1;
                          return bytes;
                        }))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("checksum");
        // A longer one, too.
        assertThatThrownBy(() -> fetch(taken, bytes -> new byte[bytes.length + 100_000]))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("more bytes");
      }
    }
    assertThat(to.tasks()).isEmpty();
  }

  /** Its files open, and have the manifest's checksums: these were made of the damaged bytes. */
  @Test
  void aBlockThatIsDamagedWhereItComesFromDoesNotSpread() throws Exception {
    try (TaskStore store = store()) {
      try (WindowStore.Fold fold = store.windows(0).fold()) {
        for (int i = 0; i < 20_000; i++) { // of many blocks; opening reads the first one
          byte[] key = "%x-%d".formatted(i * 0x9E3779B97F4A7C15L, i).getBytes(UTF_8);
          fold.merge(store.windows(0).window(60_000, ALL), key, 0, key.length, new long[] {1}, 0);
        }
      }
      add(store, "a", 1, 1);
      store.flush();
      Path table = largestTable(from.task(PARTITION));
      flip(table, Files.size(table) / 2);
      try (TakenSnapshot taken = take(store)) {
        ReceivedSnapshot received = fetch(taken, bytes -> bytes);
        assertThatThrownBy(() -> received.verify(VIEWS, memory))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("its snapshot is damaged");
      }
    }
  }

  private static Path largestTable(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> file.toString().endsWith(".sst"))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  private static void flip(Path file, long at) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      assertThat(channel.read(one, at)).isOne();
      one.put(0, (byte) (one.get(0) ^ 1));
      assertThat(channel.write(one.rewind(), at)).isOne();
    }
  }

  /** Two may be fetched at once, and the stores grow meanwhile: none may fill the disk. */
  @Test
  void aDiskThatHasLostItsRoomMeanwhileIsNotFilled() throws Exception {
    AtomicLong usable = new AtomicLong(1L << 40);
    try (TaskStore store = store()) {
      add(store, "a", 1, 1);
      try (TakenSnapshot taken = take(store)) {
        ReceivedSnapshot received =
            ReceivedSnapshot.begin(to.incoming(PARTITION), taken.manifest(), dir -> usable.get());
        SnapshotFile file = taken.manifest().files().get(0);
        received.begin(file).close();
        usable.set((64L << 20) + file.bytes() - 1);
        assertThatThrownBy(() -> received.begin(taken.manifest().files().get(1)))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("free some space");
      }
    }
  }

  /** All files are as they were sent, but they are not those of the manifest's moment. */
  @Test
  void filesOfAnotherMomentThanTheManifestSaysAreRefused() throws Exception {
    try (TaskStore store = store()) {
      add(store, "a", 1, 1);
      try (TakenSnapshot taken = take(store)) {
        SnapshotManifest told = taken.manifest();
        SnapshotView first = told.views().get(0);
        SnapshotManifest wrong =
            new SnapshotManifest(
                told.format(),
                told.partition(),
                told.identity(),
                List.of(
                    new SnapshotView(
                        first.name(), first.kind(), first.sizeMs(), first.fields(), 7, 70),
                    told.views().get(1)),
                told.files());
        fetch(taken, bytes -> bytes);
        ReceivedSnapshot received = ReceivedSnapshot.begin(to.incoming(PARTITION), wrong);
        for (SnapshotFile file : wrong.files()) {
          try (ReceivedSnapshot.Arriving arriving = received.begin(file)) {
            arriving.append(taken.read(file.name(), 0, 1 << 20));
            arriving.end();
          }
        }
        assertThatThrownBy(() -> received.verify(VIEWS, memory))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("its manifest says");
        received.discard();
        assertThat(to.incoming(PARTITION)).doesNotExist();
      }
    }
  }

  @Test
  void anotherIdentityPartitionViewOrFormatIsRefused() throws Exception {
    try (TaskStore store = store();
        TakenSnapshot taken = take(store)) {
      SnapshotManifest manifest = taken.manifest();
      SortedMap<String, String> other = new TreeMap<>(Map.of(".shuffle-id", "xyz\n"));
      assertThatThrownBy(() -> manifest.require(PARTITION, other, VIEWS))
          .hasMessageContaining("other topics");
      assertThatThrownBy(() -> manifest.require(1, IDENTITY, VIEWS))
          .hasMessageContaining("partition 3");
      assertThatThrownBy(() -> manifest.require(PARTITION, IDENTITY, List.of(COUNTS)))
          .hasMessageContaining("shops");
      TaskStore.Spec larger =
          TaskStore.Spec.windows("counts", 30_000, Lanes.COUNT, WindowStore.Bounds.ofHeads(10));
      assertThatThrownBy(() -> manifest.require(PARTITION, IDENTITY, List.of(larger, SHOPS)))
          .hasMessageContaining("30000 ms");
      SnapshotManifest newer =
          new SnapshotManifest(2, PARTITION, IDENTITY, manifest.views(), manifest.files());
      assertThatThrownBy(() -> newer.require(PARTITION, IDENTITY, VIEWS))
          .hasMessageContaining("format 2");
    }
  }

  @Test
  void onlyFilesOfAStoreCanBeNamed() throws Exception {
    for (String name :
        List.of("../CURRENT", "LOCK", "", "a/000001.sst", "1.sst", "000001.sst/..")) {
      assertThatThrownBy(() -> new SnapshotFile(name, 1, 1)).isInstanceOf(RuntimeException.class);
    }
    try (TaskStore store = store();
        TakenSnapshot taken = take(store)) {
      assertThatThrownBy(() -> taken.read("../../from/.lock", 0, 10))
          .isInstanceOf(SnapshotException.class);
      assertThatThrownBy(() -> taken.read("CURRENT", 1_000, 10))
          .isInstanceOf(SnapshotException.class);
      assertThatThrownBy(() -> taken.read("CURRENT", -1, 10)).isInstanceOf(SnapshotException.class);
    }
  }

  @Test
  void aClosedStoreGivesNoneAndLeavesNothing() throws Exception {
    TaskStore store = store();
    store.close();
    assertThatThrownBy(() -> take(store))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED));
    try (Stream<Path> left = Files.list(from.snapshots())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void theNextProcessDeletesWhatWasInTransfer() throws Exception {
    try (TaskStore store = store()) {
      add(store, "a", 1, 1);
      fetch(take(store), bytes -> bytes);
    }
    from.close();
    to.close();
    open();
    assertThat(from.snapshots()).doesNotExist();
    assertThat(to.incoming(PARTITION)).doesNotExist();
    assertThat(from.tasks()).containsExactly(PARTITION);
    assertThat(to.tasks()).isEmpty();
  }
}
