package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.IDLE;
import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.task.CountTask;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** The posts topic is another one, or has lost records, and the loop is or was not running. */
final class PostsTopicTest extends OneLoop {
  private void post(int partitions, int posts) {
    for (int i = 0; i < posts; i++) {
      rig.post(i % partitions, "#one");
    }
  }

  private InputProgress progress() {
    CountTask.View view = rig.task(0).view();
    if (view == null) {
      throw new AssertionError("cannot be asked");
    }
    return view.progress();
  }

  @Test
  void aTopicCreatedAgainWithFewerPartitionsIsReadFromItsBeginning() {
    rig.run();
    post(POSTS, 10);
    rig.checkpoint();
    long before = progress().streamTimeMs();
    kafka.recreateTopic(rig.topics.posts(), 1);
    rig.crash();
    kafka.member().rebalanceInPoll(rig.everythingBut(rig.posts(1)));
    for (int i = 0; i < 100 && rig.running() < SHUFFLES; i++) {
      rig.turn();
    }
    rig.turn(60_000);
    post(1, 4);
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(14);
    // The other partition is gone: it holds back stream time no more.
    assertThat(progress().offsets()).isEqualTo(Map.of(0, 4L));
    assertThat(progress().streamTimeMs()).isGreaterThanOrEqualTo(before + 60_000);
    assertThat(rig.incidents.begun(Incidents.Kind.OFFSETS_LOST)).isZero();
  }

  @Test
  void aTopicCreatedAgainUnderARunningLoopIsReadFromItsBeginning() {
    rig.run();
    post(POSTS, 10);
    rig.settle();
    kafka.recreateTopic(rig.topics.posts(), POSTS);
    post(POSTS, 4);
    rig.turn(IDLE);
    rig.turn(IDLE);
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(14);
    assertThat(progress().offsets()).isEqualTo(Map.of(0, 2L, 1, 2L));
    assertThat(rig.counters().lostPosts()).isZero();
  }

  @Test
  void anOffsetOfAnotherLifeOfTheTopicIsNotBelieved() {
    rig.run();
    post(POSTS, 10);
    rig.settle();
    Map<TopicPartition, OffsetAndMetadata> committed = kafka.committedOffsets();
    kafka.recreateTopic(rig.topics.posts(), POSTS);
    kafka.commit(committed);
    rig.crash();
    post(POSTS, 20);
    rig.run();
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(30);
  }

  @Test
  void postsThatRetentionDeletedAreCountedAsLost() {
    rig.run();
    post(POSTS, 10);
    rig.settle();
    rig.restart();
    post(POSTS, 10);
    kafka.truncate(rig.posts(0), 8);
    rig.run();
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(17);
    assertThat(rig.counters().lostPosts()).isEqualTo(3);
    assertThat(rig.incidents.open())
        .extracting(Incidents.Incident::what)
        .singleElement()
        .asString()
        .contains("offsets 5 to 7");
    rig.turn(600_000);
    assertThat(rig.incidents.open(Incidents.Kind.POSTS_LOST)).isZero();
  }

  @Test
  void postsThatRetentionDeletesUnderARunningLoopAreCountedAsLost() {
    rig.run();
    post(POSTS, 10);
    rig.settle();
    post(POSTS, 10);
    kafka.truncate(rig.posts(0), 8);
    rig.turn();
    rig.settle();
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(17);
    assertThat(rig.counters().lostPosts()).isEqualTo(3);
  }
}
