package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.loop.LoopRig.Row;
import io.streamsocial.processor.test.memory.MemoryClient;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The group's offsets are deleted or moved between a stop and a start, while the state is kept: the
 * state knows which posts it includes.
 */
final class LostOffsetsTest {
  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  /** Of which topics the group's offsets are lost. */
  enum Lost {
    POSTS,
    SHUFFLE,
    BOTH;

    void forget(LoopRig rig) {
      for (TopicPartition tp : rig.everything()) {
        boolean isPosts = tp.topic().equals(rig.topics.posts());
        if (this == BOTH || isPosts == (this == POSTS)) {
          rig.kafka.forgetCommitted(tp);
        }
      }
    }
  }

  private LoopRig rig(Guarantee guarantee) {
    return new LoopRig(directory.resolve("" + cases.incrementAndGet()), guarantee);
  }

  private static void post(LoopRig rig, int posts) {
    for (int i = 0; i < posts; i++) {
      rig.post(i % POSTS, "#one #t" + i);
    }
  }

  @ParameterizedTest
  @EnumSource
  void postsAreCountedOnceWhenOffsetsAreDeleted(Lost lost) {
    for (Guarantee guarantee : Guarantee.values()) {
      try (LoopRig rig = rig(guarantee).run()) {
        post(rig, 100);
        rig.checkpoint();
        rig.restart();
        lost.forget(rig);
        rig.run();
        post(rig, 1);
        rig.settle();
        assertThat(rig.count("one")).as("%s", guarantee).isEqualTo(101);
        assertThat(rig.incidents.begun(Incidents.Kind.OFFSETS_LOST))
            .isEqualTo(guarantee == Guarantee.EXACTLY_ONCE ? 1 : 0);
        assertThat(rig.incidents.open(Incidents.Kind.OFFSETS_LOST)).isZero();
      }
    }
  }

