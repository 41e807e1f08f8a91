package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.CHECKPOINT;
import static io.streamsocial.processor.loop.LoopRig.LINGER;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Role;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** What follows when the group gives partitions to a loop and takes them. */
final class AssignmentTest extends OneLoop {
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
    assertThat(kafka.last().to(rig.topics.changelogs().get(0)))
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
}
