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
  private long beganNanos; // for the progress only
  private volatile long progressMs;

  void turn(Moment moment) {
    wentBack = moment.steppedSince(now) <= -Clocks.STEP_MS;
    now = moment;
    beganNanos = System.nanoTime();
    progressMs = moment.steadyMs();
  }

  /**
   * The turn has got on by a step. Some steps of a turn cannot be put off to the next one, as a
   * checkpoint is one transaction, and on a busy machine they take long. Decides nothing in the
   * turn; whoever watches the loop can tell one that is slow from one that hangs.
   */
  void progress() {
    progressMs = now.steadyMs() + (System.nanoTime() - beganNanos) / 1_000_000;
  }

  /** When a turn began or got on last, by the steady clock; 0 before the first. Any thread. */
  long progressMs() {
    return progressMs;
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
