package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.CHECKPOINT;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static io.streamsocial.processor.loop.LoopRig.tagOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a failed publish undoes. */
final class CommitFailureTest extends OneLoop {
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
  void theLastPublishIsTriedAgain() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    kafka.nextCommit = Fate.REFUSED;
    rig.restart();
    rig.run();
    assertThat(rig.task(owner("java")).restoredRecords()).isZero();
    assertThat(rig.task(owner("java")).checkpointedOffset()).isPositive();
    assertThat(rig.count("java")).isEqualTo(1);
  }
}
