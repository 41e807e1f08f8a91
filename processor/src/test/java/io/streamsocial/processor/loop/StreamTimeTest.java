package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.IDLE;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.trends.Trending;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Stream time, late mentions and expired windows. */
final class StreamTimeTest extends OneLoop {
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
  void aSourceOfRejectedPostsHoldsStreamTimeBackForAWhileOnly() {
    rig.run();
    for (long ms = 0; ms <= IDLE; ms += LoopRig.PUBLISH) {
      rig.post(0, START + ms, "EU", "#a");
      rig.raw(1, "no post");
      rig.turn(LoopRig.PUBLISH);
    }
    assertThat(streamTime()).isGreaterThan(START);
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
    Trending.Answer answer = rig.queries().trending(new Trending.Question(10, 3, null, rig.nowMs));
    assertThat(answer.completeness().asOf()).containsEntry(0, 2L).containsEntry(1, 1L);
    assertThat(answer.rows()).hasSize(1);
    assertThat(answer.rows().get(0).count()).isEqualTo(3);
  }
}
