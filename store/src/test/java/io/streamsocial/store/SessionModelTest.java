package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.SessionModel.Event;
import io.streamsocial.store.SessionModel.Name;
import io.streamsocial.store.table.SessionKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The store of sessions against a map of sorted events, through folds, late events, checkpoints,
 * expiry, clean stops, crashes and restores.
 */
class SessionModelTest {
  private static final long RETENTION = 10 * SessionModel.GAP;

  @TempDir Path root;

  @Test
  void storeIsAMapOfSortedEventsThroughCommitExpiryCloseAndCrash() {
    int[] run = new int[1];
    Property.holds(
        6,
        random -> {
          try (Harness harness = new Harness(root.resolve("run-" + run[0]++), random, 60)) {
            for (int i = 0; i < 150; i++) {
              harness.step(20);
            }
            harness.check();
          }
        });
  }

  /** 100,000 events of many keys. */
  @Test
  void manyEventsAreSessionsToo() throws Exception {
    SplittableRandom random = new SplittableRandom(7);
    try (Harness harness = new Harness(root, random, 3_000)) {
      while (harness.events < 100_000) {
        harness.step(2_000);
      }
      harness.check();
      assertThat(harness.crashes).isPositive();
      assertThat(harness.model.size()).isGreaterThan(1_000);
    }
  }

  private record Checkpoint(Position position, SessionModel model) {}

  private static final class Harness implements AutoCloseable {
    private final Path root;
    private final SplittableRandom random;
    private final int keys;
    private final StoreMemory memory = new StoreMemory(8 << 20);
    private final SessionChanges changelog = new SessionChanges();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private SessionModel model = new SessionModel();
    private long streamTime = 1_000_000;
    private int inputOffset;
    private int events;
    private int crashes;
    private int directories;
    private Path dir;
    private TaskStore opened;
    private SessionStore store;

    Harness(Path root, SplittableRandom random, int keys) {
      this.root = root;
      this.random = random;
      this.keys = keys;
      dir = root.resolve("0");
      checkpoints.add(new Checkpoint(Position.NONE, new SessionModel()));
      open();
      expire();
    }

    private void open() {
      opened = SessionModel.open(dir, memory);
      store = opened.sessions(0);
    }

    void step(int partials) throws Exception {
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3 -> commit();
        case 4 -> store.flush();
        case 5, 6 -> store.tend(random.nextInt(1, 3 * keys));
        case 7 -> reopen();
        case 8 -> crash();
        case 9 -> check();
        case 10, 11, 12 -> advance();
        default -> fold(random.nextInt(1, partials));
      }
    }

    private void fold(int partials) {
      for (int i = 0; i < partials; i++) {
        Name name = SessionModel.name(random, keys);
        // Now and then later than what has expired.
        long late =
            random.nextInt(20) == 0 ? RETENTION + 2 * SessionModel.GAP : 4 * SessionModel.GAP;
        List<Event> session = SessionModel.partial(random, streamTime - random.nextLong(late));
        SessionModel.merge(store, name, session);
        model.add(name, session);
        events += session.size();
      }
      inputOffset++;
    }

    /** Advances stream time and with it expiry, as the task that owns a store does. */
    private void advance() {
      streamTime += random.nextLong(SessionModel.GAP);
      expire();
    }

    private void expire() {
      store.expireBefore(streamTime - RETENTION);
      model.expireBefore(streamTime - RETENTION);
    }

    private void commit() {
      changelog.read(store);
      SessionModel.assertSame(
          changelog.asKafkaStreamsHasIt(streamTime - RETENTION), model.all(), "changelog");
      Position next =
          new Position(inputOffset, changelog.size(), streamTime, new byte[random.nextInt(5)]);
      opened.commit(List.of(next));
      assertThat(store.position()).isEqualTo(next);
      assertThat(store.changes()).isZero();
      checkpoints.add(new Checkpoint(next, model.copy()));
    }

    /** What was folded after the last commit is gone, as the input is to be read again. */
    private void reopen() {
      store.flush();
      store.close();
      forgetUncommitted();
      open();
      assertThat(store.position()).isEqualTo(last().position());
      expire();
      check();
    }

