package io.streamsocial.store;

/**
 * Tumbling windows: {@code [start, start + size)}, starts at multiples of the size. Pure
 * arithmetic; all times are epoch milliseconds, and any {@code long} is allowed where no other
 * range is given.
 *
 * <p>Both rules below compare with <em>stream time</em>, never with a clock:
 *
 * <pre>
 *   late     end + grace     &lt;= stream time    the window no longer counts
 *   expired  end + retention &lt;= stream time    the window is no longer readable
 * </pre>
 *
 * <p>Rows without windows may have a time to live, which is kept as the retention of the one window
 * that never ends:
 *
 * <pre>
 *   gone     last event + time to live &lt;= stream time    the row is no longer readable
 * </pre>
 *
 * @param sizeMs 1 or more
 * @param graceMs how long after its end a window still counts; 0 to retentionMs
 * @param retentionMs how long after its end a window stays readable; without windows the time to
 *     live of a row, 0 for ever
 */
public record Windowing(long sizeMs, long graceMs, long retentionMs) {
  /**
   * No windows, which is one that starts in 1970 and never ends: of all times from there to before
   * {@link Long#MAX_VALUE} none is late in it, and it does not expire.
   */
  public static final Windowing NONE = new Windowing(Long.MAX_VALUE, 0, 0);

  public Windowing {
    if (sizeMs < 1) {
      throw new IllegalArgumentException("window size " + sizeMs + " ms: must be at least 1");
    }
    if (graceMs < 0 || graceMs > retentionMs) {
      throw new IllegalArgumentException(
          "grace %d ms: must be 0 to retention, %d ms".formatted(graceMs, retentionMs));
    }
  }

  /**
   * As {@link #NONE}, but a row is gone once its last event is so far behind stream time.
   *
   * @param timeToLiveMs 1 or more
   */
  public static Windowing none(long timeToLiveMs) {
    if (timeToLiveMs < 1) {
      throw new IllegalArgumentException(
          "a time to live of %d ms: must be at least 1".formatted(timeToLiveMs));
    }
    return new Windowing(Long.MAX_VALUE, 0, timeToLiveMs);
  }

  /** Whether there are no windows. */
  public boolean isNone() {
    return sizeMs == Long.MAX_VALUE;
  }

  /** How far its last event may be behind stream time; 0 for ever, and with windows. */
  public long timeToLiveMs() {
    return isNone() ? retentionMs : 0;
  }

  /**
   * The earliest last event of a row without windows that is not gone: every row with an earlier
   * one is. {@link Long#MIN_VALUE} when none can be gone.
   */
  public long firstLivingMs(long streamTimeMs) {
    // gone: last event <= t - time to live
    long last = saturatedSubtract(streamTimeMs, timeToLiveMs());
    return timeToLiveMs() == 0 || last == Long.MIN_VALUE ? Long.MIN_VALUE : last + 1;
  }

  /**
   * The start of the window that contains the instant. Times before 1970 round down too. In the one
   * window that begins before {@link Long#MIN_VALUE} the start is held at the first multiple that
   * exists.
   */
  public long start(long timeMs) {
    long remainder = Math.floorMod(timeMs, sizeMs);
    long start = timeMs - remainder;
    return start <= timeMs ? start : timeMs - remainder + sizeMs;
  }

  /**
   * The starts of the window that contains an instant and of those before it, oldest first, without
   * windows that begin before 1970 (but for the instant's own).
   *
   * @param count windows asked for, 1 or more
   */
  public long[] lastStarts(long timeMs, int count) {
    long newest = start(timeMs);
    long since1970 = Math.max(1, newest / sizeMs + 1);
    long[] starts = new long[(int) Math.min(count, since1970)];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = newest - (starts.length - 1 - i) * sizeMs;
    }
    return starts;
  }

  /** Exclusive end; saturates at {@link Long#MAX_VALUE}. */
  public long end(long startMs) {
    return saturatedAdd(startMs, sizeMs);
  }

  public boolean isLate(long startMs, long streamTimeMs) {
    return saturatedAdd(end(startMs), graceMs) <= streamTimeMs;
  }

  public boolean isExpired(long startMs, long streamTimeMs) {
    return saturatedAdd(end(startMs), retentionMs) <= streamTimeMs;
  }

  /**
   * The earliest start that is not expired: every window before it is. {@link Long#MIN_VALUE} when
   * nothing can be expired yet.
   */
  public long firstReadableStart(long streamTimeMs) {
    // expired: start + size + retention <= t, that is, start <= t - size - retention
    long last = start(saturatedSubtract(saturatedSubtract(streamTimeMs, sizeMs), retentionMs));
    return isExpired(last, streamTimeMs) ? saturatedAdd(last, sizeMs) : Long.MIN_VALUE;
  }

  /** Windows kept: those that retention covers, even in part, and the open one. */
  public int windowsMax() {
    if (isNone()) {
      return 1;
    }
    long closed = retentionMs / sizeMs + (retentionMs % sizeMs == 0 ? 0 : 1);
    return (int) Math.min(Integer.MAX_VALUE - 1, closed) + 1;
  }

  private static long saturatedAdd(long a, long nonNegative) {
    long sum = a + nonNegative;
    return sum < a ? Long.MAX_VALUE : sum;
  }

  private static long saturatedSubtract(long a, long nonNegative) {
    long difference = a - nonNegative;
    return difference > a ? Long.MIN_VALUE : difference;
  }
}