  @Test
  void anUndisturbedRestartReportsNothing() {
    try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
      post(rig, 20);
      rig.settle();
      rig.crash();
      rig.run();
      rig.settle();
      rig.restart();
      rig.run();
      rig.settle();
      assertThat(rig.count("one")).isEqualTo(20);
      assertThat(rig.incidents.begun(Incidents.Kind.OFFSETS_LOST)).isZero();
    }
  }

  @Test
  void anOffsetBeyondTheEndIsNotBelieved() {
    try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
      post(rig, 50);
      rig.checkpoint();
      rig.restart();
      for (int i = 0; i < POSTS; i++) {
        rig.kafka.moveCommitted(rig.posts(i), 1_000);
      }
      rig.kafka.moveCommitted(rig.shuffle(0), 100_000);
      rig.run();
      post(rig, 10);
      rig.settle();
      assertThat(rig.count("one")).isEqualTo(60);
      assertThat(rig.incidents.begun(Incidents.Kind.OFFSETS_LOST)).isOne();
    }
  }

  @Test
  void postsThatSomebodySkipsAreReported() {
    try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
      post(rig, 50);
      rig.checkpoint();
      rig.restart();
      post(rig, 20);
      for (int i = 0; i < POSTS; i++) {
        rig.kafka.moveCommitted(rig.posts(i), rig.kafka.end(rig.posts(i)) - 3);
      }
      rig.run();
      rig.settle();
      assertThat(rig.count("one")).isEqualTo(50 + 3 * POSTS);
      assertThat(rig.counters().lostPosts()).isEqualTo(20 - 3 * POSTS);
      assertThat(rig.incidents.open())
          .extracting(Incidents.Incident::what)
          .anySatisfy(what -> assertThat(what).contains("moved the group's offset ahead"));
    }
  }

  /** What another instance was sending to every shuffle partition when it was killed. */
  private static MemoryClient killedInATransaction(LoopRig rig) {
    MemoryClient killed = rig.kafka.client("killed");
    Producer<byte[], byte[]> producer = killed.producer(0);
    producer.initTransactions();
    producer.beginTransaction();
    for (int p = 0; p < SHUFFLES; p++) {
      var unused =
          producer.send(new ProducerRecord<>(rig.topics.shuffle(), p, null, new byte[] {1}));
    }
    return killed;
  }

  @Test
  void whatAnOpenTransactionHidesIsNotSkipped() {
    try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
      post(rig, 20);
      rig.checkpoint();
      MemoryClient killed = killedInATransaction(rig);
      post(rig, 30);
      rig.settle();
      rig.crash();
      rig.run();
      post(rig, 5);
      rig.settle();
      assertThat(rig.count("one")).isEqualTo(20);
      killed.timeOutTransaction();
      rig.turn(1_000);
      rig.settle();
      assertThat(rig.count("one")).isEqualTo(55);
      assertThat(rig.incidents.begun(Incidents.Kind.POSTS_LOST)).isZero();
      assertThat(rig.incidents.begun(Incidents.Kind.OFFSETS_LOST)).isZero();
      assertThat(rig.counters().lostPosts()).isZero();
    }
  }

  /** No transaction is open for so long: its timeout is 10 s. */
  @Test
  void postsThatAreSkippedAreReportedAlsoBehindATransactionThatDoesNotEnd() {
    try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
      post(rig, 20);
      rig.checkpoint();
      MemoryClient killed = killedInATransaction(rig);
      rig.restart();
      post(rig, 10);
      for (int i = 0; i < POSTS; i++) {
        rig.kafka.moveCommitted(rig.posts(i), rig.kafka.end(rig.posts(i)));
      }
      rig.run();
      rig.settle();
      assertThat(rig.counters().lostPosts()).isZero();
      rig.turn(30_000);
      assertThat(rig.counters().lostPosts()).isEqualTo(10);
      killed.timeOutTransaction();
    }
  }

  @Test
  void theNewestCheckpointSpeaksForASourceThatTheLogForgot() {
    try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
      post(rig, 10);
      rig.checkpoint();
      // Its note is far back, and deleted, while the other source goes on.
      rig.kafka.member().rebalanceInPoll(rig.everythingBut(rig.posts(1)));
      for (int i = 0; i < 60; i++) {
        rig.post(0, "#other");
        rig.turn(PUBLISH);
      }
      rig.checkpoint();
      for (int p = 0; p < SHUFFLES; p++) {
        rig.kafka.truncate(rig.shuffle(p), rig.task(p).checkpointedOffset() - 5);
      }
      rig.restart();
      Lost.BOTH.forget(rig);
      rig.run();
      rig.settle();
      assertThat(rig.count("one")).isEqualTo(10);
      assertThat(rig.count("other")).isEqualTo(60);
    }
  }

  @Test
  void whateverIsLostTheCountsAreThoseOfAPlainMap() {
    Property.holds(
        Integer.getInteger("cases", 12),
        random -> {
          try (LoopRig rig = rig(Guarantee.EXACTLY_ONCE).run()) {
            Map<Row, Long> expected = new HashMap<>();
            for (int life = random.nextInt(2, 6); life > 0; life--) {
              for (int step = random.nextInt(40); step > 0; step--) {
                postSome(rig, random, expected);
                rig.turn(random.nextLong(2 * PUBLISH));
              }
              if (random.nextBoolean()) {
                rig.crash();
              } else {
                rig.restart();
              }
              disturb(rig, random);
              rig.run();
            }
            rig.settle();
            rig.settle();
            assertThat(rig.counts(Set.of(START, START + WINDOW), Set.of("EU", "")))
                .isEqualTo(expected);
          }
        });
  }

  private static void postSome(LoopRig rig, SplittableRandom random, Map<Row, Long> expected) {
    for (int i = random.nextInt(4); i > 0; i--) {
      String tag = "t" + random.nextInt(20);
      rig.post(random.nextInt(POSTS), "#" + tag);
      long start = rig.nowMs - rig.nowMs % WINDOW;
      expected.merge(new Row(start, "EU", tag), 1L, Long::sum);
      expected.merge(new Row(start, "", tag), 1L, Long::sum);
    }
  }

  /** Each offset is kept, deleted, set back, or set beyond the end. */
  private static void disturb(LoopRig rig, SplittableRandom random) {
    for (TopicPartition tp : rig.everything()) {
      switch (random.nextInt(4)) {
        case 0 -> rig.kafka.forgetCommitted(tp);
        case 1 -> {
          long committed = Math.max(0, rig.kafka.committed(tp));
          rig.kafka.moveCommitted(tp, random.nextLong(committed + 1));
        }
        case 2 -> rig.kafka.moveCommitted(tp, rig.kafka.end(tp) + random.nextLong(1, 100));
        default -> {}
      }
    }
  }
}
