package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import io.streamsocial.processor.test.memory.MemoryKafka.Transaction;
import io.streamsocial.processor.trends.Queries;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** When a loop publishes, and what a publish carries. */
final class PublishingTest extends OneLoop {
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
  void onceEverySourceIsKnownToBeIdleALoopSaysSoEverySecondSecond() {
    rig.run();
    for (long ms = 0; ms < LoopRig.IDLE + 2_000; ms += PUBLISH) {
      rig.turn(PUBLISH);
    }
    int before = kafka.transactions().size();
    for (long ms = 0; ms < 10_000; ms += PUBLISH) {
      rig.turn(PUBLISH);
    }
    assertThat(kafka.transactions()).hasSize(before + 5);
  }

  private static final long SLOW = 500;

  private void openSlow() {
    rig.publishMaxMs(SLOW).crash();
    rig.run();
  }

  /** A few posts come all the time; they have just been published, but for one that was read. */
  private int stream() {
    openSlow();
    for (long ms = 0; ms < 5_000; ms += 10) {
      postOne();
    }
    int published = kafka.transactions().size();
    while (kafka.transactions().size() == published) {
      postOne();
    }
    return published + 1;
  }

  private void postOne() {
    rig.post(0, "#java");
    rig.turn(10);
  }

  @Test
  void aFewPostsArePublishedTogether() {
    int before = stream();
    for (long ms = 10; ms < SLOW; ms += 10) {
      postOne();
    }
    assertThat(kafka.transactions()).hasSize(before);
    postOne();
    assertThat(kafka.transactions()).hasSize(before + 1);
  }

  /** It would be no interval of the user's any more. */
  @Test
  void aHeartbeatTakesNoPostAlongBeforeTheSlowestInterval() {
    rig.publishMaxMs(3_000).crash();
    rig.run();
    postFor(15_000); // what is saved up is spent
    int before = kafka.transactions().size();
    postFor(30_000);
    assertThat(kafka.transactions().size() - before)
        .as("each 3 s, and three checkpoints or four of three partitions")
        .isBetween(10, 10 + 4 * SHUFFLES);
  }

  private void postFor(long ms) {
    for (long at = 0; at < ms; at += 50) {
      rig.post(0, "#java");
      rig.turn(50);
    }
  }

  @Test
  void theFirstPostAfterASilenceIsPublishedAtOnce() {
    int before = stream();
    rig.turn(SLOW);
    rig.turn(SLOW);
    assertThat(kafka.transactions()).hasSize(before + 1);
    rig.post(0, "#java");
    rig.turn();
    rig.turn();
    assertThat(kafka.transactions()).hasSize(before + 2);
  }

  @Test
  void whoPostsALittleAfterASilenceSeesEachPostAtTheFastestInterval() {
    openSlow();
    for (int i = 1; i <= 30; i++) {
      rig.post(0, "#java");
      rig.turn();
      rig.turn(PUBLISH);
      assertThat(kafka.transactions()).hasSize(i);
    }
  }

  @Test
  void aHeartbeatHoldsBackNoPost() {
    int before = stream();
    rig.turn(SLOW);
    rig.turn(1_000);
    assertThat(kafka.transactions()).as("the second one is the heartbeat").hasSize(before + 2);
    rig.post(0, "#java");
    rig.turn(1);
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(before + 3);
  }

  @Test
  void whenEnoughPostsWaitTheyArePublishedAtTheFastestInterval() {
    int before = stream();
    for (int i = 0; i < 200; i++) {
      rig.post(i % 2, "#java");
    }
    rig.turn(PUBLISH - 1);
    rig.turn();
    assertThat(kafka.transactions()).hasSize(before);
    assertThat(rig.loop.restMs()).as("a busy loop rests not").isZero();
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(before + 1);
  }

  @Test
  void whileAReaderWaitsPostsArePublishedAtTheFastestInterval() {
    int before = stream();
    rig.turn(PUBLISH);
    assertThat(kafka.transactions()).hasSize(before);
    Queries reader = rig.queries();
    reader.waitBegan();
    rig.turn();
    assertThat(kafka.transactions()).hasSize(before + 1);
    reader.waitEnded();
    rig.post(0, "#java");
    rig.turn(PUBLISH);
    rig.turn();
    assertThat(kafka.transactions()).hasSize(before + 1);
  }

  @Test
  void aPublishThatFailedIsTriedAgainAtTheFastestInterval() {
    int before = stream();
    kafka.nextCommit = Fate.REFUSED;
    rig.turn(SLOW);
    rig.turn(PUBLISH - 1);
    assertThat(kafka.transactions()).hasSize(before);
    rig.turn(1);
    assertThat(kafka.transactions()).hasSize(before + 1);
  }

  @Test
  void aLoopRestsOnlyWhileItGathersAFewPosts() {
    int unused = stream();
    assertThat(rig.loop.restMs()).as("what was sent has still to come back").isZero();
    rig.turn(40);
    assertThat(rig.loop.restMs()).isEqualTo(PUBLISH);
    rig.turn(SLOW - 40 - 20);
    assertThat(rig.loop.restMs()).as("until it is due").isEqualTo(20);
    Queries reader = rig.queries();
    reader.waitBegan();
    assertThat(rig.loop.restMs()).isZero();
    reader.waitEnded();
    rig.turn(20);
    rig.turn(40);
    assertThat(rig.loop.restMs()).as("nothing came: the poll waits").isZero();
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
        .extracting(PublishingTest::reason)
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

  @Test
  void atLeastOnceCountsThroughTheSameStepsWithoutTransactions() {
    reopen(Guarantee.AT_LEAST_ONCE);
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
    reopen(Guarantee.AT_LEAST_ONCE);
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
}
