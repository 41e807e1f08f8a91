package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.SessionModel.Event;
import io.streamsocial.store.SessionModel.Name;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store that folds an input and absorbs the checkpoints that another one makes of it, behind them
 * and ahead, with restarts in between and promoted at the end: always the sessions of the input
 * that it has folded.
 */
class SessionFollowerModelTest {
  private static final long RETENTION = 10 * SessionModel.GAP;
  private static final int KEYS = 80;

  @TempDir Path root;

  @Test
  void aFollowerHasTheSessionsOfItsInputAtEveryStep() {
    int[] run = new int[1];
    int[] absorbed = new int[2];
    Property.holds(
        8,
        random -> {
          try (Harness harness = new Harness(root.resolve("run-" + run[0]++), random)) {
            for (int i = 0; i < 250; i++) {
              harness.step();
            }
            harness.promote();
            absorbed[0] += harness.behinds;
            absorbed[1] += harness.aheads;
          }
        });
    assertThat(absorbed).doesNotContain(0);
  }

  /** Expired sessions have no tombstone: one may lie beneath a session that began before it. */
  @Test
  void aCheckpointThatIsAheadBringsItsExpiry() {
    Name ann = new Name("eu", "ann");
    SessionChanges log = new SessionChanges();
    try (StoreMemory memory = new StoreMemory(8 << 20);
        TaskStore active = SessionModel.open(root.resolve("a"), memory);
        TaskStore standby = SessionModel.open(root.resolve("b"), memory)) {
      SessionStore follower = standby.sessions(0);
      SessionModel.merge(active.sessions(0), ann, List.of(new Event(20_000, 1)));
      absorb(active.sessions(0), follower, log, 0);
      active.sessions(0).expireBefore(30_000);
      List<Event> late = List.of(new Event(10_000, 1), new Event(35_000, 1));
      SessionModel.merge(active.sessions(0), ann, late);
      absorb(active.sessions(0), follower, log, 30_000);
      assertThat(SessionModel.all(follower))
          .isEqualTo(Map.of(ann, List.of(List.of(10_000L, 35_000L, 2L, 35_000L, 1L))));
      follower.publish();
      assertThat(follower.active("eu", 60_000, 65_000).orElseThrow()).containsExactly(1, 0);
    }
  }

  private static void absorb(
      SessionStore active, SessionStore follower, SessionChanges log, long expiredBefore) {
    CheckpointBatch absorb = follower.absorb(true);
    absorb.expireBefore(expiredBefore);
    SessionChanges.absorb(absorb, log.read(active));
    Position next = new Position(log.size(), log.size(), 0, new byte[0]);
    absorb.commit(next);
    active.commit(next);
  }

  private record Partial(Name name, List<Event> session) {}

  private record Input(long streamTime, List<Partial> partials) {}

  private record Checkpoint(
      int inputOffset, long streamTime, List<SessionChanges.Change> changes, int number) {}

  private static final class Harness implements AutoCloseable {
    private final Path root;
    private final SplittableRandom random;
    private final StoreMemory memory = new StoreMemory(8 << 20);
    private final List<Input> log = new ArrayList<>();
    private final List<SessionModel> models = new ArrayList<>(); // after so much input
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final SessionChanges changelog = new SessionChanges();
    private final SessionStore active;
    private long streamTime = 1_000_000;
    private SessionStore follower;
    private Path dir;
    private int directories;
    private int folded;
    private int absorbed;
    private int aheads;
    private int behinds;

    Harness(Path root, SplittableRandom random) {
      this.root = root;
      this.random = random;
      dir = root.resolve("0");
      active = SessionModel.open(root.resolve("active"), memory).sessions(0);
      follower = SessionModel.open(dir, memory).sessions(0);
      models.add(new SessionModel());
    }

    void step() throws Exception {
      switch (random.nextInt(13)) {
        case 0, 1, 2, 3 -> write();
        case 4 -> checkpoint();
        case 5, 6, 7 -> fold(random.nextInt(1, 4));
        case 8, 9 -> absorb();
        case 10 -> follower.tend(random.nextInt(1, 3 * KEYS));
        case 11 -> active.tend(random.nextInt(1, 3 * KEYS));
        default -> {
          if (random.nextInt(3) == 0) {
            reopen();
          }
        }
      }
      check();
    }

