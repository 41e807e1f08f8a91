package io.streamsocial.store.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What may be done with the sessions of one key: rows one behind the other in an array, ordered by
 * start. No two live ones are as near as the gap, so their ends are in order, too. One that has
 * expired may lie anywhere among them, since nothing was merged with it any more; {@link #since}
 * leaves it out. An array that was handed out is not changed, except where a method says so.
 *
 * <p>Immutable; for any thread.
 */
public final class SessionRows {
  /** The lane of a row with the time of its first event, ms. */
  public static final int START = 0;

  /** The lane of a row with the time of its last event, ms. */
  public static final int END = 1;

  public static final long[] NONE = {};

  /** The end of the last session where there is none. */
  public static final long NO_END = Long.MIN_VALUE;

  private final Lanes lanes;
  private final int width;
  private final long gapMs;

  public SessionRows(Lanes lanes, long gapMs) {
    this.lanes = lanes;
    this.width = lanes.width();
    this.gapMs = gapMs;
  }

  public long gapMs() {
    return gapMs;
  }

  /** Where the row behind one begins. */
  private int next(long[] rows, int at) {
    return at + lanes.length(rows, at);
  }

  private static long start(long[] rows, int at) {
    return rows[at + START];
  }

  private static long end(long[] rows, int at) {
    return rows[at + END];
  }

  /** The end of the last of live sessions, or {@link #NO_END}. */
  public long lastEnd(long[] rows) {
    return rows.length == 0 ? NO_END : end(rows, last(rows));
  }

  /** Where the last row begins; of rows with bytes, which are not all as long, by way of all. */
  private int last(long[] rows) {
    if (!lanes.hasTail()) {
      return rows.length - width;
    }
    int last = 0;
    for (int at = 0; at < rows.length; at = next(rows, at)) {
      last = at;
    }
    return last;
  }

  /** Those that did not end before a time; the array itself when there are no others. */
  public long[] since(long[] rows, long timeMs) {
    int live = 0;
    for (int at = 0; at < rows.length; at = next(rows, at)) {
      live += end(rows, at) >= timeMs ? lanes.length(rows, at) : 0;
    }
    if (live == rows.length) {
      return rows;
    }
    long[] since = live == 0 ? NONE : new long[live];
    int size = 0;
    for (int at = 0; size < live; at = next(rows, at)) {
      if (end(rows, at) >= timeMs) {
        int length = lanes.length(rows, at);
        System.arraycopy(rows, at, since, size, length);
        size += length;
      }
    }
    return since;
  }

  /** Adds those that overlap [fromMs, toMs) to a list. */
  public void overlapping(long[] rows, long fromMs, long toMs, List<long[]> found) {
    for (int at = 0; at < rows.length; at = next(rows, at)) {
      if (end(rows, at) >= fromMs && start(rows, at) < toMs) {
        found.add(lanes.copy(rows, at));
      }
    }
  }

  /** The same, of some time, as the rows of a key. */
  public long[][] overlapping(long[] rows, long fromMs, long toMs) {
    List<long[]> found = new ArrayList<>();
    overlapping(rows, fromMs, toMs, found);
    return found.toArray(long[][]::new);
  }

  // ---------------------------------------------------------------- merging

  /** Where the first session begins that is not too early to be merged with a row. */
  private int firstNear(long[] rows, long startMs) {
    if (lanes.hasTail()) {
      int near = 0;
      while (near < rows.length && startMs - end(rows, near) > gapMs) {
        near = next(rows, near);
      }
      return near;
    }
    int first = rows.length;
    // From the end: most events are of the last session, or behind it.
    while (first > 0 && startMs - end(rows, first - width) <= gapMs) {
      first -= width;
    }
    return first;
  }

  /** Where the first session begins that is too late to be merged with a row. */
  private int behindNear(long[] rows, int first, long endMs) {
    int behind = first;
    while (behind < rows.length && start(rows, behind) - endMs <= gapMs) {
      behind = next(rows, behind);
    }
    return behind;
  }

  /** Whether a row would be merged with a session. */
  public boolean isNear(long[] rows, long[] row, int at) {
    int first = firstNear(rows, start(row, at));
    return behindNear(rows, first, end(row, at)) > first;
  }

  /**
   * Merges a row with every live session that is at most the gap away. What it becomes is not
   * nearer to the others than the row was: those it is merged with are more than the gap away from
   * them.
   *
   * @param mayChange whether the array may be changed instead of copied
   */
  public long[] merge(long[] rows, boolean mayChange, long[] row, int at) {
    int first = firstNear(rows, start(row, at));
    int behind = behindNear(rows, first, end(row, at));
    boolean isOne = behind > first && behind == next(rows, first);
    if (isOne && lanes.tailOf(rows, first, row, at) < 0) {
      long[] merged = mayChange ? rows : rows.clone();
      lanes.merge(merged, first, row, at);
      return merged;
    }
    if (lanes.hasTail()) {
      long[] one = lanes.copy(row, at);
      for (int swallowed = first; swallowed < behind; swallowed = next(rows, swallowed)) {
        one = lanes.merged(one, 0, rows, swallowed);
      }
      return replaced(rows, first, behind, one, 0);
    }
    long[] merged = replaced(rows, first, behind, row, at);
    for (int swallowed = first; swallowed < behind; swallowed += width) {
      lanes.merge(merged, first, rows, swallowed);
    }
    return merged;
  }

  /** The rows with one in the place of some. */
  private long[] replaced(long[] rows, int first, int behind, long[] row, int at) {
    int length = lanes.length(row, at);
    long[] replaced = new long[rows.length - (behind - first) + length];
    System.arraycopy(rows, 0, replaced, 0, first);
    System.arraycopy(row, at, replaced, first, length);
    System.arraycopy(rows, behind, replaced, first + length, rows.length - behind);
    return replaced;
  }

  // ---------------------------------------------------------------- changes

  private int firstNotBefore(long[] rows, long startMs) {
    int first = 0;
    while (first < rows.length && start(rows, first) < startMs) {
      first = next(rows, first);
    }
    return first;
  }

  private static boolean isStart(long[] rows, int at, long startMs) {
    return at < rows.length && start(rows, at) == startMs;
  }

  /** With a row in the place of the one with its start, if there is one. */
  public long[] put(long[] rows, long[] row, int at) {
    int first = firstNotBefore(rows, start(row, at));
    int behind = isStart(rows, first, start(row, at)) ? next(rows, first) : first;
    return replaced(rows, first, behind, row, at);
  }

  /** Without the row of a start. */
  public long[] without(long[] rows, long startMs) {
    int at = firstNotBefore(rows, startMs);
    if (!isStart(rows, at, startMs)) {
      return rows;
    }
    int behind = next(rows, at);
    long[] left = new long[rows.length - (behind - at)];
    System.arraycopy(rows, 0, left, 0, at);
    System.arraycopy(rows, behind, left, at, left.length - at);
    return left;
  }

  /** Receives what turns the rows of one key into others. */
  public interface Changes {
    /**
     * @param isGone whether no row with this start is left
     */
    void deleted(long startMs, long endMs, boolean isGone);

    void changed(long[] rows, int at);
  }

  /** Reports how rows became others: first which are no more, then which are other or new. */
  public void compare(long[] before, long[] after, Changes changes) {
    for (int at = 0; at < before.length; at = next(before, at)) {
      int same = firstNotBefore(after, start(before, at));
      boolean isGone = !isStart(after, same, start(before, at));
      if (isGone || end(after, same) != end(before, at)) {
        changes.deleted(start(before, at), end(before, at), isGone);
      }
    }
    for (int at = 0; at < after.length; at = next(after, at)) {
      int same = firstNotBefore(before, start(after, at));
      if (!isStart(before, same, start(after, at))
          || !Arrays.equals(before, same, next(before, same), after, at, next(after, at))) {
        changes.changed(after, at);
      }
    }
  }
}
