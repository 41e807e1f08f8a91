package io.streamsocial.processor.loop;

import io.streamsocial.processor.Clocks;
import io.streamsocial.processor.Moment;

/**
 * The time of a loop's present turn: both clocks are read once a turn, outside, and everything that
 * a turn decides goes by that one reading. Owned by the loop, which alone moves it.
 */
final class TurnClock {
  private Moment now = new Moment(0, 0);
  private boolean wentBack;

  void turn(Moment moment) {
    wentBack = moment.steppedSince(now) <= -Clocks.STEP_MS;
    now = moment;
  }

  /** Whether the wall clock was set back since the turn before. */
  boolean wentBack() {
    return wentBack;
  }

  /** The present turn's reading; both clocks at 0 before the first turn. */
  Moment now() {
    return now;
  }
}
