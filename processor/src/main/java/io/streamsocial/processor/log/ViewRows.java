package io.streamsocial.processor.log;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Of which views, beside the hashtags, rows have come in a shuffle partition, and what a reader has
 * passed over because it does not have the view. A fold of the shuffle, as {@link InputProgress},
 * whose part it is. And of which views no rows came for a while, since they counted nowhere: that
 * the shuffle does not say, so the account keeps it once it is known. Not thread-safe.
 *
 * <p>At most {@value #VIEWS_MAX} views are told apart. Of more, which an application can only have
 * had one after the other, the one that was passed over first is taken for any.
 */
final class ViewRows {
  static final int VIEWS_MAX = 64;

  private static final long NONE = -1;
  // Behind the 32 bits of an id; a version that does not know it reads the id alone.
  private static final long RESET = 1L << 32;
  private static final long AWAY = 1L << 33;

  private int[] ids = new int[0];
  private long[] passed = new long[0]; // shuffle offsets; NONE: everything is in the state
  private boolean[] reset = new boolean[0];
  private boolean[] away = new boolean[0]; // for a while, after rows had come
  private long passedOfAny = NONE;

  private int find(int id) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    return -1;
  }

  private int add(int id) {
    int at = find(id);
    if (at >= 0) {
      return at;
    }
    if (ids.length == VIEWS_MAX) {
      forgetFirst();
    }
    at = ids.length;
    ids = Arrays.copyOf(ids, at + 1);
    passed = Arrays.copyOf(passed, at + 1);
    reset = Arrays.copyOf(reset, at + 1);
    away = Arrays.copyOf(away, at + 1);
    ids[at] = id;
    passed[at] = NONE;
    return at;
  }

  private void forgetFirst() {
    int first = -1;
    for (int i = 0; i < ids.length; i++) {
      if (passed[i] != NONE && (first < 0 || passed[i] < passed[first])) {
        first = i;
      }
    }
    if (first < 0) { // no engine has so many
      first = 0;
    }
    passedOfAny = Math.max(passedOfAny, passed[first]);
    int last = ids.length - 1;
    ids[first] = ids[last];
    passed[first] = passed[last];
    reset[first] = reset[last];
    away[first] = away[last];
    ids = Arrays.copyOf(ids, last);
    passed = Arrays.copyOf(passed, last);
    reset = Arrays.copyOf(reset, last);
    away = Arrays.copyOf(away, last);
  }

  void folded(int id) {
    int unused = add(id);
  }

  void passedOver(int id, long offset) {
    int at = add(id);
    passed[at] = Math.max(passed[at], offset);
    reset[at] = false;
  }

  /** The view counts nowhere now; no account of one of which no row has come. */
  void isAway(int id) {
    int at = find(id);
    if (at >= 0) {
      away[at] = true;
    }
  }

  /** The same of all that have come but some. */
  void areAwayBut(IntPredicate counted) {
    for (int i = 0; i < ids.length; i++) {
      away[i] |= !counted.test(ids[i]);
    }
  }

  /** What another account of the same shuffle knows of views that were away. */
  void mergeAway(ViewRows other) {
    for (int i = 0; i < other.ids.length; i++) {
      if (other.away[i]) {
        int at = add(other.ids[i]); // which may replace the array
        away[at] = true;
      }
    }
  }

  boolean wasAway(int id) {
    int at = find(id);
    return at < 0 ? passedOfAny != NONE : away[at];
  }

  void has(int id) {
    int at = find(id);
    if (at >= 0) {
      passed[at] = NONE;
      reset[at] = false;
    }
  }

  void wasReset(int id) {
    long until = passedOver(id);
    if (until != NONE) {
      int at = add(id);
      passed[at] = until;
      reset[at] = true;
    }
    int known = find(id);
    if (known >= 0) {
      away[known] = false;
    }
  }

  boolean isReset(int id) {
    int at = find(id);
    return at >= 0 && reset[at];
  }

  boolean isKnown(int id) {
    return find(id) >= 0 || passedOfAny != NONE;
  }

  long passedOver(int id) {
    int at = find(id);
    return Math.max(passedOfAny, at < 0 ? NONE : passed[at]);
  }

  boolean isEmpty() {
    return ids.length == 0 && passedOfAny == NONE;
  }

  void put(ByteWriter out) {
    out.putVarint(passedOfAny + 1);
    out.putVarint(ids.length);
    for (int i = 0; i < ids.length; i++) {
      long marks = (reset[i] ? RESET : 0) | (away[i] ? AWAY : 0);
      out.putVarint(Integer.toUnsignedLong(ids[i]) | marks);
      out.putVarint(passed[i] + 1);
    }
  }

  static ViewRows read(ByteReader in) {
    ViewRows rows = new ViewRows();
    rows.passedOfAny = in.getVarint() - 1;
    int size = in.getLength();
    rows.ids = new int[size];
    rows.passed = new long[size];
    rows.reset = new boolean[size];
    rows.away = new boolean[size];
    for (int i = 0; i < size; i++) {
      long id = in.getVarint();
      rows.ids[i] = (int) id;
      rows.reset[i] = (id & RESET) != 0;
      rows.away[i] = (id & AWAY) != 0;
      rows.passed[i] = in.getVarint() - 1;
    }
    return rows;
  }
}
