package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** Calls of Kafka that fail outside a publish, and data that is not there any more. */
final class LoopTroubleTest extends OneLoop {
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
    assertThatThrownBy(rig::run)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("the next start writes it again from the state")
        .hasMessageNotContaining("reset");
  }
}
