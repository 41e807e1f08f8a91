package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.CHECKPOINT;
import static io.streamsocial.processor.loop.LoopRig.LINGER;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wall clock is set to another time while a loop runs: what is due stays due. */
final class ClockStepTest {
  @TempDir Path state;
  private LoopRig rig;

  @BeforeEach
  void run() {
    rig = new LoopRig(state, Guarantee.EXACTLY_ONCE).run();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private static long ms(String duration) {
    return Duration.parse(duration).toMillis();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT-8S", "PT8S", "PT-5M", "PT5M", "PT-24H", "PT24H"})
  void postsAreCountedAfterAStepAndAfterTheStepBack(String step) {
    rig.post(0, START, "EU", "#java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
    rig.stepWallClock(ms(step));
    rig.post(0, START, "EU", "#java");
    rig.settle();
    assertThat(rig.count("java")).as("after " + step).isEqualTo(2);
    rig.stepWallClock(-ms(step));
    rig.post(0, START, "EU", "#java");
    rig.settle();
    assertThat(rig.count("java")).as("after " + step + " and back").isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT-8S", "PT-5M", "PT-24H"})
  void checkpointsGoOnWhenTheClockWasSetBack(String step) {
    rig.checkpoint();
    long before = rig.counters().checkpoints();
    rig.stepWallClock(ms(step));
    rig.post(0, START, "EU", "#java");
    rig.settle();
    rig.turn(CHECKPOINT);
    rig.turn(PUBLISH);
    assertThat(rig.counters().checkpoints()).isGreaterThan(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT-5M", "PT5M"})
  void whatLingersIsClosedAtItsTimeWhateverTheWallClockSays(String step) {
    rig.kafka.member().rebalanceInPoll(rig.everythingBut(rig.shuffle(0)));
    rig.settle();
    assertThat(rig.running).as("followed until another owner answers").containsKey(0);
    rig.stepWallClock(ms(step));
    rig.turn(LINGER / 2);
    assertThat(rig.running).containsKey(0);
    rig.turn(LINGER / 2);
    rig.turn(PUBLISH);
    assertThat(rig.running).doesNotContainKey(0);
  }
}
