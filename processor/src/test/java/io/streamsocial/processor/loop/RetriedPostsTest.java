package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.GRACE;
import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.test.memory.MemoryKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Posts are sent again while the loop ends in one way or another, and count once. */
final class RetriedPostsTest {
  private static final int NAMES = 40;
  private static final Duration DEDUPE = Duration.ofSeconds(100);

  @TempDir Path directory;

  private final MemoryKafka kafka = new MemoryKafka();
  private LoopRig rig;
  private int rigs;

  private LoopRig rig(Guarantee guarantee, Duration dedupe) {
    Path state = directory.resolve("" + rigs++);
    return new LoopRig(state, guarantee, kafka, kafka, "0", 0, GRACE, dedupe);
  }

  @BeforeEach
  void begin() {
    rig = rig(Guarantee.EXACTLY_ONCE, DEDUPE);
  }

  /** Another loop in its place, on an empty disk. */
  private void open(Guarantee guarantee, Duration dedupe) {
    long nowMs = rig.nowMs;
    rig.close();
    rig = rig(guarantee, dedupe);
    rig.nowMs = nowMs;
    rig.run();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private void postAll() {
    for (int i = 0; i < NAMES; i++) {
      rig.named(i % POSTS, "n" + i, rig.nowMs, "EU", "#named");
      rig.keyed(i % POSTS, "n" + i, rig.nowMs, "EU", "#keyed");
    }
    drain();
  }

  private void drain() {
    for (int i = 0; i < 8 * NAMES; i++) {
      rig.turn(PUBLISH / 4);
    }
  }

  private void assertCounts(int named, int keyed) {
    assertThat(rig.count("named")).isEqualTo(named);
    assertThat(rig.count("keyed")).isEqualTo(keyed);
  }

  @ParameterizedTest
  @EnumSource
  void aPostCountsOnceOverRestartsCrashesAndTakeOvers(Guarantee guarantee) {
    kafka.groupPollMax = 7;
    open(guarantee, DEDUPE);
    postAll();
    postAll();
    assertCounts(NAMES, NAMES);
    rig.restart();
    rig.run();
    postAll();
    rig.crash();
    rig.run();
    postAll();
    rig.crash();
    open(guarantee, DEDUPE);
    postAll();
    assertCounts(NAMES, NAMES);
    assertThat(rig.incidents.begun(Incidents.Kind.OFFSETS_LOST)).isZero();
    rig.nowMs += DEDUPE.toMillis() + 1;
    postAll();
    assertCounts(2 * NAMES, 2 * NAMES);
  }

  @Test
  void withoutDedupeOnlyTheHeaderNamesAPost() {
    open(Guarantee.EXACTLY_ONCE, Duration.ZERO);
    postAll();
    postAll();
    rig.crash();
    rig.run();
    postAll();
    assertCounts(3 * NAMES, NAMES);
    assertThat(rig.counters().duplicates()).isEqualTo(NAMES);
  }

  @Test
  void repetitionsAreCountedAndNotRejected() {
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    postAll();
    postAll();
    assertThat(rig.counters().posts()).isEqualTo(4 * NAMES);
    assertThat(rig.counters().duplicates()).isEqualTo(2 * NAMES);
    assertThat(rig.status().recentIds()).isEqualTo(2 * NAMES);
    assertThat(rig.status().recentHorizonMs()).isEqualTo(DEDUPE.toMillis());
    assertThat(kafka.end(new TopicPartition(rig.topics.rejected(), 0))).isZero();
  }

  @Test
  void aFailedPublishSkipsNothingOfWhatIsReadBack() {
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    postAll();
    rig.crash();
    kafka.groupPollMax = 1;
    rig.run();
    for (int i = 0; i < 10; i++) {
      kafka.nextCommit = MemoryKafka.Fate.REFUSED;
      rig.turn(PUBLISH);
      kafka.nextCommit = MemoryKafka.Fate.UNANSWERED_AND_OPEN;
      rig.turn(PUBLISH);
    }
    postAll();
    assertCounts(NAMES, NAMES);
  }

  @Test
  void withoutANoteTheTimeOfThePostsSaysWhereToBegin() {
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    postAll();
    for (int i = 0; i < POSTS; i++) {
      rig.restart();
      TopicPartition tp = rig.posts(i);
      // As an older version has left it, and as an admin does.
      String metadata = i == 0 ? rig.postsId().toString() : "";
      kafka.commit(Map.of(tp, new OffsetAndMetadata(kafka.committed(tp), metadata)));
      rig.run();
      postAll();
    }
    rig.restart();
    rig.everything().forEach(kafka::forgetCommitted);
    rig.run();
    postAll();
    assertCounts(NAMES, NAMES);
  }

  @Test
  void anotherSettingFindsTheIdsThatItNeeds() {
    open(Guarantee.EXACTLY_ONCE, Duration.ZERO);
    postAll();
    rig.crash();
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    postAll();
    assertCounts(NAMES, NAMES);
  }

  @Test
  void withoutIdsNothingIsReadBack() {
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    for (int i = 0; i < NAMES; i++) {
      rig.post(0, "#plain");
    }
    drain();
    OffsetAndMetadata committed =
        Objects.requireNonNull(kafka.committedOffsets().get(rig.posts(0)));
    assertThat(committed.offset()).isEqualTo(NAMES);
    assertThat(committed.metadata())
        .isEqualTo("%s %d %d".formatted(rig.postsId(), NAMES, DEDUPE.toMillis()));
    rig.named(0, "one", rig.nowMs, "EU", "#named");
    rig.post(0, "#plain");
    drain();
    committed = Objects.requireNonNull(kafka.committedOffsets().get(rig.posts(0)));
    assertThat(committed.offset()).isEqualTo(NAMES + 2);
    assertThat(committed.metadata())
        .isEqualTo("%s %d %d".formatted(rig.postsId(), NAMES, DEDUPE.toMillis()));
  }

  @Test
  void deletedPostsAreNotLookedFor() {
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    postAll();
    rig.crash();
    kafka.truncate(rig.posts(0), kafka.end(rig.posts(0)));
    kafka.truncate(rig.posts(1), 3);
    rig.run();
    postAll();
    assertThat(rig.incidents.begun(Incidents.Kind.POSTS_LOST)).isZero();
    // All of partition 0 was forgotten, and of partition 1 two posts with an id and one key.
    assertCounts(NAMES + NAMES / 2 + 2, NAMES + NAMES / 2 + 1);
  }

  @Test
  void manyRepetitionsInOneIntervalAreTakenBackTogether() {
    open(Guarantee.EXACTLY_ONCE, DEDUPE);
    rig.named(0, "one", rig.nowMs, "EU", "#named");
    drain();
    for (int i = 0; i < 100; i++) {
      rig.named(0, "one", rig.nowMs, "EU", "#named");
      rig.named(0, "two", rig.nowMs, "EU", "#keyed");
    }
    kafka.nextCommit = MemoryKafka.Fate.REFUSED;
    drain();
    assertCounts(1, 1);
    assertThat(rig.counters().duplicates()).isEqualTo(199);
  }
}
