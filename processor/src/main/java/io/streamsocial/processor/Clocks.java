package io.streamsocial.processor;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The clocks of this process, read by all its threads. Whichever thread reads first after a step of
 * the wall clock finds it, and reports it once. Any thread; a reading takes no lock unless the wall
 * clock has stepped.
 *
 * <p>A wall clock that is slewed, as time services do it, is followed without a word.
 */
public final class Clocks implements Supplier<Moment> {
  /** A smaller change of the wall clock between two readings is no step. */
  public static final long STEP_MS = 1_000;

  // The incident ends when the clock has gone on evenly for this long.
  private static final long QUIET_MS = 10_000;

  private final Supplier<Moment> readings;
  private final Incidents incidents;
  private final long firstSkewMs;
  private final AtomicLong back = new AtomicLong();
  private final AtomicLong forward = new AtomicLong();
  private volatile long skewMs;
  private volatile long largestSkewMs;

  /**
   * @param readings of both clocks: those of a machine, or of a simulation
   */
  public Clocks(Supplier<Moment> readings, Incidents incidents) {
    this.readings = readings;
    this.incidents = incidents;
    this.firstSkewMs = readings.get().skewMs();
    this.skewMs = firstSkewMs;
    this.largestSkewMs = firstSkewMs;
  }

  @Override
  public Moment get() {
    Moment now = readings.get();
    long movedMs = now.skewMs() - skewMs;
    if (Math.abs(movedMs) >= STEP_MS) {
      now = afterStep();
    } else if (movedMs != 0) {
      followed(now.skewMs());
    }
    return new Moment(now.wallMs(), now.steadyMs(), now.steadyMs() + largestSkewMs);
  }

  /** Reads again, since the reading that shows a step may be older than another thread's. */
  private synchronized Moment afterStep() {
    Moment now = readings.get();
    long movedMs = now.skewMs() - skewMs;
    followed(now.skewMs());
    if (Math.abs(movedMs) >= STEP_MS) {
      boolean isBack = movedMs < 0;
      (isBack ? back : forward).incrementAndGet();
      incidents.begin(
          Incidents.Kind.WALL_CLOCK_STEPPED,
          isBack ? "back" : "forward",
          "the wall clock was set %s by %d ms: counting goes by a clock that does not step, and goes on%s; compare this machine with a time service (NTP)"
              .formatted(
                  isBack ? "back" : "forward",
                  Math.abs(movedMs),
                  isBack ? ", with new Kafka clients, since theirs would wait" : ""));
    }
    return now;
  }

  private void followed(long skew) {
    skewMs = skew;
    if (skew > largestSkewMs) {
      largestSkewMs = skew;
    }
  }

  /** Reads the clocks, and ends the incident of a step that was some time ago. */
  public void watch() {
    Moment unused = get();
    incidents.endQuiet(
        Incidents.Kind.WALL_CLOCK_STEPPED,
        QUIET_MS,
        "the wall clock goes evenly again, %d ms from where it would be without steps"
            .formatted(skewMs()));
  }

  /** How far the wall clock has moved against the steady one since the start. */
  public long skewMs() {
    return skewMs - firstSkewMs;
  }

  /** How often the wall clock was set back since the start. */
  public long stepsBack() {
    return back.get();
  }

  /** How often the wall clock was set forward since the start. */
  public long stepsForward() {
    return forward.get();
  }
}
