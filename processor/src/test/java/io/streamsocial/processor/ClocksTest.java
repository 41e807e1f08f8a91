package io.streamsocial.processor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClocksTest {
  private static final long STEADY = 1_000_000;
  private static final long DAY = 86_400_000;

  private final Incidents incidents = new Incidents();
  private long wallMs = 1_763_000_000_000L;
  private long steadyMs = STEADY;
  private final Clocks clocks = new Clocks(() -> new Moment(wallMs, steadyMs), incidents);

  private void pass(long ms) {
    wallMs += ms;
    steadyMs += ms;
  }

  private long reported() {
    return incidents.begun(Incidents.Kind.WALL_CLOCK_STEPPED);
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000, 8_000, 300_000, DAY, -1_000, -8_000, -300_000, -DAY})
  void aStepIsFoundByTheNextReadingAndReportedOnce(long step) {
    pass(100);
    assertThat(clocks.get().wallMs()).isEqualTo(wallMs);
    wallMs += step;
    for (int i = 0; i < 5; i++) {
      assertThat(clocks.get().wallMs()).isEqualTo(wallMs);
      assertThat(clocks.get().steadyMs()).isEqualTo(steadyMs);
      pass(100);
    }
    assertThat(reported()).isEqualTo(1);
    assertThat(clocks.stepsBack()).isEqualTo(step < 0 ? 1 : 0);
    assertThat(clocks.stepsForward()).isEqualTo(step < 0 ? 0 : 1);
    assertThat(clocks.skewMs()).isEqualTo(step);
    wallMs -= step;
    Moment unused = clocks.get();
    assertThat(clocks.stepsBack() + clocks.stepsForward()).as("and the way back").isEqualTo(2);
    assertThat(clocks.skewMs()).isZero();
  }

  @Test
  void aClockThatIsSlewedIsFollowedWithoutAWord() {
    for (int i = 0; i < 1_000; i++) {
      pass(100);
      wallMs += 50;
      assertThat(clocks.get().wallMs()).isEqualTo(wallMs);
    }
    assertThat(reported()).isZero();
    assertThat(clocks.skewMs()).isEqualTo(50_000);
  }

  @Test
  void aClockThatWasSetBackIsStillKnownToHaveBeenAhead() {
    long right = wallMs;
    wallMs -= DAY;
    assertThat(clocks.get().latestMs())
        .as("what others date now is not the future")
        .isEqualTo(right);
    pass(5_000);
    assertThat(clocks.get().latestMs()).isEqualTo(right + 5_000);
    wallMs += DAY + 60_000;
    assertThat(clocks.get().latestMs()).isEqualTo(wallMs);
  }

  @Test
  void aReadingThatIsOlderThanTheStepIsNoSecondStep() {
    Moment before = new Moment(wallMs, steadyMs);
    Moment[] late = {null};
    Clocks read =
        new Clocks(
            () -> {
              Moment once = late[0];
              late[0] = null;
              return once == null ? new Moment(wallMs, steadyMs) : once;
            },
            incidents);
    wallMs -= 8_000;
    Moment unused = read.get();
    late[0] = before; // of a thread that read first, and came last
    unused = read.get();
    assertThat(read.stepsBack()).isEqualTo(1);
    assertThat(read.stepsForward()).isZero();
  }

  @Test
  void theClocksOfThisMachineGoTogether() {
    Moment first = Moment.now();
    Moment second = Moment.now();
    assertThat(second.steadyMs()).isGreaterThanOrEqualTo(first.steadyMs()).isPositive();
    assertThat(Math.abs(second.steppedSince(first))).isLessThan(Clocks.STEP_MS);
  }
}
