package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.CHECKPOINT;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static io.streamsocial.processor.loop.LoopRig.tagOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.TaskStatus;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import io.streamsocial.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a loop finds after a restart or a crash, and how its tasks come back. */
final class RestoreTest extends OneLoop {
  @Test
  void anOrderlyEndLeavesNothingToRestore() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    rig.post(0, "#java");
    rig.turn();
    rig.restart();
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(2);
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
    assertThat(rig.counters().restoredRecords()).isZero();
  }

  /** As long as one is open, no engine of this process can open it again. */
  @Test
  void storesWhoseFilesWereTakenAwayAreClosedAsTheLoopEnds() throws IOException {
    rig.run();
    for (int i = 0; i < SHUFFLES; i++) {
      rig.post(0, "#" + tagOf(i));
    }
    rig.checkpoint();
    for (int i = 0; i < SHUFFLES; i++) {
      Files.move(stateDir.resolve("task-" + i), stateDir.resolve("gone-" + i));
    }
    rig.restart();
    rig.run();
    rig.settle();
    for (int i = 0; i < SHUFFLES; i++) {
      assertThat(rig.count(tagOf(i))).isOne();
    }
    assertThat(rig.counters().restoredRecords()).isPositive();
  }

  @Test
  void aStoreThatDoesNotOpenIsLookedForAtTheOtherInstancesBeforeTheChangelog() throws IOException {
    rig.run();
    for (int i = 0; i < SHUFFLES; i++) {
      rig.post(0, "#" + tagOf(i));
      rig.post(1, "#" + tagOf(i));
    }
    rig.checkpoint();
    Set<Integer> asked = ConcurrentHashMap.newKeySet();
    rig.fetchFrom(
        partition -> {
          asked.add(partition);
          return List.of();
        });
    rig.restart();
    Files.writeString(stateDir.resolve("task-1").resolve("CURRENT"), "no manifest");
    rig.run();
    for (int turns = 0; turns < 1_000 && rig.running.size() < SHUFFLES; turns++) {
      rig.turn();
    }
    rig.settle();
    assertThat(asked).containsExactly(1);
    for (int i = 0; i < SHUFFLES; i++) {
      assertThat(rig.count(tagOf(i))).isEqualTo(2);
    }
    assertThat(rig.counters().storesSetAside()).isOne();
  }

  /** Not even its state can be told: the group's consumer, which says how far it is, has failed. */
  @Test
  void storesAreClosedAsALoopEndsThatCannotSayHowFarItIs() {
    rig.run();
    rig.post(0, "#java");
    rig.checkpoint();
    List<CountTask> open = List.copyOf(rig.running.values());
    kafka.member().close();
    assertThatThrownBy(() -> rig.loop.close(true, rig.now()))
        .isInstanceOf(IllegalStateException.class);
    assertThat(open).hasSize(SHUFFLES).allMatch(task -> task.status() == TaskStatus.CLOSED);
    rig.crash();
    rig.run();
    assertThat(rig.count("java")).isOne();
  }

  /** However many rows there are: meanwhile posts are counted, and the loop shows that it lives. */
  @Test
  void headsAreBuiltOverManyTurns() {
    rig.run();
    int tags = 50_000; // two rows each
    for (int i = 0; i < tags; i++) {
      rig.post(0, "#t" + i);
    }
    rig.checkpoint();
    rig.restart();
    rig.run();
    int turns = 0;
    for (; turns < 100 && !areHeadsBuilt(); turns++) {
      rig.turn();
    }
    assertThat(turns).as("to read %d rows, 20,000 a turn", 2 * tags).isBetween(2, 5);
  }

  private boolean areHeadsBuilt() {
    return rig.running.values().stream()
        .allMatch(task -> task.store().heads().totals(LoopRig.START).isPresent());
  }

  @ParameterizedTest
  @EnumSource(Guarantee.class)
  void theEndWaitsForTheGroupToAgree(Guarantee guarantee) {
    reopen(guarantee);
    rig.run();
    rig.post(0, "#java");
    rig.turn();
    kafka.member().rejoinFor(3);
    rig.turn();
    rig.restart();
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(1);
  }

  @Test
  void aCrashIsFollowedByTheTailOnly() {
    rig.run();
    for (int i = 0; i < 50; i++) {
      rig.post(0, "#java #t" + i);
    }
    rig.checkpoint();
    rig.post(0, "#java");
    rig.settle();
    rig.post(0, "#java");
    rig.turn();
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(52);
    assertThat(rig.counters().restoredRecords()).isZero();
    assertThat(rig.counters().counted()).isEqualTo(2);
  }

  @Test
  void aCrashBetweenCommitAndStoreIsHealedByTheChangelog() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    kafka.nextCommit = Fate.UNANSWERED_BUT_COMMITTED;
    kafka.restorePollMax = 0;
    rig.turn(CHECKPOINT);
    kafka.restorePollMax = Integer.MAX_VALUE;
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
    assertThat(rig.counters().restoredRecords()).isEqualTo(2);
  }

  @Test
  void aTaskFoldsNothingBeforeItsChangelogIsRead() {
    rig.run();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      text.append("#t").append(i).append(' ');
    }
    rig.post(0, text + "#java");
    rig.checkpoint();
    rig.post(0, text + "#java");
    rig.settle();
    rig.crash();
    deleteState();
    kafka.restorePollMax = 1;
    kafka.member().rebalanceInPoll(rig.everything());
    Set<Integer> seenRestoring = new HashSet<>();
    for (int turns = 0; rig.running.size() < SHUFFLES; turns++) {
      assertThat(turns).isLessThan(1_000);
      rig.turn();
      for (int p = 0; p < SHUFFLES; p++) {
        if (!rig.running.containsKey(p)) {
          seenRestoring.add(p);
          assertThat(kafka.member().paused()).contains(rig.shuffle(p));
        }
      }
    }
    assertThat(seenRestoring).hasSize(SHUFFLES);
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
    assertThat(rig.count("t7")).isEqualTo(2);
    assertThat(rig.counters().restoredRecords()).isEqualTo(2 * 31);
  }

  /** As on a new machine. */
  private void deleteState() {
    rig.close();
    MemoryKafka brokers = kafka;
    rig = new LoopRig(stateDir.resolve("new"), Guarantee.EXACTLY_ONCE, brokers);
  }

  @Test
  void postsAreReadWhileATaskRestores() {
    rig.run();
    rig.post(0, "#a #b #c #d #e #f #g #h");
    rig.checkpoint();
    rig.crash();
    deleteState();
    kafka.restorePollMax = 1;
    kafka.member().rebalanceInPoll(rig.everything());
    rig.turn(); // opens the counts
    rig.turn(500); // opens the input
    rig.post(0, "#java");
    rig.turn();
    rig.turn(PUBLISH);
    assertThat(rig.running.size()).isLessThan(SHUFFLES);
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(2);
  }

  @Test
  void aDamagedStoreIsRebuiltFromItsChangelog() {
    rig.run();
    rig.post(0, "#java");
    rig.checkpoint();
    rig.post(0, "#java");
    rig.settle();
    CountTask damaged = rig.task(owner("java"));
    damaged.reportDamage(new StoreException(StoreException.Kind.CORRUPTED, "a flipped bit"));
    rig.turn();
    assertThat(damaged.view()).isNull();
    rig.settle();
    assertThat(rig.task(owner("java"))).isNotSameAs(damaged);
    assertThat(rig.count("java")).isEqualTo(2);
    assertThat(stateDir).isDirectoryContaining(p -> p.toString().contains(".corrupt-"));
  }
}
