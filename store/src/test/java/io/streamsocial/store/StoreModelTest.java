package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.WindowKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store against a sorted map, through folds, checkpoints, expiry, clean stops and crashes. */
class StoreModelTest {
  private static final Windowing WINDOWING = new Windowing(100, 200, 500);
  private static final String[] REGIONS = {"", "a", "ab", "é", "😀"};
  private static final int HEAD_SIZE = 4;

  @TempDir Path root;

  @Test
  void storeIsASortedMapThroughCommitExpiryCloseAndCrash() {
    int[] run = new int[1];
    Property.holds(
        4,
        random -> {
          try (Harness harness = new Harness(root.resolve("run-" + run[0]++), random)) {
            for (int i = 0; i < 120; i++) {
              harness.step();
            }
            harness.check();
          }
        });
  }

  private record Change(Row row, long count) {}

  private record Checkpoint(Position position, SortedMap<Row, Long> rows) {}

  private static final class Harness implements AutoCloseable {
    private final Path root;
    private final SplittableRandom random;
    private final StoreMemory memory = new StoreMemory(8 << 20);
    private final List<Change> changelog = new ArrayList<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final Set<Row> changed = new HashSet<>();
    private TreeMap<Row, Long> live = new TreeMap<>();
    private long inputOffset;
    private long streamTime = 1_000;
    private int directories;
    private Path dir;
    private WindowStore store;

    Harness(Path root, SplittableRandom random) {
      this.root = root;
      this.random = random;
      dir = root.resolve("0");
      store = open();
      checkpoints.add(new Checkpoint(Position.NONE, new TreeMap<>()));
    }

    private WindowStore open() {
      return WindowStore.open(
          dir, OnDisk.NAME, WINDOWING.sizeMs(), WindowStore.Bounds.ofHeads(HEAD_SIZE), memory);
    }

    void step() throws Exception {
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3 -> commit();
        case 4, 5 -> store.flush();
        case 6 -> store.tend(random.nextInt(1, 30));
        case 7 -> reopen();
        case 8 -> crash();
        case 9 -> check();
        case 10, 11, 12 -> advance();
        default -> fold();
      }
    }

    private void fold() {
      try (WindowStore.Fold fold = store.fold()) {
        for (int group = random.nextInt(1, 4); group > 0; group--) {
          long start = WINDOWING.start(streamTime - random.nextLong(300));
          String region = REGIONS[random.nextInt(REGIONS.length)];
          if (!WINDOWING.isLate(start, streamTime)) {
            fold(fold, start, region);
          }
        }
      }
      inputOffset++;
    }

    private void fold(WindowStore.Fold fold, long start, String region) {
      WindowStore.Region window = store.window(start, new Row(start, region, "").regionBytes());
      for (int i = random.nextInt(1, 30); i > 0; i--) {
        Row row = new Row(start, region, "t" + (int) Math.pow(60, random.nextDouble()));
        byte[] record = ("<" + row.tag() + ">").getBytes(UTF_8);
        long delta = random.nextLong(1, 5);
        fold.add(window, record, 1, record.length - 2, delta);
        live.merge(row, delta, Long::sum);
        changed.add(row);
      }
    }

    /** Advances stream time and with it expiry, as the task that owns a store does. */
    private void advance() {
      streamTime += random.nextLong(150);
      expire();
    }

    private void expire() {
      long first = WINDOWING.firstReadableStart(streamTime);
      store.expireBefore(first);
      live.keySet().removeIf(row -> row.start() < first);
      changed.removeIf(row -> row.start() < first);
    }

    private void commit() {
      Set<Row> reported = new HashSet<>();
      store.forEachChange(
          (start, region, bytes, offset, length, rows, at) -> {
            long count = rows[at];
            byte[] tag = Arrays.copyOfRange(bytes, offset, offset + length);
            Row row = Row.of(WindowKey.of(start, region, tag));
            changelog.add(new Change(row, count));
            reported.add(row);
            assertThat(count).isEqualTo(live.get(row));
          });
      assertThat(reported).isEqualTo(changed);
      assertThat(store.changes()).isEqualTo(changed.size());
      byte[] progress = new byte[random.nextInt(5)];
      Position next = new Position(inputOffset, changelog.size(), streamTime, progress);
      store.commit(next);
      assertThat(store.position()).isEqualTo(next);
      assertThat(store.changes()).isZero();
      changed.clear();
      checkpoints.add(new Checkpoint(next, new TreeMap<>(live)));
    }

    /** What was folded after the last commit is gone, as the input is to be read again. */
    private void reopen() throws Exception {
      store.flush();
      store.close();
      Position committed = forgetUncommitted();
      assertThat(OnDisk.read(dir).positionOrNone()).isEqualTo(committed);
      store = open();
      assertThat(store.position()).isEqualTo(last().position());
      expire();
      check();
    }

    private void crash() throws Exception {
      Path image = root.resolve(Integer.toString(++directories));
      OnDisk.copyAsIfCrashed(dir, image);
      store.close();
      dir = image;
      forgetUncommitted();

      OnDisk left = OnDisk.read(image);
      Position position = left.positionOrNone();
      Checkpoint earlier = checkpointAt(position);
      assertThat(readable(left.rows(), position.streamTimeMs()))
          .describedAs("rows at %s", position)
          .isEqualTo(readable(earlier.rows(), position.streamTimeMs()));

      store = open();
      assertThat(store.position()).isEqualTo(position);
      restoreFrom(position);
      expire();
      check();
    }

