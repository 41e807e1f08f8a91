package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.table.HeadRow;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store that folds an input and absorbs the checkpoints that another writer makes of it, behind
 * them and ahead, with restarts in between: rows, rankings and totals against a sorted map.
 */
class FollowerModelTest {
  private static final Windowing WINDOWING = new Windowing(100, 200, 500);
  private static final String[] REGIONS = {"", "a", "é"};
  private static final int HEAD_SIZE = 4;

  @TempDir Path root;

  @Test
  void aFollowersTotalsAreTheSumsOfItsRowsAtEveryStep() {
    int[] run = new int[1];
    Property.holds(
        6,
        random -> {
          try (Harness harness = new Harness(root.resolve("run-" + run[0]++), random)) {
            for (int i = 0; i < 150; i++) {
              harness.step();
            }
          }
        });
  }

  private record Mention(Row row, long delta) {}

  /** Stream time after it, and what it adds. */
  private record Input(long streamTime, List<Mention> mentions) {}

  private record Checkpoint(long inputOffset, long streamTime, Set<Row> changed, long number) {}

  private static final class Harness implements AutoCloseable {
    private final Path dir;
    private final SplittableRandom random;
    private final StoreMemory memory = new StoreMemory(8 << 20);
    private final List<Input> log = new ArrayList<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final Set<Row> changed = new HashSet<>();
    private long streamTime = 1_000;
    private WindowStore follower;
    private int folded;
    private int absorbed;
    private int aheads;

    Harness(Path dir, SplittableRandom random) {
      this.dir = dir;
      this.random = random;
      follower = open();
    }

    private WindowStore open() {
      return WindowStore.open(
          dir, OnDisk.NAME, WINDOWING.sizeMs(), WindowStore.Bounds.ofHeads(HEAD_SIZE), memory);
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> write();
        case 4 -> checkpoint();
        case 5, 6, 7 -> fold();
        case 8, 9 -> absorb();
        case 10 -> follower.tend(random.nextInt(1, 30));
        default -> {
          if (random.nextInt(4) == 0) {
            reopen();
          }
        }
      }
      check();
    }

    /** The input grows, at the other writer. */
    private void write() {
      streamTime += random.nextLong(80);
      List<Mention> mentions = new ArrayList<>();
      for (int i = random.nextInt(20); i >= 0; i--) {
        long start = WINDOWING.start(streamTime - random.nextLong(250));
        if (!WINDOWING.isLate(start, streamTime)) {
          String tag = "t" + (int) Math.pow(40, random.nextDouble());
          Row row = new Row(start, REGIONS[random.nextInt(REGIONS.length)], tag);
          mentions.add(new Mention(row, random.nextLong(1, 5)));
          changed.add(row);
        }
      }
      log.add(new Input(streamTime, mentions));
    }

    private void checkpoint() {
      changed.removeIf(row -> WINDOWING.isExpired(row.start(), streamTime));
      if (!changed.isEmpty()) {
        checkpoints.add(
            new Checkpoint(log.size(), streamTime, Set.copyOf(changed), checkpoints.size() + 1L));
        changed.clear();
      }
    }

    private void fold() {
      for (int n = random.nextInt(1, 4); n > 0 && folded < log.size(); n--) {
        Input input = log.get(folded++);
        try (WindowStore.Fold fold = follower.fold()) {
          for (Mention mention : input.mentions()) {
            Row row = mention.row();
            WindowStore.Region region = follower.window(row.start(), row.regionBytes());
            byte[] tag = row.tagBytes();
            fold.add(region, tag, 0, tag.length, mention.delta());
          }
        }
        follower.expireBefore(WINDOWING.firstReadableStart(input.streamTime()));
      }
    }

    /**
     * One checkpoint; or two as one, as compaction leaves them, with the older rows still there.
     */
    private void absorb() {
      int take = Math.min(random.nextInt(1, 3), checkpoints.size() - absorbed);
      if (take < 1) {
        return;
      }
      Checkpoint last = checkpoints.get(absorbed + take - 1);
      boolean isAhead = last.inputOffset() > folded;
      CheckpointBatch absorb = follower.absorb(isAhead);
      absorb.expireBefore(WINDOWING.firstReadableStart(last.streamTime()));
      for (Checkpoint each : checkpoints.subList(absorbed, absorbed + take)) {
        Map<Row, Long> rows = rows((int) each.inputOffset());
        for (Row row : each.changed()) {
          if (rows.containsKey(row)) {
            row(absorb, row, rows.getOrDefault(row, 0L));
          }
        }
      }
      absorb.commit(
          new Position(last.inputOffset(), last.number(), last.streamTime(), new byte[0]));
      absorbed += take;
      if (isAhead) {
        aheads++;
        folded = (int) last.inputOffset();
        follower.expireBefore(WINDOWING.firstReadableStart(last.streamTime()));
      }
    }

