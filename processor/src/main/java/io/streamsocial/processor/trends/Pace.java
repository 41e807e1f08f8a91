package io.streamsocial.processor.trends;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a hashtag moves now, by the counts of its windows. A running window has had only a part of
 * its time, so its count says at first what the clock shows, and not what the hashtag does; here it
 * is always weighed by that part. All functions are pure.
 *
 * <pre>
 *   W windows, oldest first   b ... b  q  r     r runs, and p of its time is over (1: it is closed)
 *   rate of now               r + (1 - p) q     in one window's length: r's part, and the rest from q
 *   before                    mean of b; with two windows q; with one there is nothing
 * </pre>
 *
 * @param ratePerMinute mentions a minute now; null for a single window that has just begun
 * @param changePercent that rate against the mean of the windows before; null without one that has
 *     mentions
 * @param direction flat unless chance hardly explains the difference
 */
public record Pace(
    @Nullable Double ratePerMinute, @Nullable Double changePercent, Direction direction) {
  private static final double MS_PER_MINUTE = 60_000;

  /**
   * The standard normal deviate that a difference must exceed, 1 % on both sides together. Two
   * tests are made, so at most 2 % of the hashtags whose rate is constant are taken for moving
   * ones, and real streams, which vary more than chance does, still have room up to 5 %.
   */
  private static final double SIGNIFICANT = 2.576;

  /** By a test of significance; {@link Trending.Trend} is the sign of a difference. */
  public enum Direction {
    UP,
    FLAT,
    DOWN
  }

  /**
   * Which part of the newest window the counts include, 0 to 1, known within two bounds.
   *
   * @param from at least
   * @param to at most
   */
  public record Elapsed(double from, double to) {
    /** Of a window that is over. */
    public static final Elapsed WHOLE = new Elapsed(1, 1);

    double middle() {
      return (from + to) / 2;
    }
  }

  /**
   * @param windows oldest first, at least one
   * @param windowMs size of each, milliseconds
   */
  public static Pace of(List<Trending.WindowCount> windows, long windowMs, Elapsed share) {
    Pace pace = of(windows, windowMs, share.middle());
    // Of a busy hashtag even a small mistake in time is significant.
    Direction direction = of(windows, windowMs, share.from()).direction;
    boolean isSure = direction == of(windows, windowMs, share.to()).direction;
    return new Pace(pace.ratePerMinute, pace.changePercent, isSure ? direction : Direction.FLAT);
  }

  private static Pace of(List<Trending.WindowCount> windows, long windowMs, double elapsed) {
    int last = windows.size() - 1;
    long running = windows.get(last).count();
    double minutes = windowMs / MS_PER_MINUTE;
    if (last == 0) {
      Double rate = elapsed > 0 ? running / (elapsed * minutes) : null;
      return new Pace(rate, null, Direction.FLAT);
    }
    long previous = windows.get(last - 1).count();
    long closed = 0;
    for (Trending.WindowCount each : windows.subList(0, last)) {
      closed += each.count();
    }
    double now = running + (1 - elapsed) * previous;
    boolean isPair = last == 1;
    long before = isPair ? previous : closed - previous;
    int windowsBefore = isPair ? 1 : last - 1;
    double mean = (double) before / windowsBefore;
    // The running window alone shows a sudden change; together with the one before it, what lasts
    // is still seen when the next window has just begun.
    double sudden = deviation(running, elapsed, closed, last);
    double lasting = isPair ? 0 : deviation(running + previous, 1 + elapsed, before, windowsBefore);
    double strongest = Math.abs(sudden) > Math.abs(lasting) ? sudden : lasting;
    return new Pace(
        now / minutes,
        before == 0 ? null : 100 * (now / mean - 1),
        strongest > SIGNIFICANT
            ? Direction.UP
            : strongest < -SIGNIFICANT ? Direction.DOWN : Direction.FLAT);
  }

  /**
   * How many standard deviations the first rate lies above the second one, of two Poisson counts
   * and the times in which they came. By their square roots, of which the variance hardly depends
   * on the rate (Anscombe 1948): statistic W5 of Gu, Ng, Tang and Schucany, "Testing the Ratio of
   * Two Poisson Rates", Biometrical Journal 50 (2008) 283-298.
   */
  private static double deviation(long count, double time, long otherCount, double otherTime) {
    if (time == 0) {
      return 0;
    }
    double ratio = time / otherTime;
    return 2
        * (Math.sqrt(count + 0.375) - Math.sqrt((otherCount + 0.375) * ratio))
        / Math.sqrt(1 + ratio);
  }
}
