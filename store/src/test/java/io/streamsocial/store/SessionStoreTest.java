package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.SessionModel.Event;
import io.streamsocial.store.SessionModel.Name;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.SessionKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionStoreTest {
  private static final long GAP = SessionModel.GAP;
  private static final Name ANN = new Name("eu", "ann");
  private static final Name BOB = new Name("eu", "bob");

  @TempDir Path dir;

  private final StoreMemory memory = new StoreMemory(16 << 20);
  private final List<TaskStore> opened = new ArrayList<>();
  private long position;

  @AfterEach
  void close() {
    opened.forEach(TaskStore::close);
    memory.close();
  }

  private SessionStore open() {
    TaskStore store = SessionModel.open(dir, memory);
    opened.add(store);
    return store.sessions(0);
  }

  private static void event(SessionStore store, Name name, long timeMs) {
    SessionModel.merge(store, name, List.of(new Event(timeMs, 1)));
  }

  private static List<String> sessions(SessionStore store, Name name) {
    return store.sessions(name.groupBytes(), name.keyBytes(), 0, Long.MAX_VALUE).stream()
        .map(row -> row[SessionStore.START] + "-" + row[SessionStore.END] + ":" + row[2])
        .toList();
  }

  private void commit(SessionStore store) {
    store.commit(new Position(++position, position, 0, new byte[0]));
  }

  private static List<String> changes(SessionStore store) {
    return new SessionChanges()
        .read(store).stream()
            .map(
                change ->
                    "%s %s %d-%d"
                        .formatted(
                            change.row() == null ? "no" : "is",
                            change.key().name().key(),
                            change.key().startMs(),
                            change.key().endMs()))
            .toList();
  }

  private static int rowsOnDisk(SessionStore store) {
    int[] rows = new int[1];
    store.forEachRow((key, row) -> rows[0]++);
    return rows[0];
  }

  @Test
  void sessionsAreTheSameBeforeAndAfterACommitAndAReopening() {
    SessionStore store = open();
    event(store, ANN, 10);
    event(store, ANN, 10 + GAP);
    event(store, ANN, 11 + 2 * GAP);
    event(store, BOB, 5);
    for (int round = 0; round < 3; round++) {
      assertThat(sessions(store, ANN)).containsExactly("10-30010:2", "60011-60011:1");
      assertThat(sessions(store, BOB)).containsExactly("5-5:1");
      assertThat(sessions(store, new Name("", "ann"))).isEmpty();
      commit(store);
    }
    store.flush();
    store.close();
    store = open();
    assertThat(sessions(store, ANN)).containsExactly("10-30010:2", "60011-60011:1");
    event(store, ANN, 50_000);
    assertThat(sessions(store, ANN)).containsExactly("10-60011:4");
  }

  /** Kafka Streams' changelog has the end in its key: what changed it leaves a tombstone behind. */
  @Test
  void changesNameWhatIsNoMoreBeforeWhatThereIs() {
    SessionStore store = open();
    event(store, ANN, 100_000);
    assertThat(changes(store)).containsExactly("is ann 100000-100000");
    commit(store);
    assertThat(changes(store)).isEmpty();

    event(store, ANN, 110_000);
    assertThat(changes(store))
        .as("longer")
        .containsExactly("no ann 100000-100000", "is ann 100000-110000");
    commit(store);
    event(store, ANN, 105_000);
    assertThat(changes(store)).as("another value").containsExactly("is ann 100000-110000");
    commit(store);

    event(store, ANN, 50_000);
    event(store, ANN, 170_000);
    commit(store);
    event(store, ANN, 75_000);
    event(store, ANN, 140_000);
    assertThat(changes(store))
        .as("three are one")
        .containsExactly(
            "no ann 50000-50000",
            "no ann 100000-110000",
            "no ann 170000-170000",
            "is ann 50000-170000");
    commit(store);
    assertThat(rowsOnDisk(store)).isEqualTo(1);
  }

  @Test
  void whatHasExpiredIsInvisibleAtOnceAndLeavesTheDiskWithTheNextCommit() {
    SessionStore store = open();
    event(store, ANN, 1_000);
    event(store, ANN, 100_000);
    event(store, BOB, 2_000);
    commit(store);
    store.expireBefore(50_000);
    assertThat(sessions(store, ANN)).containsExactly("100000-100000:1");
    assertThat(sessions(store, BOB)).isEmpty();
    assertThat(SessionModel.all(store)).containsOnlyKeys(ANN);
    event(store, BOB, 20_000);
    assertThat(sessions(store, BOB)).as("too late").isEmpty();
    assertThat(changes(store)).isEmpty();

    assertThat(store.tend(2)).isTrue();
    assertThat(store.tend(2)).isTrue();
    assertThat(store.tend(2)).isFalse();
    assertThat(rowsOnDisk(store)).isEqualTo(3);
    assertThat(changes(store)).isEmpty();
    commit(store);
    assertThat(rowsOnDisk(store)).isEqualTo(1);

    // A session that reaches over one that has expired is not merged with it.
    SessionModel.merge(store, BOB, List.of(new Event(2_000, 1), new Event(60_000, 1)));
    assertThat(sessions(store, BOB)).containsExactly("2000-60000:2");
  }

  @Test
  void activeKeysAreUnknownAfterARestartUntilTheirRowsAreRead() {
    SessionStore store = open();
    store.publish();
    assertThat(store.active("eu", 0).orElseThrow()).as("a new store").containsExactly(0);
    event(store, ANN, 100_000);
    event(store, ANN, 200_000);
    event(store, BOB, 180_000);
    assertThat(store.active("eu", 200_000).orElseThrow()).as("not published").containsExactly(0);
    store.publish();
    long[] times = {180_000, 200_000, 209_999, 210_000, 229_999, 230_000};
    assertThat(store.active("eu", times).orElseThrow()).containsExactly(2, 2, 2, 1, 1, 0);
    assertThat(store.active("us", times).orElseThrow()).containsOnly(0);
    assertThat(store.activeKeys().groups()).containsExactly("eu");
    commit(store);
    store.flush();
    store.close();

    store = open();
    event(store, BOB, 190_000);
    store.publish();
    assertThat(store.active("eu", times)).isEmpty();
    while (store.tend(1)) {
      store.publish();
    }
    assertThat(store.active("eu", times).orElseThrow()).containsExactly(2, 2, 2, 2, 1, 0);
    store.expireBefore(200_000);
    store.publish();
    assertThat(store.active("eu", times).orElseThrow()).containsExactly(1, 1, 1, 1, 1, 0);
  }

  @Test
  void sessionsThatCannotBeAreRefused() {
    SessionStore store = open();
    assertThatThrownBy(() -> event(store, ANN, -1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> event(store, new Name("a\0b", "c"), 1))
        .isInstanceOf(IllegalArgumentException.class);
    try (SessionStore.Fold fold = store.fold()) {
      byte[] key = {1};
      assertThatThrownBy(() -> fold.merge(key, key, 0, 1, new long[] {5, 4, 1, 4, 1}, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(store.changes()).isZero();
    assertThat(SessionModel.all(store)).isEmpty();
    assertThatThrownBy(() -> TaskStore.Spec.sessions("a", GAP, Lanes.COUNT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("MIN start");
  }

  @Test
  void aViewOfAnotherKindOrGapIsRefused() {
    SessionStore written = open();
    commit(written);
    written.flush();
    written.close();
    List<TaskStore.Spec> others =
        List.of(
            TaskStore.Spec.sessions(SessionModel.NAME, GAP + 1, SessionModel.LANES),
            TaskStore.Spec.windows(
                SessionModel.NAME, GAP, SessionModel.LANES, WindowStore.Bounds.ofHeads(0)));
    List<String> messages = new ArrayList<>();
    for (TaskStore.Spec other : others) {
      assertThatThrownBy(() -> TaskStore.open(dir, List.of(other), memory))
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT);
                messages.add(e.getMessage());
              });
    }
    assertThat(messages.get(0)).contains("session gap 30000 ms, configured 30001 ms");
    assertThat(messages.get(1)).contains("another kind");
    assertThat(sessions(open(), ANN)).isEmpty();
  }

  @Test
  void aClosedStoreIsInspectedAndTellsReadersSo() {
    SessionStore store = open();
    event(store, ANN, 10);
    commit(store);
    store.flush();
    store.close();
    store.close();
    assertThatThrownBy(() -> sessions(store, ANN))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED));
    assertThat(store.estimatedKeys()).isZero();
    try (ReadOnlyStore read =
        ReadOnlyStore.open(
            dir, SessionModel.NAME, TaskStore.Kind.SESSIONS, SessionModel.LANES, memory)) {
      assertThat(read.sizeMs()).isEqualTo(GAP);
      read.forEachRow(
          (key, row) -> {
            assertThat(new String(SessionKey.group(key), UTF_8)).isEqualTo("eu");
            assertThat(new String(SessionKey.key(key), UTF_8)).isEqualTo("ann");
            assertThat(row).startsWith(10, 10, 1);
          });
    }
  }

  /** Readers see all of a fold or nothing of it, and a closed store at the end. */
  @Test
  void readersSeeOneMomentWhileTheWriterFoldsCommitsAndExpiresAndThenCloses() throws Exception {
    SessionStore store = open();
    CountDownLatch reading = new CountDownLatch(2);
    ExecutorService readers = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> reads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        reads.add(readers.submit(() -> readUntilClosed(store, reading)));
      }
      assertThat(reading.await(60, TimeUnit.SECONDS)).isTrue();
      for (int turn = 0; turn < 2_000; turn++) {
        long time = turn * GAP / 2 + turn / 5 * GAP;
        try (SessionStore.Fold fold = store.fold()) {
          long[] row = SessionModel.row(List.of(new Event(time, 1)));
          fold.merge(ANN.groupBytes(), ANN.keyBytes(), 0, 3, row, 0);
          fold.merge(BOB.groupBytes(), BOB.keyBytes(), 0, 3, row, 0);
        }
        store.publish();
        if (turn % 10 == 0) {
          store.expireBefore(time - 20 * GAP);
          boolean unused = store.tend(100);
          commit(store);
        }
      }
      store.close();
      for (Future<Integer> read : reads) {
        assertThat(read.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      readers.shutdownNow();
    }
  }

  /** Counts the reads until the store is closed. */
  private static int readUntilClosed(SessionStore store, CountDownLatch reading) {
    SessionStore.Range all = new SessionStore.Range(new byte[0], null, 0, Long.MAX_VALUE);
    for (int reads = 0; ; reads++) {
      try {
        List<KeyRows> page = store.page("eu", all, 10);
        if (!page.isEmpty()) {
          assertThat(page).hasSize(2);
          assertThat(page.get(0).rows()).isDeepEqualTo(page.get(1).rows());
        }
        assertThat(sessions(store, ANN)).hasSizeLessThan(40);
        store.active("eu", 0).ifPresent(active -> assertThat(active[0]).isIn(0L, 2L));
        reading.countDown();
      } catch (StoreException e) {
        assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED);
        return reads;
      }
    }
  }
}
