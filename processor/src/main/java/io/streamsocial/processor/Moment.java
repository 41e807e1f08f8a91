package io.streamsocial.processor;

import java.util.concurrent.TimeUnit;

/**
 * One reading of both clocks of this machine, taken together.
 *
 * <ul>
 *   <li>The <b>steady clock</b> never steps. Every interval, deadline, back-off and due time goes
 *       by it. Its readings mean something in this process alone.
 *   <li>The <b>wall clock</b> is for what a person or another machine reads, and for times that
 *       came from outside, such as the time of a post. An operator, a time service or a virtual
 *       machine that was suspended may step it, back or forward.
 * </ul>
 *
 * @param wallMs epoch milliseconds
 * @param steadyMs milliseconds that never go back; far above 0, so that 0 can stand for never, and
 *     so that what was long ago is positive still
 * @param latestMs epoch milliseconds by the wall clock as it would be had it never been set back:
 *     only what lies ahead of this time lies ahead of every clock that this process has seen
 */
public record Moment(long wallMs, long steadyMs, long latestMs) {
  private static final long ORIGIN_NANOS = System.nanoTime();
  private static final long ORIGIN_MS = TimeUnit.DAYS.toMillis(10 * 365);
  // Between two readings a thread may lose its processor; then the pair would look like a step.
  private static final long APART_NANOS = 2_000_000;
  private static final int ATTEMPTS = 10;

  /** Of a wall clock that was never set back. */
  public Moment(long wallMs, long steadyMs) {
    this(wallMs, steadyMs, wallMs);
  }

  /** The present, by the clocks of this machine; {@link Clocks} also knows whether they stepped. */
  public static Moment now() {
    long beforeNanos = System.nanoTime();
    for (int i = 0; ; i++) {
      long wallMs = System.currentTimeMillis();
      long afterNanos = System.nanoTime();
      if (afterNanos - beforeNanos <= APART_NANOS || i == ATTEMPTS) {
        return new Moment(wallMs, ORIGIN_MS + (afterNanos - ORIGIN_NANOS) / 1_000_000);
      }
      beforeNanos = afterNanos;
    }
  }

  /** How far the wall clock is ahead of the steady one; changes only when the wall clock steps. */
  public long skewMs() {
    return wallMs - steadyMs;
  }

  /**
   * How far the wall clock was set forward between an earlier reading and this one; negative when
   * it was set back.
   */
  public long steppedSince(Moment earlier) {
    return skewMs() - earlier.skewMs();
  }
}
