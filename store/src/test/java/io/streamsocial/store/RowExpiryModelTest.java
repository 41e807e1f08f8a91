package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.ExpiringRows.Change;
import io.streamsocial.store.ExpiringRows.Name;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two stores of rows with a time to live, of which one makes the checkpoints and the other absorbs
 * them, behind its input and ahead of it. Both crash and are opened again, they change their roles,
 * and the follower is restored from the changelog: always the rows of a plain map after the input
 * that each has folded, and on disk always what the changelog holds.
 */
class RowExpiryModelTest {
  private static final Windowing ROWS = Windowing.none(ExpiringRows.TTL);
  private static final int KEYS = 30;

  @TempDir Path root;

  @Test
  void aStoreHasTheRowsOfItsInputAtEveryStep() {
    int[] run = new int[1];
    Map<String, Integer> seen = new TreeMap<>();
    Property.holds(
        6,
        random -> {
          try (Harness harness = new Harness(root.resolve("run-" + run[0]++), random)) {
            for (int i = 0; i < 160; i++) {
              harness.step();
            }
            harness.end();
            harness.seen.forEach((what, times) -> seen.merge(what, times, Integer::sum));
          }
        });
    assertThat(seen.keySet())
        .contains(
            "ahead",
            "behind",
            "crash",
            "restore",
            "tail",
            "take-over",
            "tombstone",
            "late",
            "anew");
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Event(Name name, long[] row) {}

  private record Input(long streamTime, List<Event> events) {}

  private record Checkpoint(int inputOffset, long streamTime, List<Change> changes, int number) {
    Position position() {
      return new Position(inputOffset, number, streamTime, new byte[0]);
    }
  }

  private static final class Node {
    private Path dir;
    private WindowStore store;
    private int folded;
    private int absorbed;

    Node(Path dir, WindowStore store) {
      this.dir = dir;
      this.store = store;
    }
  }

  private static final class Harness implements AutoCloseable {
    private final Path root;
    private final SplittableRandom random;
    private final StoreMemory memory = new StoreMemory(8 << 20);
    private final List<Input> log = new ArrayList<>();
    private final List<ExpiringRows> models = new ArrayList<>(); // after so much input
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    // The changelog as compaction leaves it, in the order of the last records.
    private final Map<Name, Change> changelog = new LinkedHashMap<>();
    private final Map<String, Integer> seen = new HashMap<>();
    private Node active;
    private Node follower;
    private long streamTime = 1_000_000_000;
    private int directories;

    Harness(Path root, SplittableRandom random) {
      this.root = root;
      this.random = random;
      active = node();
      follower = node();
      models.add(new ExpiringRows());
    }

    private Node node() {
      Path dir = root.resolve(Integer.toString(directories++));
      return new Node(dir, ExpiringRows.open(dir, memory));
    }

    private void saw(String what) {
      seen.merge(what, 1, Integer::sum);
    }

    void step() throws Exception {
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3 -> write();
        case 4, 5 -> checkpoint();
        case 6, 7 -> fold(follower, random.nextInt(1, 4));
        case 8, 9 -> absorb(random.nextInt(1, 3));
        case 10 -> follower.store.tend(random.nextInt(1, 3 * KEYS));
        case 11, 12 -> active.store.tend(random.nextInt(1, 3 * KEYS));
        case 13 -> reopen(random.nextBoolean() ? active : follower);
        case 14 -> takeOver();
        default -> restore();
      }
      check(active);
      check(follower);
    }

    /** The input grows, and the active folds it. Stream time may stand still, or leap. */
    private void write() {
      ExpiringRows model = models.get(log.size()).copy();
      List<Event> events = new ArrayList<>();
      for (int i = random.nextInt(8); i >= 0; i--) {
        Name name =
            new Name("g" + random.nextInt(5), "k" + random.nextInt(random.nextInt(1, KEYS)));
        long age = random.nextLong(random.nextInt(4) == 0 ? 2 * ExpiringRows.TTL : 60_000);
        long time = streamTime + 30_000 - age;
        if (model.isLate(time)) {
          saw("late"); // not folded, see ShuffleFold
          continue;
        }
        long[] row = ExpiringRows.row(time, random.nextLong(100));
        model.add(name, row);
        events.add(new Event(name, row));
      }
      if (random.nextInt(3) > 0) {
        streamTime += random.nextLong(random.nextInt(8) == 0 ? 3 * ExpiringRows.TTL : 180_000);
      }
      Input input = new Input(streamTime, events);
      model.advance(streamTime);
      log.add(input);
      models.add(model);
      fold(active, 1);
    }

    private void fold(Node node, int inputs) {
      for (int n = inputs; n > 0 && node.folded < log.size(); n--) {
        Input input = log.get(node.folded++);
        for (Event event : input.events()) {
          if (ExpiringRows.get(node.store, event.name()) == null) {
            saw("anew");
          }
          ExpiringRows.merge(node.store, event.name(), event.row());
        }
        node.store.expireBefore(ROWS.firstLivingMs(input.streamTime()));
      }
    }

    private void checkpoint() {
      List<Change> changes = ExpiringRows.changes(active.store);
      assertThat(active.store.changes()).isEqualTo(changes.size());
      if (changes.isEmpty()) {
        return;
      }
      Checkpoint made = new Checkpoint(log.size(), streamTime, changes, checkpoints.size() + 1);
      checkpoints.add(made);
      active.store.commit(made.position());
      active.absorbed = checkpoints.size();
      for (Change change : changes) {
        changelog.remove(change.name());
        changelog.put(change.name(), change);
        if (change.row() == null) {
          saw("tombstone");
        }
      }
      assertThat(ExpiringRows.onDisk(active.store)).isEqualTo(changelogRows());
    }

    private Map<Name, @Nullable List<Long>> changelogRows() {
      Map<Name, @Nullable List<Long>> rows = new TreeMap<>();
      changelog.forEach((name, change) -> rows.put(name, change.row()));
      rows.values().removeIf(row -> row == null);
      return rows;
    }

    /** One checkpoint, or two as one, with the older rows still there. */
    private void absorb(int most) {
      int take = Math.min(most, checkpoints.size() - follower.absorbed);
      if (take < 1) {
        return;
      }
      Checkpoint last = checkpoints.get(follower.absorbed + take - 1);
      boolean isAhead = last.inputOffset() > follower.folded;
      CheckpointBatch absorb = follower.store.absorb(isAhead);
      absorb.expireBefore(ROWS.firstLivingMs(last.streamTime()));
      checkpoints
          .subList(follower.absorbed, follower.absorbed + take)
          .forEach(each -> each.changes().forEach(change -> change.absorb(absorb)));
      absorb.commit(last.position());
      follower.absorbed += take;
      if (isAhead) {
        follower.folded = last.inputOffset();
      }
      saw(isAhead ? "ahead" : "behind");
    }

    /** What is in memory is gone: input is folded again from where the store stands. */
    private void reopen(Node node) throws Exception {
      if (random.nextBoolean()) {
        Path image = root.resolve(Integer.toString(directories++));
        OnDisk.copyAsIfCrashed(node.dir, image);
        node.dir = image;
        saw("crash");
      } else {
        node.store.flush();
      }
      node.store.close();
      node.store = ExpiringRows.open(node.dir, memory);
      standAtStore(node);
      if (node == active) {
        restoreTail(node);
        fold(node, Integer.MAX_VALUE);
      }
    }

    /** The changelog may have more than the disk kept in a crash. */
    private void restoreTail(Node node) {
      for (Checkpoint missed : checkpoints.subList(node.absorbed, checkpoints.size())) {
        try (RestoreBatch batch = node.store.restore()) {
          missed.changes().forEach(change -> change.restore(batch));
          batch.commit(missed.position());
        }
        saw("tail");
      }
      node.store.restored();
      standAtStore(node);
    }

    private static void standAtStore(Node node) {
      Position position = node.store.position();
      node.folded = (int) position.inputOffset();
      node.absorbed = (int) position.changelogOffset();
      if (node.folded > 0) {
        node.store.expireBefore(ROWS.firstLivingMs(position.streamTimeMs()));
      }
    }

    private void takeOver() {
      absorb(Integer.MAX_VALUE);
      fold(follower, Integer.MAX_VALUE);
      Node taking = follower;
      follower = active;
      active = taking;
      saw("take-over");
    }

    /** The follower begins with nothing, and reads the changelog: into memory, or by the disk. */
    private void restore() {
      if (checkpoints.isEmpty() || random.nextInt(3) > 0) {
        return;
      }
      follower.store.close();
      follower = node();
      Position end = checkpoints.get(checkpoints.size() - 1).position();
      try (RestoreBatch batch = follower.store.restore()) {
        changelog.values().forEach(change -> change.restore(batch));
        batch.commit(end);
      }
      if (random.nextBoolean()) {
        follower.store.persistRestored();
      }
      follower.store.restored();
      standAtStore(follower);
      assertThat(ExpiringRows.onDisk(follower.store)).isEqualTo(changelogRows());
      saw("restore");
    }

    private void check(Node node) {
      ExpiringRows model = models.get(node.folded);
      String which = (node == active ? "active, " : "follower, ") + this;
      assertThat(ExpiringRows.difference(ExpiringRows.all(node.store, model.groups()), model.all()))
          .as(which)
          .isEmpty();
      for (Name name : models.get(models.size() - 1).all().keySet()) {
        if (random.nextInt(8) == 0) {
          assertThat(ExpiringRows.get(node.store, name))
              .as("%s of %s", name, which)
              .isEqualTo(model.all().get(name));
        }
      }
    }

    /** When everything is gone, nothing but the first row of each group is left. */
    void end() {
      takeOver();
      streamTime += 5 * ExpiringRows.TTL;
      ExpiringRows model = models.get(log.size()).copy();
      model.advance(streamTime);
      log.add(new Input(streamTime, List.of()));
      models.add(model);
      fold(active, 1);
      // What changed last is written first, and swept then.
      for (int i = 0; i < 3; i++) {
        while (active.store.tend(10)) {
          // goes on
        }
        checkpoint();
        streamTime += ExpiringRows.TTL;
        active.store.expireBefore(ROWS.firstLivingMs(streamTime));
      }
      assertThat(ExpiringRows.onDisk(active.store).keySet())
          .extracting(Name::group)
          .doesNotHaveDuplicates()
          .hasSameSizeAs(model.groups());
      takeOver();
      check(active);
    }

    @Override
    public String toString() {
      return "folded %d and %d of %d, absorbed %d of %d"
          .formatted(
              active.folded, follower.folded, log.size(), follower.absorbed, checkpoints.size());
    }

    @Override
    public void close() {
      active.store.close();
      follower.store.close();
      memory.close();
    }
  }
}
