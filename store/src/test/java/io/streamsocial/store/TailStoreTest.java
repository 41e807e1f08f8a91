package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Tail;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stores whose rows have bytes, against maps: windows with the latest, sessions with a merged
 * state; through folds, checkpoints, clean stops, crashes, restores and a follower.
 */
class TailStoreTest {
  private static final long GAP = 100;
  private static final Lanes WINDOWS =
      Lanes.of(Lanes.Merge.MAX, Lanes.Merge.SUM).with(new Tail.Latest(0));
  private static final Lanes SESSIONS =
      Lanes.of(Lanes.Merge.MIN, Lanes.Merge.MAX, Lanes.Merge.SUM)
          .with(new Tail.Merged(TailStoreTest::larger));
  private static final List<TaskStore.Spec> SPECS =
      List.of(
          TaskStore.Spec.windows("windows", 1_000, WINDOWS, WindowStore.Bounds.ofHeads(0)),
          TaskStore.Spec.sessions("sessions", GAP, SESSIONS));
  private static final byte[] NO_GROUP = {};

  @TempDir Path root;

  /** A merge whose result is one of the two, and may be longer than the other. */
  private static byte[] larger(byte[] one, byte[] other) {
    return Arrays.compareUnsigned(one, other) >= 0 ? one : other;
  }

  @Test
  void storesAreMapsThroughCommitCloseCrashAndRestore() {
    int[] run = new int[1];
    Property.holds(
        6,
        random -> {
          try (Harness harness = new Harness(root.resolve("run-" + run[0]++), random)) {
            for (int i = 0; i < 150; i++) {
              harness.step();
            }
            harness.check();
          }
        });
  }