    private Checkpoint checkpointAt(Position position) {
      return checkpoints.stream()
          .filter(checkpoint -> checkpoint.position().equals(position))
          // Without a fold in between, two commits may have the same position.
          .reduce((first, second) -> second)
          .orElseThrow(() -> new AssertionError("never committed: " + position));
    }

    private static SortedMap<Row, Long> readable(Map<Row, Long> rows, long streamTime) {
      TreeMap<Row, Long> readable = new TreeMap<>(rows);
      readable.keySet().removeIf(row -> WINDOWING.isExpired(row.start(), streamTime));
      return readable;
    }

    private void restoreFrom(Position position) {
      List<Change> tail = changelog.subList((int) position.changelogOffset(), changelog.size());
      int half = random.nextInt(tail.size() + 1);
      restore(
          tail.subList(0, half), position.withChangelogOffset(position.changelogOffset() + half));
      restore(tail.subList(half, tail.size()), last().position());
      store.restored();
    }

    private void restore(List<Change> changes, Position next) {
      try (RestoreBatch restore = store.restore()) {
        for (Change change : changes) {
          Row row = change.row();
          Restored.put(restore, row.start(), row.regionBytes(), row.tagBytes(), change.count());
        }
        restore.commit(next);
      }
    }

    private Checkpoint last() {
      return checkpoints.get(checkpoints.size() - 1);
    }

    private Position forgetUncommitted() {
      live = new TreeMap<>(last().rows());
      changed.clear();
      Position position = last().position();
      inputOffset = position.inputOffset();
      streamTime = Math.max(1_000, position.streamTimeMs());
      return position;
    }

    void check() {
      for (long start : starts()) {
        for (String region : REGIONS) {
          long[] one = {start};
          assertThat(Ranked.of(store.top(one, region, Integer.MAX_VALUE)))
              .describedAs("rows of window %d, region '%s'", start, region)
              .isEqualTo(Ranked.fullSort(live, one, region, Integer.MAX_VALUE));
        }
      }
      checkRankings();
      checkPages();
      checkCounts();
      checkTotals();
      if (random.nextInt(3) == 0) {
        while (store.tend(random.nextInt(1, 100))) {
          checkRankings();
          checkTotals();
        }
        checkRankings();
        checkTotals();
        starts().forEach(start -> assertThat(store.heads().totals(start)).isPresent());
      }
    }

    private Set<Long> starts() {
      Set<Long> starts = new TreeSet<>();
      for (long start = 0; start <= streamTime; start += WINDOWING.sizeMs()) {
        starts.add(start);
      }
      return starts;
    }

    private long[] someStarts() {
      long[] starts = new long[random.nextInt(1, 6)];
      Arrays.setAll(starts, i -> Math.max(0, WINDOWING.start(streamTime) - 100L * i));
      return Arrays.stream(starts).distinct().toArray();
    }

    private void checkRankings() {
      store.publish();
      for (String region : REGIONS) {
        long[] starts = someStarts();
        int limit = random.nextInt(1, 12);
        List<Ranked> expected = Ranked.fullSort(live, starts, region, limit);
        assertThat(Ranked.of(store.top(starts, region, limit))).isEqualTo(expected);
        store
            .heads()
            .top(starts, region, limit)
            .ifPresent(rows -> assertThat(Ranked.of(rows)).isEqualTo(expected));
      }
    }

    private void checkPages() {
      for (String region : REGIONS) {
        long[] starts = someStarts();
        int limit = random.nextInt(1, 40);
        String from = random.nextInt(3) == 0 ? "" : "t" + random.nextInt(70);
        String to = random.nextInt(3) == 0 ? null : "t" + random.nextInt(70);
        List<Ranked> inside =
            Ranked.fullSort(live, starts, region, Integer.MAX_VALUE).stream()
                .filter(row -> Row.byCodePoints(row.tag(), from) >= 0)
                .filter(row -> to == null || Row.byCodePoints(row.tag(), to) < 0)
                .sorted(Comparator.comparing(Ranked::tag, Row::byCodePoints))
                .toList();
        byte[] end = to == null ? null : to.getBytes(UTF_8);
        byte[] begin = from.getBytes(UTF_8);
        KeyRange range = store.range(starts, region, begin, end, limit, ReadBudget.unlimited());
        assertThat(Ranked.ofKeys(range.keys()))
            .isEqualTo(inside.subList(0, Math.min(limit, inside.size())));
        assertThat(range.isWhole()).isEqualTo(inside.size() <= limit);
        ReadBudget oneRow = ReadBudget.of(1, Duration.ofDays(1));
        KeyRange first = store.range(starts, region, begin, end, limit, oneRow);
        assertThat(Ranked.ofKeys(first.keys()))
            .isEqualTo(inside.subList(0, Math.min(1, inside.size())));
        assertThat(first.isWhole()).isEqualTo(inside.size() <= 1);
      }
    }

    private void checkTotals() {
      store.publish();
      for (long start : starts()) {
        Map<String, Long> expected = Totals.of(live, start);
        store.heads().totals(start).ifPresent(totals -> assertThat(totals).isEqualTo(expected));
      }
    }

    private void checkCounts() {
      for (int i = 0; i < 20; i++) {
        long[] starts = someStarts();
        Row key = new Row(0, REGIONS[random.nextInt(5)], "t" + random.nextInt(60));
        long[] expected =
            Arrays.stream(starts)
                .map(start -> live.getOrDefault(new Row(start, key.region(), key.tag()), 0L))
                .toArray();
        assertThat(store.counts(starts, key.regionBytes(), key.tagBytes())).isEqualTo(expected);
      }
    }

    @Override
    public void close() {
      store.close();
      memory.close();
    }
  }
}