    /** The input grows, and the active folds it. */
    private void write() {
      streamTime += random.nextLong(SessionModel.GAP);
      List<Partial> partials = new ArrayList<>();
      SessionModel model = models.get(log.size()).copy();
      for (int i = random.nextInt(15); i >= 0; i--) {
        long late = random.nextInt(15) == 0 ? RETENTION : 4 * SessionModel.GAP;
        Partial partial =
            new Partial(
                SessionModel.name(random, KEYS),
                SessionModel.partial(random, streamTime - random.nextLong(late)));
        partials.add(partial);
        model.add(partial.name(), partial.session());
      }
      model.expireBefore(streamTime - RETENTION);
      Input input = new Input(streamTime, partials);
      log.add(input);
      models.add(model);
      fold(active, input);
    }

    private static void fold(SessionStore store, Input input) {
      input.partials().forEach(p -> SessionModel.merge(store, p.name(), p.session()));
      store.expireBefore(input.streamTime() - RETENTION);
    }

    private void checkpoint() {
      List<SessionChanges.Change> changes = changelog.read(active);
      if (!changes.isEmpty()) {
        Checkpoint made = new Checkpoint(log.size(), streamTime, changes, checkpoints.size() + 1);
        checkpoints.add(made);
        active.commit(position(made));
      }
    }

    private static Position position(Checkpoint made) {
      return new Position(made.inputOffset(), made.number(), made.streamTime(), new byte[0]);
    }

    private void fold(int inputs) {
      for (int n = inputs; n > 0 && folded < log.size(); n--) {
        fold(follower, log.get(folded++));
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
      absorb.expireBefore(last.streamTime() - RETENTION);
      checkpoints
          .subList(absorbed, absorbed + take)
          .forEach(each -> SessionChanges.absorb(absorb, each.changes()));
      absorb.commit(position(last));
      absorbed += take;
      if (isAhead) {
        aheads++;
        folded = last.inputOffset();
        follower.expireBefore(last.streamTime() - RETENTION);
      } else {
        behinds++;
      }
    }

    /** What is in memory is gone: input is folded again from where the store stands. */
    private void reopen() throws Exception {
      if (random.nextBoolean()) {
        Path image = root.resolve(Integer.toString(++directories));
        OnDisk.copyAsIfCrashed(dir, image);
        dir = image;
      } else {
        follower.flush();
      }
      follower.close();
      follower = SessionModel.open(dir, memory).sessions(0);
      Position position = follower.position();
      folded = (int) position.inputOffset();
      absorbed = (int) position.changelogOffset();
      if (folded > 0) {
        follower.expireBefore(position.streamTimeMs() - RETENTION);
      }
    }

    /** The follower becomes the active: what it has not absorbed is its next checkpoint. */
    void promote() {
      while (absorbed < checkpoints.size()) {
        absorb();
      }
      fold(Integer.MAX_VALUE);
      check();
      changelog.read(follower);
      SessionModel model = models.get(log.size());
      SessionModel.assertSame(
          changelog.asKafkaStreamsHasIt(streamTime - RETENTION), model.all(), this);
      follower.commit(new Position(folded, 0, streamTime, new byte[0]));
      check();
    }

    private void check() {
      SessionModel model = models.get(folded);
      SessionModel.assertSame(SessionModel.all(follower), model.all(), this);
      follower.publish();
      long[] times = {
        streamTime - 4 * SessionModel.GAP,
        streamTime,
        streamTime - random.nextLong(SessionModel.GAP)
      };
      for (String group : SessionModel.GROUPS) {
        long[] expected = Arrays.stream(times).map(at -> model.active(group, at)).toArray();
        follower
            .active(group, times)
            .ifPresent(counts -> assertThat(counts).describedAs(toString()).isEqualTo(expected));
      }
    }

    @Override
    public String toString() {
      return "folded %d of %d, absorbed %d of %d, %d ahead"
          .formatted(folded, log.size(), absorbed, checkpoints.size(), aheads);
    }

    @Override
    public void close() {
      active.close();
      follower.close();
      memory.close();
    }
  }
}
