package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WindowStoreTest {
  private static final long MINUTE = 60_000;
  private static final byte[] ALL = {};
  private static final Position FIRST = new Position(10, 20, 30, new byte[] {1});

  @TempDir Path dir;

  private final StoreMemory memory = new StoreMemory(16 << 20);
  private final List<WindowStore> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(WindowStore::close);
    memory.close();
  }

  private WindowStore open() {
    return open(1_000);
  }

  private WindowStore open(int headSize) {
    WindowStore store = WindowStore.open(dir, OnDisk.NAME, MINUTE, headSize, memory);
    opened.add(store);
    return store;
  }

  private static void add(WindowStore store, long start, String region, String tag, long delta) {
    byte[] bytes = tag.getBytes(UTF_8);
    try (WindowStore.Fold fold = store.fold()) {
      fold.add(store.window(start, region.getBytes(UTF_8)), bytes, 0, bytes.length, delta);
    }
  }

  private static long[] counts(WindowStore store, String region, String tag, long... starts) {
    return store.counts(starts, region.getBytes(UTF_8), tag.getBytes(UTF_8));
  }

  private static List<Ranked> top(WindowStore store, String region, long... starts) {
    return Ranked.of(store.top(starts, region, 100));
  }

  @Test
  void newStoreIsEmptyAndStandsAtTheBeginning() {
    WindowStore store = open();
    assertThat(store.position()).isEqualTo(Position.NONE);
    assertThat(store.changes()).isZero();
    assertThat(store.rebuildNextHead()).isFalse();
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
        (start, region, bytes, offset, length, count) ->
            changes.add(
                start
                    + new String(region, UTF_8)
                    + new String(bytes, offset, length, UTF_8)
                    + count));
    assertThat(changes).containsExactly("0eua7");
    assertThat(store.changes()).isEqualTo(1);
  }

  @Test
  void restoredRowsAndTombstonesFollowTheChangelogsOrder() throws Exception {
    try (WindowStore store = open()) {
      byte[] a = {'a'};
      byte[] b = {'b'};
      try (RestoreBatch restore = store.restore()) {
        Restored.put(restore, 0, ALL, a, 1);
        Restored.put(restore, 0, ALL, b, 5);
        Restored.put(restore, 0, ALL, a, 7);
        Restored.delete(restore, 0, ALL, b);
        restore.commit(FIRST);
      }
      store.restored();
      assertThat(store.position()).isEqualTo(FIRST);
      assertThat(top(store, "", 0)).containsExactly(new Ranked("a", 7, List.of(7L)));
      add(store, 0, "", "a", 1);
      assertThat(counts(store, "", "a", 0)).containsExactly(8);
      store.flush();
    }
    assertThat(OnDisk.read(dir).rows()).isEqualTo(Map.of(new Row(0, "", "a"), 7L));
  }

  @Test
  void batchThatIsNotCommittedTakesThePositionBackToWhatIsWritten() throws Exception {
    try (WindowStore store = open()) {
      try (RestoreBatch restore = store.restore()) {
        Restored.put(restore, 0, ALL, new byte[] {'a'}, 1);
        restore.commit(FIRST);
      }
      assertThat(store.position()).isEqualTo(FIRST);
      try (RestoreBatch restore = store.restore()) {
        Restored.put(restore, 0, ALL, new byte[] {'b'}, 2);
      }
      assertThat(store.position()).isEqualTo(Position.NONE);
      store.restored();
      assertThat(top(store, "", 0)).isEmpty();
      store.flush();
    }
    assertThat(OnDisk.read(dir).rows()).isEmpty();
  }

  @Test
  void rowsOfAnEmptyStoreGiveTheHeadsThatAScanWouldGive() {
    Property.holds(
        20,
        random -> {
          Path own = dir.resolve("store-" + random.nextInt());
          Map<Row, Long> model = new TreeMap<>();
          long[] starts = {0, MINUTE, 2 * MINUTE};
          Heads restored;
          try (WindowStore store = WindowStore.open(own, OnDisk.NAME, MINUTE, 20, memory)) {
            for (int batch = 1; batch <= 4; batch++) {
              restoreSome(store, random, model, batch);
            }
            store.restored();
            assertThat(store.rebuildNextHead()).isFalse();
            store.publishHeads();
            restored = store.heads();
          }
          try (WindowStore store = WindowStore.open(own, OnDisk.NAME, MINUTE, 20, memory)) {
            rebuildHeads(store);
            store.publishHeads();
            for (String region : List.of("", "eu", "gone")) {
              List<RankedRow> wanted =
                  store.heads().top(starts, region, 15).orElse(store.top(starts, region, 15));
              assertThat(Ranked.of(wanted)).isEqualTo(Ranked.fullSort(model, starts, region, 15));
              restored
                  .top(starts, region, 15)
                  .ifPresent(rows -> assertThat(Ranked.of(rows)).isEqualTo(Ranked.of(wanted)));
              for (long start : starts) {
                assertThat(restored.regions(start))
                    .containsExactlyInAnyOrderElementsOf(store.heads().regions(start));
              }
            }
            assertThat(restored.top(new long[] {0}, "", 5)).isPresent();
          }
        });
  }

  private static void rebuildHeads(WindowStore store) {
    boolean more = true;
    while (more) {
      more = store.rebuildNextHead();
    }
  }

  /** Puts rows whose counts rise, fall and vanish. */
  private static void restoreSome(
      WindowStore store, SplittableRandom random, Map<Row, Long> model, int batch) {
    try (RestoreBatch restore = store.restore()) {
      for (int i = 0; i < 300; i++) {
        Row row =
            new Row(
                MINUTE * random.nextInt(3),
                random.nextBoolean() ? "" : "eu",
                "tag" + random.nextInt(200));
        if (random.nextInt(10) == 0) {
          Restored.delete(restore, row.start(), row.regionBytes(), row.tagBytes());
          model.remove(row);
        } else {
          long count = random.nextInt(1, 100);
          Restored.put(restore, row.start(), row.regionBytes(), row.tagBytes(), count);
          model.put(row, count);
        }
      }
      Restored.put(restore, 0, "gone".getBytes(UTF_8), new byte[] {'x'}, 1);
      Restored.delete(restore, 0, "gone".getBytes(UTF_8), new byte[] {'x'});
      restore.commit(new Position(batch, 2L * batch - 1, 0, new byte[0]));
    }
  }

  @Test
  void crashInARestoreLeavesRowsAndPositionOfOneMoment() throws Exception {
    SplittableRandom random = new SplittableRandom(3);
    Map<Row, Long> model = new TreeMap<>();
    List<Map<Row, Long>> moments = new ArrayList<>(List.of(Map.of()));
    int written = 0;
    // So little that a few batches are held before they are written.
    try (StoreMemory little = new StoreMemory(1 << 20);
        WindowStore store =
            WindowStore.open(dir.resolve("store"), OnDisk.NAME, MINUTE, 20, little)) {
      for (int batch = 1; batch <= 30; batch++) {
        restoreSome(store, random, model, batch);
        moments.add(Map.copyOf(model));
        fillUp(store, model, batch);
        moments.add(Map.copyOf(model));
        assertThat(store.position().changelogOffset()).isEqualTo(2L * batch);
        Path image = dir.resolve("image-" + batch);
        OnDisk.copyAsIfCrashed(dir.resolve("store"), image);
        OnDisk crashed = OnDisk.read(image);
        int moment = (int) crashed.positionOrNone().changelogOffset();
        assertThat(crashed.rows()).isEqualTo(moments.get(moment));
        written = Math.max(written, moment);
      }
      store.restored();
      assertThat(store.rebuildNextHead()).isTrue(); // not all rows were in memory
      store.flush();
      assertThat(OnDisk.read(dir.resolve("store")).rows()).isEqualTo(model);
    }
    assertThat(written).isGreaterThan(10);
  }

  /** Many rows, and long ones. */
  private static void fillUp(WindowStore store, Map<Row, Long> model, int batch) {
    try (RestoreBatch restore = store.restore()) {
      for (int i = 0; i < 500; i++) {
        Row row = new Row(0, "", "x".repeat(300) + batch + "-" + i);
        Restored.put(restore, 0, ALL, row.tagBytes(), i + 1);
        model.put(row, i + 1L);
      }
      restore.commit(new Position(batch, 2L * batch, 0, new byte[0]));
    }
  }

  @Test
  void headsAfterAReopenAreThoseOfBeforeOnceTheyAreRebuilt() {
    WindowStore store = open(20);
    Map<Row, Long> model = fill(store, 4, 3_000);
    long[] starts = {0, MINUTE, 2 * MINUTE, 3 * MINUTE};
    store.commit(FIRST);
    store.flush();
    store.close();

    WindowStore again = open(20);
    again.publishHeads();
    for (long start : starts) {
      assertThat(again.heads().top(new long[] {start}, "", 1)).isEmpty();
    }
    // What is folded meanwhile must not be lost by the rebuild.
    add(again, 0, "", "k1", 1_000);
    model.merge(new Row(0, "", "k1"), 1_000L, Long::sum);
    List<Long> newestFirst = new ArrayList<>();
    while (again.rebuildNextHead()) {
      again.publishHeads();
      for (long start : starts) {
        boolean known = again.heads().top(new long[] {start}, "", 1).isPresent();
        if (known && !newestFirst.contains(start)) {
          newestFirst.add(start);
        }
      }
    }
    assertThat(newestFirst).containsExactly(3 * MINUTE, 2 * MINUTE, MINUTE, 0L);
    for (int limit : new int[] {1, 5}) {
      assertThat(again.heads().top(starts, "", limit).map(Ranked::of))
          .contains(Ranked.fullSort(model, starts, "", limit));
    }
  }

  /** Skewed counts in some windows; returns what they are. */
  private static Map<Row, Long> fill(WindowStore store, int windows, int adds) {
    SplittableRandom random = new SplittableRandom(7);
    TreeMap<Row, Long> model = new TreeMap<>();
    for (int i = 0; i < adds; i++) {
      Row row =
          new Row(
              random.nextInt(windows) * MINUTE, "", "k" + (int) Math.pow(500, random.nextDouble()));
      add(store, row.start(), row.region(), row.tag(), 1);
      model.merge(row, 1L, Long::sum);
    }
    return model;
  }

  @Test
  void headsShowWhatWasPublishedAndOutliveTheStore() {
    WindowStore store = open();
    add(store, 0, "eu", "a", 2);
    store.publishHeads();
    Heads heads = store.heads();
    add(store, 0, "eu", "a", 2);
    store.close();
    assertThat(heads.top(new long[] {0}, "eu", 5).map(Ranked::of))
        .contains(List.of(new Ranked("a", 2, List.of(2L))));
    assertThat(heads.windowStarts()).containsExactly(0L);
    assertThat(heads.regions(0)).containsExactly("eu");
    assertThat(heads.regions(MINUTE)).isEmpty();
  }

  @Test
  void regionsBeyondTheHeadsOfAWindowAreRankedByScan() {
    WindowStore store = open();
    int regions = WindowState.HEADS_MAX + 5;
    for (int i = 0; i < regions; i++) {
      add(store, 0, "r" + i, "a", i + 1);
    }
    store.publishHeads();
    long[] starts = {0};
    assertThat(store.heads().top(starts, "r0", 1)).isPresent();
    assertThat(store.heads().top(starts, "r" + (regions - 1), 1)).isEmpty();
    assertThat(store.heads().top(starts, "nowhere", 1)).isEmpty();
    assertThat(top(store, "r" + (regions - 1), 0))
        .containsExactly(new Ranked("a", regions, List.of((long) regions)));
  }

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
      store.publishHeads();
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

  @Test
  void windowBefore1970IsRefusedAndLeavesNothingBehind() {
    WindowStore store = open();
    assertThatThrownBy(() -> add(store, -MINUTE, "", "a", 1))
        .isInstanceOf(IllegalArgumentException.class);
    store.publishHeads();
    assertThat(store.heads().windowStarts()).isEmpty();
    assertThat(store.changes()).isZero();
  }

  @Test
  void closedStoreTellsReadersSo() {
    WindowStore store = open();
    store.close();
    store.close();
    for (Callable<?> read :
        List.<Callable<?>>of(
            () -> store.counts(new long[] {0}, ALL, ALL), () -> store.top(new long[] {0}, "", 1))) {
      assertThatThrownBy(read::call)
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED));
    }
    assertThat(store.estimatedKeys()).isZero();
    assertThat(store.sstBytes()).isZero();
  }

  @Test
  void readersSeeOneMomentWhileTheWriterFoldsCommitsAndExpiresAndThenCloses() throws Exception {
    WindowStore store = open(50);
    long[] starts = {100 * MINUTE, 101 * MINUTE};
    AtomicBoolean closing = new AtomicBoolean();
    CountDownLatch reading = new CountDownLatch(3);
    ExecutorService readers = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> reads = new ArrayList<>();
      reads.add(readers.submit(() -> readUntilClosed(reading, closing, new CountReader(store))));
      reads.add(readers.submit(() -> readUntilClosed(reading, closing, new TopReader(store))));
      reads.add(readers.submit(() -> readUntilClosed(reading, closing, new TopReader(store))));
      assertThat(reading.await(60, TimeUnit.SECONDS)).isTrue();
      SplittableRandom random = new SplittableRandom(1);
      for (int turn = 0; turn < 1_500; turn++) {
        // Both windows in one fold: whoever sees a moment sees them equal.
        try (WindowStore.Fold fold = store.fold()) {
          byte[] tag = ("k" + random.nextInt(20)).getBytes(UTF_8);
          for (long start : starts) {
            fold.add(store.window(start, ALL), tag, 0, tag.length, 1);
          }
          fold.add(store.window(turn % 90 * MINUTE, ALL), tag, 0, tag.length, 1);
        }
        store.publishHeads();
        if (turn % 10 == 0) {
          store.expireBefore((turn % 90 - 10) * MINUTE);
          store.commit(new Position(turn, turn, 0, new byte[0]));
        }
      }
      closing.set(true);
      store.close();
      for (Future<Integer> read : reads) {
        assertThat(read.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      readers.shutdownNow();
    }
  }

  /** Counts the reads until the store is closed. */
  private static int readUntilClosed(
      CountDownLatch reading, AtomicBoolean closing, Runnable reader) {
    for (int reads = 0; ; reads++) {
      try {
        reader.run();
        reading.countDown();
      } catch (StoreException e) {
        assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED);
        assertThat(closing).isTrue();
        return reads;
      }
    }
  }

  private static final class CountReader implements Runnable {
    private final WindowStore store;
    private long last;

    CountReader(WindowStore store) {
      this.store = store;
    }

    @Override
    public void run() {
      long[] counts = counts(store, "", "k7", 100 * MINUTE, 101 * MINUTE);
      assertThat(counts[0]).isEqualTo(counts[1]).isGreaterThanOrEqualTo(last);
      last = counts[0];
    }
  }

  private static final class TopReader implements Runnable {
    private final WindowStore store;
    private long lastTotal;

    TopReader(WindowStore store) {
      this.store = store;
    }

    @Override
    public void run() {
      long[] starts = {100 * MINUTE, 101 * MINUTE};
      long total = 0;
      for (RankedRow row : store.top(starts, "", 100)) {
        assertThat(row.counts()[0]).isEqualTo(row.counts()[1]);
        total += row.total();
      }
      assertThat(total).isGreaterThanOrEqualTo(lastTotal);
      lastTotal = total;
      store
          .heads()
          .top(starts, "", 10)
          .ifPresent(
              rows -> rows.forEach(row -> assertThat(row.counts()[0]).isEqualTo(row.counts()[1])));
    }
  }

  @Test
  void nativeMemoryStaysWithinItsBound() {
    long bound = 4 << 20;
    long slack = 2 << 20;
    long most = 0;
    long written = 0;
    try (StoreMemory small = new StoreMemory(bound);
        WindowStore one = WindowStore.open(dir.resolve("1"), OnDisk.NAME, MINUTE, 10, small);
        WindowStore two = WindowStore.open(dir.resolve("2"), OnDisk.NAME, MINUTE, 10, small)) {
      SplittableRandom random = new SplittableRandom(1);
      byte[] tag = new byte[240];
      for (int batch = 0; batch < 80; batch++) {
        WindowStore store = batch % 2 == 0 ? one : two;
        try (RestoreBatch restore = store.restore()) {
          for (int i = 0; i < 2_000; i++) {
            random.nextBytes(tag);
            Restored.put(restore, 0, ALL, tag, 1);
            written += tag.length;
          }
          restore.commit(new Position(batch, batch, 0, new byte[0]));
        }
        most = Math.max(most, small.usedBytes());
      }
      for (WindowStore store : List.of(one, two)) {
        store.restored();
        assertThat(store.top(new long[] {0}, "", 3)).hasSize(3);
        most = Math.max(most, small.usedBytes());
      }
    }
    assertThat(written).isGreaterThan(9 * bound);
    assertThat(most).isLessThanOrEqualTo(bound + slack);
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
    assertThatThrownBy(() -> WindowStore.open(dir, OnDisk.NAME, 5 * MINUTE, 10, memory))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT))
        .hasMessageContaining("60000 ms")
        .hasMessageContaining("300000 ms")
        .hasMessageContaining(dir.toString());
    assertThat(counts(open(), "", "a", 0)).containsExactly(1);
  }
}