    private static void row(CheckpointBatch absorb, Row row, long count) {
      byte[] region = row.regionBytes();
      byte[] tag = row.tagBytes();
      byte[] bytes =
          ByteBuffer.allocate(region.length + 1 + tag.length)
              .put(region)
              .put((byte) ':')
              .put(tag)
              .array();
      absorb.row(
          row.start(),
          bytes,
          region.length,
          region.length + 1,
          bytes.length,
          new long[] {count},
          0);
    }

    /** The overlay is gone: input is folded again from where the store stands. */
    private void reopen() {
      follower.flush();
      follower.close();
      follower = open();
      folded = (int) follower.position().inputOffset();
      if (folded > 0) {
        follower.expireBefore(WINDOWING.firstReadableStart(follower.position().streamTimeMs()));
      }
    }

    /** The live rows after so much input. */
    private SortedMap<Row, Long> rows(int inputs) {
      TreeMap<Row, Long> rows = new TreeMap<>();
      for (Input input : log.subList(0, inputs)) {
        input.mentions().forEach(m -> rows.merge(m.row(), m.delta(), Long::sum));
      }
      if (inputs > 0) {
        long time = log.get(inputs - 1).streamTime();
        rows.keySet().removeIf(row -> WINDOWING.isExpired(row.start(), time));
      }
      return rows;
    }

    private void check() {
      follower.publish();
      SortedMap<Row, Long> live = rows(folded);
      for (long start = 0; start <= streamTime; start += WINDOWING.sizeMs()) {
        Map<String, Long> expected = Totals.of(live, start);
        follower
            .heads()
            .totals(start)
            .ifPresent(totals -> assertThat(totals).describedAs(toString()).isEqualTo(expected));
        for (String region : REGIONS) {
          long[] one = {start};
          assertThat(Ranked.of(follower.top(one, region, Integer.MAX_VALUE)))
              .isEqualTo(Ranked.fullSort(live, one, region, Integer.MAX_VALUE));
        }
      }
    }

    @Override
    public String toString() {
      return "folded %d of %d, absorbed %d of %d, %d ahead"
          .formatted(folded, log.size(), absorbed, checkpoints.size(), aheads);
    }

    @Override
    public void close() {
      follower.close();
      memory.close();
    }
  }

  @Test
  void headRowsKnowWhatOtherHeadsKnow() {
    long[] starts = {100, 200};
    try (StoreMemory memory = new StoreMemory(8 << 20);
        WindowStore store =
            WindowStore.open(
                root.resolve("heads"),
                OnDisk.NAME,
                100,
                WindowStore.Bounds.ofHeads(HEAD_SIZE),
                memory)) {
      try (WindowStore.Fold fold = store.fold()) {
        for (int i = 1; i <= 20; i++) {
          add(store, fold, 100, "t" + i, i);
        }
        add(store, fold, 200, "t20", 7);
        add(store, fold, 200, "t1", 9);
        add(store, fold, 200, "t2", 1);
      }
      store.publish();
      List<HeadRow> rows = store.heads().rows(starts, "a", 2, 10).orElseThrow();
      assertThat(rows).extracting(row -> new String(row.key(), UTF_8)).containsExactly("t1", "t20");
      assertThat(rows.get(0).counts()).containsExactly(HeadRow.UNKNOWN, 9);
      assertThat(rows.get(0).bounds()[0]).isBetween(1L, 19L);
      assertThat(rows.get(0).isKnown()).isFalse();
      assertThat(rows.get(1).counts()).containsExactly(20, 7);
      assertThat(rows.get(1).isKnown()).isTrue();
      assertThat(store.heads().rows(starts, "a", 2, 1))
          .hasValueSatisfying(r -> assertThat(r).hasSize(1));
      assertThat(store.heads().rows(starts, "b", 2, 1).orElseThrow()).isEmpty();
      assertThat(store.heads().totals(100)).hasValue(Map.of("a", 210L));
      assertThat(store.heads().totals(300)).hasValue(Map.of());
    }
  }

  private static void add(
      WindowStore store, WindowStore.Fold fold, long start, String tag, long count) {
    byte[] bytes = tag.getBytes(UTF_8);
    fold.add(store.window(start, "a".getBytes(UTF_8)), bytes, 0, bytes.length, count);
  }
}
