package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static io.streamsocial.processor.loop.LoopRig.CHECKPOINT;
import static io.streamsocial.processor.loop.LoopRig.IDLE;
import static io.streamsocial.processor.loop.LoopRig.LINGER;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static io.streamsocial.processor.loop.LoopRig.tagOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.loop.MemoryKafka.Fate;
import io.streamsocial.processor.loop.MemoryKafka.Transaction;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Position;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One loop, turned by hand: what is sent when, what a failure undoes, what a restart finds. */
final class LoopTest {
  @TempDir Path stateDir;

  private LoopRig rig;
  private MemoryKafka kafka;

  @BeforeEach
  void open() {
    rig = new LoopRig(stateDir, Guarantee.EXACTLY_ONCE);
    kafka = rig.kafka;
  }

  @AfterEach
  void close() {
    rig.close();
  }

  // ---------------------------------------------------------------- publish

  @Test
  void postsAreCountedThroughTheShuffle() {
    rig.run();
    rig.post(0, "#java #kafka");
    rig.post(1, "#Java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
    assertThat(rig.count("kafka")).isEqualTo(1);
    assertThat(rig.counters().counted()).isEqualTo(3);
  }

  @Test
  void foldedPostsWaitForThePublishInterval() {
    rig.run();
    rig.post(0, "#java");
    rig.turn();
    rig.turn(PUBLISH - 1);
    assertThat(kafka.transactions()).isEmpty();
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(1);
    rig.post(0, "#java");
    rig.turn(PUBLISH - 1);
    assertThat(kafka.transactions()).hasSize(1);
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(2);
  }

  @Test
  void postsWithoutATagMoveTheOffsetsToo() {
    rig.run();
    rig.post(0, "no tag");
    rig.settle();
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(1);
  }

  @Test
  void anIdleLoopSaysSoOnceASecond() {
    rig.run();
    rig.turn(999);
    assertThat(kafka.transactions()).isEmpty();
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(1);
    assertThat(kafka.last().to(rig.topics.shuffle())).hasSize(SHUFFLES);
    assertThat(kafka.last().offsets())
        .as("which bring the generation")
        .containsOnlyKeys(rig.posts(0), rig.posts(1));
    rig.turn(999);
    assertThat(kafka.transactions()).hasSize(1);
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(2);
  }

  @Test
  void oneTransactionCarriesARecordForEveryShufflePartitionAndTheOffsets() {
    rig.run();
    rig.post(0, "#java");
    rig.post(0, "#kafka");
    rig.turn();
    rig.turn(PUBLISH);
    Transaction transaction = kafka.last();
    assertThat(transaction.to(rig.topics.shuffle()))
        .extracting(ProducerRecord::partition)
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(transaction.to(rig.topics.shuffle())).hasSameSizeAs(transaction.records());
    assertThat(transaction.offsets())
        .containsOnly(Map.entry(rig.posts(0), 2L), Map.entry(rig.posts(1), 0L));
  }

  @Test
  void noTransactionIsOpenBetweenTurns() {
    rig.run();
    rig.post(0, "#java");
    rig.turn();
    for (int p = 0; p < SHUFFLES; p++) {
      assertThat(kafka.end(rig.shuffle(p))).isZero();
    }
  }

  @Test
  void rejectedPostsGoOutInTheSameTransaction() {
    rig.run();
    rig.post(0, "#java");
    rig.raw(0, "no json");
    kafka.append(rig.posts(1), null, rig.nowMs);
    rig.post(1, rig.nowMs + 3_600_000, "EU", "#future");
    rig.turn();
    rig.turn(PUBLISH);
    assertThat(kafka.transactions()).hasSize(1);
    assertThat(kafka.last().to(rig.topics.rejected()))
        .extracting(LoopTest::reason)
        .containsExactlyInAnyOrder("not_json", "empty", "timestamp_in_future");
    assertThat(kafka.last().offsets())
        .containsEntry(rig.posts(0), 2L)
        .containsEntry(rig.posts(1), 2L);
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
    assertThat(rig.counters().rejected())
        .containsEntry("not_json", 1L)
        .containsEntry("empty", 1L)
        .containsEntry("timestamp_in_future", 1L)
        .containsEntry("no_text", 0L);
    assertThat(kafka.transactions().stream().flatMap(t -> t.to(rig.topics.rejected()).stream()))
        .hasSize(3);
  }

  private static String reason(ProducerRecord<byte[], byte[]> rejected) {
    return new String(rejected.headers().lastHeader("reason").value(), StandardCharsets.UTF_8);
  }

  // ---------------------------------------------------------------- checkpoint

  private List<Transaction> checkpoints() {
    return kafka.transactions().stream()
        .filter(t -> !t.to(rig.topics.changelog()).isEmpty())
        .toList();
  }

  @Test
  void checkpointsOfTheTasksAreSpreadOverTheInterval() {
    rig.run();
    for (int p = 0; p < SHUFFLES; p++) {
      rig.post(0, "#" + tagOf(p));
    }
    rig.settle();
    assertThat(checkpoints()).isEmpty();
    for (int i = 0; i < CHECKPOINT / PUBLISH; i++) {
      rig.turn(PUBLISH);
    }
    assertThat(checkpoints()).hasSize(SHUFFLES);
    for (int p = 0; p < SHUFFLES; p++) {
      assertThat(checkpoints().get(p).offsets()).containsKey(rig.shuffle(p));
    }
  }

  @Test
  void aTaskWithoutChangesIsNotCheckpointed() {
    rig.run();
    rig.post(0, "#" + tagOf(1));
    rig.checkpoint();
    assertThat(checkpoints()).hasSize(1);
    for (int i = 0; i < 5; i++) {
      rig.turn(CHECKPOINT);
    }
    assertThat(checkpoints()).hasSize(1);
  }

  @Test
  void aCheckpointCarriesTheChangedRowsAndItsPositionOnTheLastOne() {
    rig.run();
    String tag = tagOf(1);
    rig.post(0, rig.nowMs, "EU", "#" + tag);
    rig.post(0, rig.nowMs, "US", "#" + tag);
    rig.settle();
    long folded = rig.task(1).liveOffset();
    rig.turn(CHECKPOINT);
    List<ProducerRecord<byte[], byte[]>> rows = checkpoints().get(0).to(rig.topics.changelog());
    assertThat(rows).hasSize(3).extracting(ProducerRecord::partition).containsOnly(1);
    assertThat(rows.stream().map(ProducerRecord::key))
        .contains(Changelog.key(START, utf8(""), utf8(tag), 0, tag.length()));
    for (int i = 0; i < 2; i++) {
      assertThat(rows.get(i).headers()).isEmpty();
    }
    Changelog.Checkpoint checkpoint =
        Changelog.Checkpoint.decode(
            rows.get(2).headers().lastHeader(Changelog.CHECKPOINT_HEADER).value());
    assertThat(checkpoint.windowSizeMs()).isEqualTo(WINDOW);
    assertThat(checkpoint.shuffleOffset()).isEqualTo(folded);
    assertThat(checkpoints().get(0).offsets()).containsEntry(rig.shuffle(1), folded);
  }

  @Test
  void theStoreMovesOnlyAfterTheCommit() {
    rig.run();
    rig.post(0, "#" + tagOf(1));
    rig.settle();
    List<Position> whileCommitting = new ArrayList<>();
    kafka.whileCommitting = () -> whileCommitting.add(rig.task(1).store().position());
    rig.turn(CHECKPOINT);
    kafka.whileCommitting = () -> {};
    assertThat(checkpoints()).hasSize(1);
    assertThat(whileCommitting).containsOnly(Position.NONE);
    Position after = rig.task(1).store().position();
    assertThat(after.inputOffset()).isEqualTo(kafka.committed(rig.shuffle(1)));
    // Behind the last row; the transaction's marker comes after it.
    assertThat(after.changelogOffset()).isEqualTo(kafka.end(rig.changelog(1)) - 1);
  }

  @Test
  void aHotTagCostsOneRowACheckpoint() {
    rig.run();
    for (int i = 0; i < 20; i++) {
      rig.post(0, "#java");
      rig.turn(PUBLISH);
    }
    rig.checkpoint();
    assertThat(checkpoints()).hasSize(1);
    assertThat(checkpoints().get(0).to(rig.topics.changelog())).hasSize(2); // EU and all regions
    assertThat(rig.count("java")).isEqualTo(20);
  }

  @Test
  void shuffleRecordsWellBehindTheCheckpointsAreDeleted() {
    rig.run();
    for (int i = 0; i < 700; i++) {
      rig.turn(1_000);
    }
    rig.post(0, START, "EU", "#" + tagOf(1));
    rig.checkpoint();
    rig.turn(30_000);
    assertThat(kafka.begin(rig.shuffle(1)))
        .isPositive()
        .isLessThanOrEqualTo(kafka.committed(rig.shuffle(1)) - 1_000);
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(rig.count(tagOf(1))).isEqualTo(1);
  }

  @Test
  void atLeastOnceCountsThroughTheSameStepsWithoutTransactions() {
    rig.close();
    rig = new LoopRig(stateDir.resolve("other"), Guarantee.AT_LEAST_ONCE);
    kafka = rig.kafka;
    rig.run();
    rig.post(0, "#java");
    rig.checkpoint();
    rig.post(1, "#java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
    assertThat(kafka.committed(rig.posts(1))).isEqualTo(1);
    assertThat(rig.task(owner("java")).checkpointedOffset())
        .isEqualTo(kafka.committed(rig.shuffle(owner("java"))));
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
  }

  @Test
  void atLeastOnceCountsNothingTwiceBecauseTheGroupAgreesAnew() {
    rig.close();
    rig = new LoopRig(stateDir.resolve("other"), Guarantee.AT_LEAST_ONCE);
    kafka = rig.kafka;
    rig.run();
    kafka.member().rejoinFor(4);
    rig.turn();
    rig.post(0, "#java");
    rig.turn(PUBLISH);
    rig.turn(PUBLISH);
    assertThat(kafka.committed(rig.posts(0))).as("refused by the group").isNegative();
    rig.settle();
    rig.turn(1_000);
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(1);
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Guarantee.class)
  void theEndWaitsForTheGroupToAgree(Guarantee guarantee) {
    rig.close();
    rig = new LoopRig(stateDir.resolve("other"), guarantee);
    kafka = rig.kafka;
    rig.run();
    rig.post(0, "#java");
    rig.turn();
    kafka.member().rejoinFor(3);
    rig.turn();
    rig.restart();
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(1);
  }

  // ---------------------------------------------------------------- failures

  @ParameterizedTest
  @EnumSource(Fate.class)
  void whateverBecomesOfAPublishNothingIsLostOrCountedTwice(Fate fate) {
    rig.run();
    rig.post(0, "#java #kafka");
    rig.settle();
    rig.post(0, "#java");
    rig.post(1, "#java #kafka");
    rig.raw(1, "no json");
    rig.turn();
    kafka.nextCommit = fate;
    rig.turn(PUBLISH);
    rig.post(0, "#java");
    rig.settle();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(4);
    assertThat(rig.count("kafka")).isEqualTo(2);
    assertThat(kafka.transactions().stream().flatMap(t -> t.to(rig.topics.rejected()).stream()))
        .hasSize(1);
    assertThat(rig.counters().aborts()).isEqualTo(fate == Fate.COMMITTED ? 0 : 1);
  }

  @ParameterizedTest
  @EnumSource(Fate.class)
  void whateverBecomesOfACheckpointTheStoreIsNotAheadOfItsChangelog(Fate fate) {
    rig.run();
    String tag = tagOf(1);
    rig.post(0, "#" + tag);
    rig.checkpoint();
    rig.post(0, "#" + tag);
    rig.settle();
    kafka.nextCommit = fate;
    rig.turn(CHECKPOINT);
    rig.settle();
    assertThat(rig.task(1).store().position().inputOffset())
        .isEqualTo(kafka.committed(rig.shuffle(1)));
    assertThat(rig.count(tag)).isEqualTo(2);
    rig.checkpoint();
    assertThat(rig.count(tag)).isEqualTo(2);
    rig.crash();
    rig.run();
    assertThat(rig.count(tag)).isEqualTo(2);
  }

  @Test
  void anAbortSeeksBackToTheLastPublish() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    rig.post(0, "#java");
    rig.turn();
    assertThat(kafka.member().position(rig.posts(0))).isEqualTo(2);
    List<Long> positions = new ArrayList<>();
    kafka.nextCommit = Fate.REFUSED;
    kafka.nextPoll = new TimeoutException("no answer");
    rig.turn(PUBLISH);
    positions.add(kafka.member().position(rig.posts(0)));
    assertThat(positions).containsExactly(1L);
    assertThat(kafka.producers).isEqualTo(1);
  }

  @Test
  void anUnknownResultMeansANewProducerAndGoingOnFromWhatIsCommitted() {
    rig.run();
    rig.post(0, "#java");
    rig.turn();
    CountTask before = rig.task(owner("java"));
    kafka.nextCommit = Fate.UNANSWERED_BUT_COMMITTED;
    kafka.nextInit = new TimeoutException("no answer");
    rig.turn(PUBLISH);
    assertThat(rig.running()).isZero();
    assertThat(kafka.member().paused()).isEqualTo(rig.everything());
    rig.turn(); // the first new producer cannot begin
    assertThat(rig.running()).isZero();
    rig.turn();
    assertThat(kafka.producers).isEqualTo(3);
    assertThat(rig.running()).isEqualTo(SHUFFLES);
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
    assertThat(rig.task(owner("java"))).as("readable all the time").isSameAs(before);
  }

  @Test
  void offsetsThatCannotBeAddedAbortThePublish() {
    rig.run();
    rig.post(0, "#java");
    rig.turn();
    kafka.nextSendOffsets = new KafkaException("another generation");
    rig.turn(PUBLISH);
    assertThat(kafka.transactions()).isEmpty();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
    assertThat(kafka.producers).isEqualTo(1);
  }

  @Test
  void brokersThatDoNotAnswerAreAskedAgain() {
    rig.run();
    rig.post(0, "#java");
    for (int i = 0; i < 5; i++) {
      kafka.nextPoll = new TimeoutException("no answer");
      rig.turn(PUBLISH);
    }
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
  }

  @Test
  void anEndOffsetThatIsNotToldIsAskedForAgain() {
    kafka.nextListOffsets = new TimeoutException("no answer");
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
  }

  @Test
  void anInstanceIdInUseEndsTheLoopWithItsName() {
    rig.run();
    kafka.nextPoll = new FencedInstanceIdException("fenced");
    assertThatThrownBy(rig::turn)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("instance id '0'");
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

  @Test
  void foreignRecordsInTheShuffleAreSkipped() {
    rig.run();
    kafka.append(rig.shuffle(owner("java")), utf8("hello"), rig.nowMs);
    kafka.append(rig.shuffle(owner("java")), null, rig.nowMs);
    rig.post(0, "#java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
  }

  @Test
  void postsDeletedBeforeTheyWereReadArePassedOver() {
    rig.run();
    for (int i = 0; i < 10; i++) {
      rig.post(0, "#java");
    }
    kafka.truncate(rig.posts(0), 4);
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(6);
  }

  @Test
  void shuffleRecordsDeletedBeforeTheyWereCountedAreNotPassedOver() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    kafka.truncate(rig.shuffle(owner("java")), kafka.end(rig.shuffle(owner("java"))));
    rig.crash();
    assertThatThrownBy(rig::run).isInstanceOf(ConfigException.class).hasMessageContaining("reset");
  }

  @Test
  void aChangelogThatWasMadeAnewIsRefused() {
    rig.run();
    rig.post(0, "#java");
    rig.checkpoint();
    rig.restart();
    kafka.recreate(rig.changelog(owner("java")));
    assertThatThrownBy(rig::run).isInstanceOf(ConfigException.class).hasMessageContaining("reset");
  }

  // ---------------------------------------------------------------- assignment

  @Test
  void aRevokedPartitionIsPublishedAndCheckpointedFirst() {
    rig.run();
    int partition = owner("java");
    rig.post(0, "#java");
    rig.settle();
    readUnpublished("#kafka");
    int before = kafka.transactions().size();
    kafka.member().rebalanceInPoll(rig.everythingBut(rig.shuffle(partition), rig.posts(0)));
    rig.turn();
    assertThat(kafka.transactions()).hasSize(before + 1);
    assertThat(kafka.last().to(rig.topics.changelog()))
        .hasSize(2)
        .extracting(ProducerRecord::partition)
        .containsOnly(partition);
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(3);
    assertThat(kafka.committed(rig.shuffle(partition))).isPositive();
    assertThat(rig.runs(partition)).isFalse();
    assertThat(rig.running()).isEqualTo(SHUFFLES - 1);
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
    assertThat(rig.count("kafka")).isEqualTo(1);
  }

  @Test
  void whatWasGivenBackStaysReadableAndFreshForAWhile() {
    rig.run();
    int partition = owner("java");
    rig.post(0, "#java");
    rig.settle();
    kafka.member().rebalanceInPoll(rig.everythingBut(rig.shuffle(partition)));
    rig.turn();
    assertThat(rig.task(partition).status().role()).isEqualTo(Role.STANDBY);
    assertThat(rig.count("java")).isEqualTo(1);
    rig.post(0, "#java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
    rig.turn(LINGER);
    assertThat(rig.running).doesNotContainKey(partition);
  }

  /** One post is read, and its publish is not due yet. */
  private void readUnpublished(String text) {
    rig.post(0, "no tag");
    rig.turn();
    rig.post(0, text);
    rig.turn(PUBLISH);
  }

  @Test
  void lostPartitionsAreDroppedWithoutACommit() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    readUnpublished("#java");
    int before = kafka.transactions().size();
    kafka.member().losePartitionsInPoll();
    rig.turn(PUBLISH / 2);
    assertThat(kafka.transactions()).hasSize(before);
    assertThat(rig.running()).isZero();
    rig.turn(CHECKPOINT);
    assertThat(kafka.transactions()).hasSize(before);
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Fate.class)
  void whateverBecomesOfTheLastPublishARevokedPartitionIsGone(Fate fate) {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    rig.post(0, "#java");
    rig.turn();
    kafka.nextCommit = fate;
    kafka.member().rebalanceInPoll(rig.everythingBut(rig.shuffle(owner("java")), rig.posts(0)));
    rig.turn();
    assertThat(rig.runs(owner("java"))).isFalse();
    rig.settle();
    rig.run();
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
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
    rig.post(0, "#a #b #c #d #e");
    rig.checkpoint();
    rig.crash();
    deleteState();
    kafka.restorePollMax = 1;
    kafka.member().rebalanceInPoll(rig.everything());
    rig.turn();
    rig.post(0, "#java");
    rig.turn();
    rig.turn(PUBLISH);
    assertThat(rig.running.size()).isLessThan(SHUFFLES);
    assertThat(kafka.committed(rig.posts(0))).isEqualTo(2);
  }

  @Test
  void theStateOfALoopIsWhatItDoes() {
    assertThat(rig.loop.lastSnapshot().loop().state()).isEqualTo(EngineState.STARTING);
    kafka.nextListOffsets = new TimeoutException("no answer");
    assertThat(rig.status().state()).isEqualTo(EngineState.STARTING);
    kafka.member().rebalanceInPoll(Set.of(rig.posts(0)));
    assertThat(rig.status().state()).isEqualTo(EngineState.RUNNING);
    rig.run();
    assertThat(rig.status().state()).isEqualTo(EngineState.RUNNING);
    assertThat(rig.status().postsPartitions()).containsExactly(0, 1);
    rig.loop.close(true, rig.now());
    assertThat(rig.loop.lastSnapshot().loop().state()).isEqualTo(EngineState.STOPPING);
    rig.crash();
  }

  // ---------------------------------------------------------------- restart

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

  // ---------------------------------------------------------------- time

  private long streamTime() {
    return rig.task(0).streamTimeMs();
  }

  @Test
  void streamTimeIsThatOfTheSlowestSource() {
    rig.run();
    rig.post(0, START + 5_000, "EU", "#a");
    rig.settle();
    assertThat(streamTime()).isEqualTo(InputProgress.NO_TIME);
    rig.post(1, START + 2_000, "EU", "#a");
    rig.settle();
    assertThat(streamTime()).isEqualTo(START + 2_000);
  }

  @Test
  void aSourceWithNothingToReadHoldsStreamTimeBackForAWhileOnly() {
    rig.run();
    rig.post(0, START + 5_000, "EU", "#a");
    rig.settle();
    rig.post(0, START + 6_000, "EU", "#a");
    rig.turn(IDLE);
    rig.settle();
    assertThat(streamTime()).isEqualTo(START + 6_000);
  }

  @Test
  void aMentionIsLateOnceTheSlowestSourceHasPassedItsWindowAndGrace() {
    rig.run();
    long closed = START - WINDOW - LoopRig.GRACE;
    rig.post(0, START + 1, "EU", "#a");
    rig.post(1, closed, "EU", "#a");
    rig.settle();
    // Source 0 is far ahead; source 1 decides, and its next post is in time.
    rig.post(1, closed + 1, "EU", "#b");
    rig.settle();
    assertThat(rig.counters().late()).isZero();
    assertThat(rig.counters().counted()).isEqualTo(3);
    rig.post(1, START, "EU", "#a");
    rig.settle();
    rig.post(0, START - LoopRig.GRACE - 1, "EU", "#b #b");
    rig.post(1, START - LoopRig.GRACE - WINDOW, "US", "#c");
    rig.settle();
    EngineStatus.Counters counters = rig.counters();
    assertThat(counters.late()).isEqualTo(1);
    assertThat(counters.counted()).isEqualTo(6);
  }

  @Test
  void futurePostsNeverAdvanceTime() {
    rig.run();
    rig.post(0, START, "EU", "#a");
    rig.post(1, START, "EU", "#a");
    rig.post(0, rig.nowMs + 300_001, "EU", "#a");
    rig.post(1, 4_070_908_800_000L, "EU", "#a");
    rig.post(0, Long.MAX_VALUE, "EU", "#a");
    rig.settle();
    assertThat(streamTime()).isEqualTo(START);
    assertThat(rig.count("a")).isEqualTo(2);
  }

  @Test
  void oldWindowsAreForgottenAfterTheirRetention() {
    rig.run();
    rig.post(0, START, "EU", "#a");
    rig.post(1, START, "EU", "#a");
    rig.checkpoint();
    rig.nowMs += 2 * 3_600_000;
    rig.post(0, START + WINDOW + 3_600_000 - 1, "EU", "#b");
    rig.post(1, START + WINDOW + 3_600_000 - 1, "EU", "#b");
    rig.settle();
    assertThat(rig.count("a")).isEqualTo(2);
    rig.post(0, START + WINDOW + 3_600_000, "EU", "#b");
    rig.post(1, START + WINDOW + 3_600_000, "EU", "#b");
    rig.settle();
    assertThat(rig.count("a")).isZero();
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(rig.count("a")).isZero();
  }

  @Test
  void anAnswerKnowsWhichInputItIncludes() {
    rig.run();
    rig.post(0, "#a");
    rig.post(0, "#a");
    rig.post(1, "#a");
    rig.settle();
    CountTask.View view = rig.task(2).view();
    assertThat(view).isNotNull();
    assertThat(rig.task(2).liveOffset()).isPositive();
    TopicPartition unread = rig.posts(1);
    assertThat(kafka.committed(unread)).isEqualTo(1);
    LocalQueries queries =
        new LocalQueries(new Windowing(WINDOW, 0, WINDOW), SHUFFLES, rig.readable);
    Trending.Answer answer = queries.trending(new Trending.Question(10, 3, null, rig.nowMs));
    assertThat(answer.completeness().asOf()).containsEntry(0, 2L).containsEntry(1, 1L);
    assertThat(answer.rows()).hasSize(1);
    assertThat(answer.rows().get(0).count()).isEqualTo(3);
  }
}
