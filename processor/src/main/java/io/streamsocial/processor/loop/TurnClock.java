package io.streamsocial.processor.loop;

/**
 * The time of a loop's present turn: the clock is read once a turn, outside, and everything that a
 * turn decides goes by that one reading. Owned by the loop, which alone moves it.
 */
final class TurnClock {
  private long nowMs;

  void turn(long now) {
    nowMs = now;
  }

  /** Wall clock, epoch milliseconds; 0 before the first turn. */
  long nowMs() {
    return nowMs;
  }
}