  /** The tail of a row, once with many bytes. */
  private static byte[] bytes(SplittableRandom random) {
    int length = random.nextInt(40) == 0 ? random.nextInt(20_000) : random.nextInt(30);
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) random.nextInt();
    }
    return bytes;
  }

  private static long[] row(byte[] bytes, long... lanes) {
    long[] row = Arrays.copyOf(lanes, lanes.length + Tail.longs(bytes.length));
    Tail.put(bytes, 0, bytes.length, row, lanes.length);
    return row;
  }

  /**
   * @param row null for a tombstone
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Change(int view, long startMs, String key, long @Nullable [] row) {}

  private static final class Harness implements AutoCloseable {
    private final Path root;
    private final SplittableRandom random;
    private final StoreMemory memory = new StoreMemory(8 << 20);
    private final List<Change> changelog = new ArrayList<>();
    private final TreeMap<String, long[]> rowsOfWindows = new TreeMap<>();
    private final TreeMap<String, List<long[]>> sessions = new TreeMap<>();
    private TreeMap<String, long[]> committedWindows = new TreeMap<>();
    private TreeMap<String, List<long[]>> committedSessions = new TreeMap<>();
    private Position committed = Position.NONE;
    private int inputOffset;
    private int directories;
    private Path dir;
    private TaskStore store;
    private final TaskStore follower;

    Harness(Path root, SplittableRandom random) {
      this.root = root;
      this.random = random;
      dir = root.resolve("0");
      store = TaskStore.open(dir, SPECS, memory);
      follower = TaskStore.open(root.resolve("follower"), SPECS, memory);
    }

    void step() throws Exception {
      switch (random.nextInt(16)) {
        case 0, 1, 2 -> commit();
        case 3 -> store.flush();
        case 4 -> reopen();
        case 5 -> crash();
        case 6 -> restoreElsewhere();
        case 7 -> check();
        default -> fold();
      }
    }

    private void fold() {
      for (int i = random.nextInt(1, 20); i > 0; i--) {
        String key = "k" + random.nextInt(12);
        byte[] name = key.getBytes(UTF_8);
        long time = random.nextLong(3_000);
        byte[] bytes = bytes(random);
        long start = time / 1_000 * 1_000;
        long[] row = row(bytes, time, 1);
        WindowStore windows = store.windows(0);
        try (WindowStore.Fold fold = windows.fold()) {
          fold.merge(windows.window(start, NO_GROUP), name, 0, name.length, row, 0);
        }
        rowsOfWindows.merge(start + " " + key, row, Harness::latest);
        long[] session = row(bytes, time, time, 1);
        try (SessionStore.Fold fold = store.sessions(1).fold()) {
          fold.merge(NO_GROUP, name, 0, name.length, session, 0);
        }
        sessions.put(key, merged(sessions.getOrDefault(key, List.of()), session));
      }
      inputOffset++;
    }

    private static long[] latest(long[] a, long[] b) {
      byte[] bytesA = Tail.bytes(a, 2);
      byte[] bytesB = Tail.bytes(b, 2);
      boolean isB = b[0] > a[0] || (b[0] == a[0] && Arrays.compareUnsigned(bytesB, bytesA) > 0);
      return row(isB ? bytesB : bytesA, Math.max(a[0], b[0]), a[1] + b[1]);
    }

    private static List<long[]> merged(List<long[]> rows, long[] more) {
      List<long[]> all = new ArrayList<>();
      long[] one = more;
      for (long[] each : rows) {
        if (each[0] - one[1] <= GAP && one[0] - each[1] <= GAP) {
          one =
              row(
                  larger(Tail.bytes(each, 3), Tail.bytes(one, 3)),
                  Math.min(each[0], one[0]),
                  Math.max(each[1], one[1]),
                  each[2] + one[2]);
        } else {
          all.add(each);
        }
      }
      all.add(one);
      all.sort((a, b) -> Long.compare(a[0], b[0]));
      return all;
    }

    private void commit() {
      int from = changelog.size();
      for (int view = 0; view < 2; view++) {
        report(view);
      }
      committed = new Position(++inputOffset, changelog.size(), 0, new byte[0]);
      store.commit(List.of(committed, committed));
      committedWindows = new TreeMap<>(rowsOfWindows);
      committedSessions = new TreeMap<>(sessions);
      for (int view = 0; view < 2; view++) {
        CheckpointBatch absorb = follower.view(view).absorb(true);
        absorb.expireBefore(0);
        for (Change change : changelog.subList(from, changelog.size())) {
          absorb(absorb, view, change);
        }
        absorb.commit(committed);
      }
    }

    private static void absorb(CheckpointBatch absorb, int view, Change change) {
      byte[] key = change.key.getBytes(UTF_8);
      long[] row = change.row;
      if (change.view == view && row == null) {
        absorb.deleted(change.startMs, key, 0, 0, key.length);
      } else if (change.view == view && row != null) {
        absorb.row(change.startMs, key, 0, 0, key.length, row, 0);
      }
    }

    private void report(int view) {
      Lanes lanes = view == 0 ? WINDOWS : SESSIONS;
      store
          .view(view)
          .forEachChange(
              new ViewStore.ChangeReader() {
                @Override
                public void change(
                    long startMs,
                    byte[] group,
                    byte[] bytes,
                    int offset,
                    int length,
                    long[] rows,
                    int at) {
                  String key = new String(bytes, offset, length, UTF_8);
                  changelog.add(new Change(view, startMs, key, lanes.copy(rows, at)));
                }

                @Override
                public void deleted(
                    long startMs, long endMs, byte[] group, byte[] bytes, int offset, int length) {
                  String key = new String(bytes, offset, length, UTF_8);
                  changelog.add(new Change(view, startMs, key, null));
                }
              });
    }

    private void forgetUncommitted() {
      rowsOfWindows.clear();
      rowsOfWindows.putAll(committedWindows);
      sessions.clear();
      sessions.putAll(committedSessions);
    }

    private void reopen() {
      store.flush();
      store.close();
      forgetUncommitted();
      store = TaskStore.open(dir, SPECS, memory);
      assertThat(store.view(0).position()).isEqualTo(committed);
      check();
    }

    private void crash() throws Exception {
      Path image = root.resolve(Integer.toString(++directories));
      OnDisk.copyAsIfCrashed(dir, image);
      store.close();
      dir = image;
      forgetUncommitted();
      store = TaskStore.open(dir, SPECS, memory);
      restore(store);
      check();
    }

    private void restoreElsewhere() {
      try (TaskStore restored =
          TaskStore.open(root.resolve("restored-" + ++directories), SPECS, memory)) {
        restore(restored);
        assertThat(windows(restored)).isEqualTo(windows(committedWindows));
        assertThat(sessions(restored)).isEqualTo(sessions(committedSessions));
      }
    }

    /** Each view from its own position: what was restored before may be lost of one of them. */
    private void restore(TaskStore into) {
      for (int view = 0; view < 2; view++) {
        int from = (int) into.view(view).position().changelogOffset();
        try (RestoreBatch batch = into.view(view).restore()) {
          for (Change change : changelog.subList(from, changelog.size())) {
            byte[] key = change.key.getBytes(UTF_8);
            long[] row = change.row;
            batch.row(change.startMs, key, 0, 0, key.length);
            if (change.view == view && row == null) {
              batch.delete();
            } else if (change.view == view && row != null) {
              batch.put(row, 0);
            }
          }
          batch.commit(committed);
        }
        if (random.nextBoolean()) {
          into.view(view).persistRestored();
        }
        into.view(view).restored();
      }
    }

    // ---------------------------------------------------------------- comparing

    /** Short enough to be read in a failure. */
    private static String shown(long[] row, int lanes) {
      byte[] bytes = Tail.bytes(row, lanes);
      return "%s %d:%x"
          .formatted(
              Arrays.toString(Arrays.copyOf(row, lanes)), bytes.length, Arrays.hashCode(bytes));
    }

    private static Map<String, String> windows(Map<String, long[]> rows) {
      Map<String, String> windows = new TreeMap<>();
      rows.forEach((key, row) -> windows.put(key, shown(row, 2)));
      return windows;
    }

    private static List<String> sessions(List<long[]> rows) {
      return rows.stream().map(row -> shown(row, 3)).toList();
    }

    private static Map<String, List<String>> sessions(Map<String, List<long[]>> rows) {
      Map<String, List<String>> sessions = new TreeMap<>();
      rows.forEach((key, all) -> sessions.put(key, sessions(all)));
      return sessions;
    }

    /** By pages, some of them short since the bytes of their rows count. */
    private Map<String, String> windows(TaskStore of) {
      long[] starts = {0, 1_000, 2_000};
      Map<String, String> found = new TreeMap<>();
      byte[] from = {};
      KeyRange range;
      do {
        ReadBudget budget = ReadBudget.of(random.nextInt(1, 40), Duration.ofMinutes(1));
        range = of.windows(0).range(starts, "", from, null, 5, budget);
        for (KeyRows each : range.keys()) {
          for (int i = 0; i < starts.length; i++) {
            long[] row = each.rows()[i];
            if (row != null) {
              found.put(starts[i] + " " + new String(each.key(), UTF_8), shown(row, 2));
            }
          }
          from = Arrays.copyOf(each.key(), each.key().length + 1);
        }
      } while (!range.isWhole());
      return found;
    }

    private Map<String, List<String>> sessions(TaskStore of) {
      Map<String, List<String>> found = new TreeMap<>();
      SessionStore.Range all = new SessionStore.Range(NO_GROUP, null, 0, Long.MAX_VALUE);
      for (KeyRows each : of.sessions(1).page("", all, 1_000)) {
        found.put(new String(each.key(), UTF_8), sessions(List.of(each.rows())));
      }
      return found;
    }

    void check() {
      assertThat(windows(store)).isEqualTo(windows(rowsOfWindows));
      assertThat(sessions(store)).isEqualTo(sessions(sessions));
      assertThat(windows(follower)).isEqualTo(windows(committedWindows));
      assertThat(sessions(follower)).isEqualTo(sessions(committedSessions));
      for (int i = 0; i < 5; i++) {
        byte[] key = ("k" + random.nextInt(12)).getBytes(UTF_8);
        long[] row = store.windows(0).rows(new long[] {1_000}, NO_GROUP, key)[0];
        long[] expected = rowsOfWindows.get("1000 " + new String(key, UTF_8));
        assertThat(row).isEqualTo(expected);
        List<long[]> found = store.sessions(1).sessions(NO_GROUP, key, 0, Long.MAX_VALUE);
        assertThat(sessions(found))
            .isEqualTo(sessions(sessions.getOrDefault(new String(key, UTF_8), List.of())));
      }
    }

    @Override
    public void close() {
      store.close();
      follower.close();
      assertThat(memory.heap().used(HeapBudget.Use.OVERLAYS)).isZero();
      memory.close();
    }
  }

  @Test
  void whatIsInMemoryIsInTheBudget() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        TaskStore store = TaskStore.open(root, SPECS, memory)) {
      WindowStore windows = store.windows(0);
      long before = memory.heap().used(HeapBudget.Use.OVERLAYS);
      for (int i = 0; i < 100; i++) {
        byte[] key = {(byte) i};
        try (WindowStore.Fold fold = windows.fold()) {
          long[] row = row(new byte[10_000], 5, 1);
          fold.merge(windows.window(0, NO_GROUP), key, 0, 1, row, 0);
        }
      }
      assertThat(memory.heap().used(HeapBudget.Use.OVERLAYS) - before).isGreaterThan(1_000_000);
    }
  }

  @Test
  void aViewThatHasOtherBytesIsRefused() {
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      try (TaskStore store = TaskStore.open(root, SPECS, memory)) {
        Position written = new Position(1, 1, 1, new byte[0]);
        store.commit(SPECS.stream().map(view -> written).toList());
        store.flush();
      }
      Lanes longs = Lanes.of(Lanes.Merge.MAX, Lanes.Merge.SUM);
      for (Lanes other : List.of(longs, longs.with(new Tail.Merged(TailStoreTest::larger)))) {
        List<TaskStore.Spec> changed =
            List.of(
                TaskStore.Spec.windows("windows", 1_000, other, WindowStore.Bounds.ofHeads(0)),
                SPECS.get(1));
        assertThatThrownBy(() -> TaskStore.open(root, changed, memory))
            .isInstanceOfSatisfying(
                StoreException.class,
                e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OTHER_FORMAT));
      }
      try (ReadOnlyStore read = ReadOnlyStore.openAny(root, "windows", memory)) {
        assertThat(read.lanes().hasTail()).isTrue();
      }
    }
  }
}