    private void crash() throws Exception {
      crashes++;
      Path image = root.resolve(Integer.toString(++directories));
      boolean isLost = random.nextInt(4) == 0;
      if (!isLost) {
        OnDisk.copyAsIfCrashed(dir, image);
      }
      store.close();
      dir = image;
      forgetUncommitted();
      open();
      Position position = store.position();
      Checkpoint earlier = checkpointAt(position);
      SessionModel.assertSame(
          onDisk(position.streamTimeMs() - RETENTION), earlier.model().all(), position);
      if (isLost) {
        restoreAll();
      } else {
        restoreFrom(position);
      }
      expire();
      check();
    }

    private Map<Name, List<List<Long>>> onDisk(long expiredBefore) {
      Map<Name, List<long[]>> rows = new TreeMap<>();
      store.forEachRow(
          (key, row) -> {
            assertThat(SessionKey.start(key)).isEqualTo(row[SessionStore.START]);
            byte[] name = SessionKey.key(key);
            if (row[SessionStore.END] >= expiredBefore) {
              rows.computeIfAbsent(
                      Name.of(SessionKey.group(key), name, 0, name.length), n -> new ArrayList<>())
                  .add(row);
            }
          });
      Map<Name, List<List<Long>>> lists = new TreeMap<>();
      rows.forEach((name, sessions) -> lists.put(name, SessionModel.lists(sessions)));
      return lists;
    }

    private Checkpoint checkpointAt(Position position) {
      return checkpoints.stream()
          .filter(checkpoint -> checkpoint.position().equals(position))
          // Without a fold in between, two commits may have the same position.
          .reduce((first, second) -> second)
          .orElseThrow(() -> new AssertionError("never committed: " + position));
    }

    private void restoreFrom(Position position) {
      List<SessionChanges.Change> tail = changelog.from((int) position.changelogOffset());
      int half = random.nextInt(tail.size() + 1);
      SessionChanges.restore(
          store,
          tail.subList(0, half),
          position.withChangelogOffset(position.changelogOffset() + half));
      if (random.nextBoolean()) {
        store.persistRestored();
      }
      SessionChanges.restore(store, tail.subList(half, tail.size()), last().position());
      store.restored();
    }

    private void restoreAll() {
      SessionChanges.restore(
          store,
          random.nextBoolean() ? changelog.compacted() : changelog.from(0),
          last().position());
      store.restored();
    }

    private Checkpoint last() {
      return checkpoints.get(checkpoints.size() - 1);
    }

    private void forgetUncommitted() {
      model = last().model().copy();
      Position position = last().position();
      inputOffset = (int) position.inputOffset();
      streamTime = Math.max(1_000_000, position.streamTimeMs());
    }

    void check() {
      Map<Name, List<List<Long>>> expected = model.all();
      SessionModel.assertSame(SessionModel.all(store), expected, "live");
      long from = streamTime - random.nextLong(RETENTION);
      long to = from + random.nextLong(2 * SessionModel.GAP);
      SessionModel.assertSame(
          SessionModel.all(store, from, to, random.nextInt(1 + keys / 20, keys)),
          model.all(from, to),
          "pages");
      for (int i = 0; i < 20; i++) {
        Name name = SessionModel.name(random, keys);
        List<long[]> found = store.sessions(name.groupBytes(), name.keyBytes(), from, to);
        assertThat(SessionModel.lists(found)).isEqualTo(model.sessions(name, from, to));
      }
      checkActive();
      if (random.nextInt(3) == 0) {
        while (store.tend(random.nextInt(1, 3 * keys))) {
          checkActive();
        }
        store.publish();
        assertThat(store.activeKeys().isKnown()).isTrue();
        checkActive();
        SessionModel.assertSame(SessionModel.all(store), expected, "live");
      }
    }

    private void checkActive() {
      store.publish();
      long[] times = {
        streamTime - RETENTION + SessionModel.GAP,
        streamTime - random.nextLong(4 * SessionModel.GAP),
        streamTime,
        streamTime + random.nextLong(2 * SessionModel.GAP)
      };
      for (String group : SessionModel.GROUPS) {
        Optional<long[]> active = store.active(group, times);
        long[] expected = Arrays.stream(times).map(at -> model.active(group, at)).toArray();
        active.ifPresent(counts -> assertThat(counts).isEqualTo(expected));
      }
    }

    @Override
    public void close() {
      store.close();
      assertThat(memory.heap().used(HeapBudget.Use.OVERLAYS)).isZero();
      assertThat(memory.heap().used(HeapBudget.Use.HEADS)).isZero();
      memory.close();
    }
  }
}
