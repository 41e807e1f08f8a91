package io.streamsocial.store.table;

import java.util.Arrays;

/**
 * The times at which the last sessions of a group's keys ended, one a key, to count those after a
 * time: a sorted array, and behind it a log of what came and went since it was sorted. A key whose
 * session goes on costs two entries of the log. The log is only appended to, so a view is a
 * reference to each and its length.
 *
 * <p>A time may go before it has come, as while the rows on disk are read; those wait in a sorted
 * array of their own. Not thread-safe: the store's writer owns it.
 */
public final class GroupEnds {
  private static final int LOG_MIN = 1 << 10;
  private static final int LOG_MAX = 1 << 16;
  // The object, its name and its places in the maps; an estimate.
  private static final int GROUP_BYTES = 400;
  private static final long[] NONE = {};

  private long[] come = NONE; // sorted
  private long[] gone = NONE; // sorted; none of them has come yet
  private long[] log = NONE; // an end that came, or the complement of one that went
  private int logged;

  /** An immutable moment. Safe for any thread that got it through a volatile field. */
  @SuppressWarnings("ArrayRecordComponent") // a moment, never compared or kept in a set
  public record View(long[] come, long[] gone, long[] log, int logged) {
    public static final View EMPTY = new View(NONE, NONE, NONE, 0);

    /** How many ended after a time. */
    public long after(long timeMs) {
      long count = above(come, timeMs) - above(gone, timeMs);
      for (int i = 0; i < logged; i++) {
        if (log[i] >= 0) {
          count += log[i] > timeMs ? 1 : 0;
        } else {
          count -= ~log[i] > timeMs ? 1 : 0;
        }
      }
      return count;
    }

    private static long above(long[] sorted, long timeMs) {
      int low = 0;
      int high = sorted.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (sorted[middle] > timeMs) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return (long) sorted.length - low;
    }
  }

  public View view() {
    return new View(come, gone, log, logged);
  }

  /**
   * The last session of a key ends at another time.
   *
   * @param fromMs {@link SessionRows#NO_END} when there was none
   * @param toMs the same when there is none any more
   */
  public void move(long fromMs, long toMs) {
    if (fromMs != SessionRows.NO_END) {
      append(~fromMs);
    }
    if (toMs != SessionRows.NO_END) {
      append(toMs);
    }
  }

  private void append(long entry) {
    if (logged == log.length) {
      log = Arrays.copyOf(log, Math.max(16, logged * 2));
    }
    log[logged++] = entry;
  }

  /** Sorts the log into the arrays when it has become long for them. */
  public void fit(long expiredBefore) {
    long most = Math.max(LOG_MIN, Math.min(LOG_MAX, (come.length + (long) gone.length) / 4));
    if (logged > most) {
      sort(expiredBefore);
    }
  }

  /** Sorts the log into the arrays, without ends before a time: none of them goes any more. */
  public void sort(long expiredBefore) {
    long[] in = Arrays.stream(log, 0, logged).filter(entry -> entry >= 0).toArray();
    long[] out = Arrays.stream(log, 0, logged).filter(entry -> entry < 0).map(e -> ~e).toArray();
    long[] allCome = joined(come, in);
    long[] allGone = joined(gone, out);
    int kept = 0;
    int missing = 0;
    int i = 0;
    int j = 0;
    while (i < allCome.length || j < allGone.length) {
      boolean isCome = j == allGone.length || (i < allCome.length && allCome[i] <= allGone[j]);
      boolean isBoth = isCome && j < allGone.length && allCome[i] == allGone[j];
      long end = isCome ? allCome[i] : allGone[j];
      if (!isBoth && end >= expiredBefore) {
        if (isCome) {
          allCome[kept++] = end;
        } else {
          allGone[missing++] = end;
        }
      }
      i += isCome ? 1 : 0;
      j += isBoth || !isCome ? 1 : 0;
    }
    come = Arrays.copyOf(allCome, kept);
    gone = Arrays.copyOf(allGone, missing);
    log = NONE;
    logged = 0;
  }

  private static long[] joined(long[] sorted, long[] more) {
    long[] all = Arrays.copyOf(sorted, sorted.length + more.length);
    System.arraycopy(more, 0, all, sorted.length, more.length);
    Arrays.sort(all); // two runs, where the second was sorted; else still mostly one
    return all;
  }

  public boolean isEmpty() {
    return come.length == 0 && gone.length == 0 && logged == 0;
  }

  /** Heap bytes held; an estimate. */
  public long bytes() {
    return GROUP_BYTES + 8L * (come.length + gone.length + log.length);
  }
}
