package io.streamsocial.processor.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskCounters;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.store.Position;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.snapshots.SnapshotException;
import io.streamsocial.store.snapshots.SnapshotFile;
import io.streamsocial.store.snapshots.SnapshotManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One instance has the state of a partition, another one fetches it. */
@Timeout(120)
class StateCopiesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PARTITION = 1;
  private static final int ROWS = 20_000;
  private static final int PART_BYTES = 16 << 10;
  private static final long CHANGELOG_OFFSET = 50_000;
  private static final List<Restorer.Bounds> CHANGELOG =
      List.of(new Restorer.Bounds(10, CHANGELOG_OFFSET + 20));

  @TempDir Path temp;

  private final List<KeptView> views = KeptView.of(EngineConfig.defaults().hashtags(true).build());
  private final List<TaskStore.Spec> specs = views.stream().map(KeptView::spec).toList();
  private final StoreMemory memory = new StoreMemory(32 << 20);
  private final ReadableTasks readable = new ReadableTasks("posts");
  private long nowMs = 1_000_000;
  private StateDirectory here;
  private StateDirectory there;
  private CountTask held;
  private ServedSnapshots served;
  private StateCopies copies;

  @BeforeEach
  void open() throws IOException {
    here = StateDirectory.lock(temp.resolve("app").resolve("here"));
    there = StateDirectory.lock(temp.resolve("app").resolve("there"));
    here.keepNote(".shuffle-id", "abc\n");
    there.keepNote(".shuffle-id", "abc\n");
    held = new TaskStores(views, there, memory).open(PARTITION, new TaskCounters(), now());
    WindowStore store = held.store();
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region all = store.window(0, new byte[0]);
      for (int i = 0; i < ROWS; i++) {
        // Hard to compress, so that there are many parts.
        byte[] key = "%x-%d".formatted(i * 0x9E3779B97F4A7C15L, i).getBytes(UTF_8);
        fold.add(all, key, 0, key.length, 1);
      }
    }
    store.commit(new Position(7, CHANGELOG_OFFSET, 0, new byte[0]));
    held.follow(now());
    readable.show(held);
    served = serving(1L << 30);
    copies = new StateCopies(specs, here, memory, 1_000);
  }

  @AfterEach
  void close() {
    assertThat(copies.end()).isTrue();
    assertThat(served.end()).isTrue();
    assertThat(there.snapshots())
        .satisfiesAnyOf(
            path -> assertThat(path).doesNotExist(), path -> assertThat(path).isEmptyDirectory());
    held.close();
    memory.close();
    here.close();
    there.close();
  }

  private Moment now() {
    return new Moment(nowMs, nowMs);
  }

  private ServedSnapshots serving(long bytesPerSecond) {
    return new ServedSnapshots(readable, specs, there, memory, bytesPerSecond, this::now);
  }

  /** The instance that has the state. */
  private class Holder implements SnapshotSource.Holder {
    @Override
    public String name() {
      return "instance 1";
    }

    /** Before each part is read. */
    void reading(int part) throws SnapshotException, InterruptedException {}

    /** All of it has come and is sound, or it was given up. */
    void closing() {}

    @Override
    public SnapshotSource.Remote open(int partition) throws SnapshotException {
      ServedSnapshots.Opened opened;
      try {
        opened = served.open(partition);
      } catch (RefusedSnapshotException e) {
        throw new SnapshotException(String.valueOf(e.getMessage()), e);
      }
      AtomicInteger parts = new AtomicInteger();
      return new SnapshotSource.Remote() {
        @Override
        public SnapshotManifest manifest() {
          return opened.manifest();
        }

        @Override
        public byte[] read(SnapshotFile file, long from)
            throws SnapshotException, InterruptedException {
          reading(parts.incrementAndGet());
          try {
            return served.read(opened.id(), file.name(), from, PART_BYTES);
          } catch (RefusedSnapshotException e) {
            throw new SnapshotException(String.valueOf(e.getMessage()), e);
          }
        }

        @Override
        public void close() {
          closing();
          served.release(opened.id());
        }
      };
    }
  }

  private final class Dying extends Holder {
    @Override
    public String name() {
      return "instance 2";
    }

    @Override
    void reading(int part) throws SnapshotException {
      if (part == 5) {
        throw new SnapshotException("it is gone");
      }
    }
  }

  private final class Hanging extends Holder {
    private final CountDownLatch hangs = new CountDownLatch(1);

    @Override
    void reading(int part) throws InterruptedException {
      if (part == 5) {
        hangs.countDown();
        new CountDownLatch(1).await();
      }
    }
  }

  private void fetchFrom(SnapshotSource.Holder... holders) {
    copies.from(partition -> List.of(holders));
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isTrue();
  }

  private void awaitEnd() {
    await().atMost(PATIENCE).until(() -> !copies.isUnderWay(PARTITION));
  }

  private void assertNothingIsHere() {
    assertThat(here.tasks()).isEmpty();
    assertThat(here.incoming(PARTITION)).doesNotExist();
  }

  @Test
  void theStateComesAndIsOpenedAsIfItHadAlwaysBeenHere() {
    fetchFrom(new Holder());
    awaitEnd();
    assertThat(here.tasks()).as("before the loop says so").isEmpty();
    StateCopy.Progress progress = copies.progress(PARTITION).orElseThrow();
    assertThat(progress.from()).isEqualTo("instance 1");
    assertThat(progress.bytes()).isEqualTo(progress.bytesTotal()).isGreaterThan(10L * PART_BYTES);
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isFalse();
    try (CountTask task =
        new TaskStores(views, here, memory).open(PARTITION, new TaskCounters(), now())) {
      assertThat(task.changelogOffset(0)).isEqualTo(CHANGELOG_OFFSET);
      long[] rows = {0};
      task.store().forEachRow((key, row) -> rows[0] += row[0]);
      assertThat(rows[0]).isEqualTo(ROWS);
    }
    assertThat(copies.fetched()).isEqualTo(1);
    assertThat(copies.bytes()).isEqualTo(served.bytes()).isEqualTo(progress.bytes());
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).as("it is here").isFalse();
  }

  @Test
  void fewRecordsAreReadFromTheChangelog() {
    copies.from(partition -> List.of(new Holder()));
    assertThat(copies.mustWait(PARTITION, List.of(new Restorer.Bounds(50, 1_050)))).isFalse();
    assertThat(served.taken()).isZero();
  }

  @Test
  void whereOneDiesHalfWayTheNextIsAsked() {
    fetchFrom(new Dying(), new Holder());
    awaitEnd();
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isFalse();
    assertThat(here.tasks()).containsExactly(PARTITION);
  }

  @Test
  void whereAllDieTheChangelogIsRead() {
    fetchFrom(new Dying());
    awaitEnd();
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isFalse();
    assertNothingIsHere();
    assertThat(copies.failed()).isEqualTo(1);
  }

  @Test
  void whereNobodyHasItNothingHasFailed() throws Exception {
    fetchFrom();
    assertThat(copies.await(PARTITION, PATIENCE.toMillis())).isTrue();
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isFalse();
    assertNothingIsHere();
    assertThat(copies.failed()).isZero();
  }

  @Test
  void whoWaitsForTheStateWaitsNoLongerThanItMay() throws Exception {
    assertThat(copies.await(PARTITION, 1)).as("none is fetched").isTrue();
    Hanging hanging = new Hanging();
    fetchFrom(hanging);
    hanging.hangs.await();
    assertThat(copies.await(PARTITION, 20)).isFalse();
    copies.cancel(PARTITION);
    assertThat(copies.await(PARTITION, PATIENCE.toMillis())).isTrue();
  }

  @Test
  void aPartitionThatIsTakenAwayIsNotFetchedOn() throws Exception {
    Hanging hanging = new Hanging();
    fetchFrom(hanging);
    hanging.hangs.await();
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isTrue();
    copies.cancel(PARTITION);
    awaitEnd();
    assertNothingIsHere();
    // It comes back, perhaps to another loop.
    fetchFrom(new Holder());
    awaitEnd();
    copies.cancel(PARTITION);
    assertNothingIsHere();
  }

  /** Nobody would delete it before the next start. */
  @Test
  void aPartitionThatIsTakenAwayAtTheLastMomentLeavesNothing() {
    fetchFrom(
        new Holder() {
          @Override
          void closing() {
            copies.cancel(PARTITION);
          }
        });
    awaitEnd();
    assertNothingIsHere();
  }

  @Test
  void whereOneGivesWhatNobodyExpectsTheNextIsAsked() {
    fetchFrom(
        new Holder() {
          @Override
          void reading(int part) {
            throw new IllegalArgumentException("what it sent is no address");
          }
        },
        new Holder());
    awaitEnd();
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isFalse();
    assertThat(here.tasks()).containsExactly(PARTITION);
  }

  @Test
  void stateOfOtherTopicsIsRefused() throws Exception {
    here.keepNote(".shuffle-id", "another life\n");
    fetchFrom(new Holder());
    awaitEnd();
    assertThat(copies.mustWait(PARTITION, CHANGELOG)).isFalse();
    assertNothingIsHere();
  }

  /** Its changelog cannot bring it to the end: records behind its position are deleted. */
  @Test
  void stateThatItsChangelogDoesNotReachIsRefused() {
    fetchFrom(new Holder());
    awaitEnd();
    long begin = CHANGELOG_OFFSET + 1;
    List<Restorer.Bounds> later = List.of(new Restorer.Bounds(begin, begin + 10_000));
    assertThat(copies.mustWait(PARTITION, later)).isFalse();
    assertNothingIsHere();
  }

  private RefusedSnapshotException.Kind refusal(int partition) {
    return catchThrowableOfType(RefusedSnapshotException.class, () -> served.open(partition))
        .kind();
  }

  @Test
  void noMoreThanAllowedAreGivenAndIdleOnesEnd() throws Exception {
    assertThat(refusal(PARTITION + 1)).isEqualTo(RefusedSnapshotException.Kind.NOT_HERE);
    ServedSnapshots.Opened read = served.open(PARTITION);
    ServedSnapshots.Opened left = served.open(PARTITION);
    assertThat(refusal(PARTITION)).isEqualTo(RefusedSnapshotException.Kind.BUSY);
    assertThat(served.running()).isEqualTo(2);
    nowMs += ServedSnapshots.IDLE_MS;
    assertThat(served.read(read.id(), "CURRENT", 0, 100)).isNotEmpty();
    nowMs += 1;
    served.deleteIdle();
    assertThat(served.read(read.id(), "CURRENT", 0, 100)).isNotEmpty();
    assertThatThrownBy(() -> served.read(left.id(), "CURRENT", 0, 100))
        .isInstanceOfSatisfying(
            RefusedSnapshotException.class,
            e -> assertThat(e.kind()).isEqualTo(RefusedSnapshotException.Kind.UNKNOWN));
    assertThatThrownBy(() -> served.read(read.id(), "CURRENT", 1_000, 100))
        .as("beyond its end")
        .isInstanceOfSatisfying(
            RefusedSnapshotException.class,
            e -> assertThat(e.kind()).isEqualTo(RefusedSnapshotException.Kind.UNKNOWN));
    served.release(read.id());
    assertThat(served.running()).isZero();
    assertThat(served.refused()).isEqualTo(4);
  }

  /** One that was killed has not released them, and asks again when it is back. */
  @Test
  void whoeverWaitsForAPlaceGetsThatOfAReaderWhichIsSilent() throws Exception {
    ServedSnapshots.Opened silent = served.open(PARTITION);
    ServedSnapshots.Opened read = served.open(PARTITION);
    nowMs += ServedSnapshots.CONTENDED_MS;
    assertThat(served.read(read.id(), "CURRENT", 0, 100)).isNotEmpty();
    assertThat(refusal(PARTITION)).isEqualTo(RefusedSnapshotException.Kind.BUSY);
    nowMs += 1;
    ServedSnapshots.Opened third = served.open(PARTITION);
    assertThat(served.read(read.id(), "CURRENT", 0, 100)).isNotEmpty();
    assertThatThrownBy(() -> served.read(silent.id(), "CURRENT", 0, 100))
        .isInstanceOf(RefusedSnapshotException.class);
    served.release(read.id());
    served.release(third.id());
  }

  /** It would be deleted before its reader has all of it. */
  @Test
  void whatTheRateCannotGiveInTimeIsRefusedAtOnce() {
    served = serving(10);
    assertThat(refusal(PARTITION)).isEqualTo(RefusedSnapshotException.Kind.NOT_HERE);
    assertThat(served.running()).isZero();
    assertThat(there.snapshots()).isEmptyDirectory();
  }

  @Test
  void theRateIsKept() throws Exception {
    served = serving(1 << 20);
    ServedSnapshots.Opened opened = served.open(PARTITION);
    SnapshotFile largest =
        opened.manifest().files().stream()
            .max((a, b) -> Long.compare(a.bytes(), b.bytes()))
            .orElseThrow();
    long begun = System.nanoTime();
    long bytes = 0;
    while (bytes < 256 << 10) {
      bytes += served.read(opened.id(), largest.name(), 0, 64 << 10).length;
    }
    // The last part is waited for by the next one.
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(180));
  }

  @Test
  void noneAreGivenWhereTheRateIsZero() {
    served = serving(0);
    assertThat(refusal(PARTITION)).isEqualTo(RefusedSnapshotException.Kind.NOT_HERE);
  }
}
