package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;

/**
 * The time of a loop's present turn: both clocks are read once a turn, outside, and everything that
 * a turn decides goes by that one reading. Owned by the loop, which alone moves it.
 */
final class TurnClock {
  private Moment now = new Moment(0, 0);

  void turn(Moment moment) {
    now = moment;
  }

  /** The present turn's reading; both clocks at 0 before the first turn. */
  Moment now() {
    return now;
  }
}
