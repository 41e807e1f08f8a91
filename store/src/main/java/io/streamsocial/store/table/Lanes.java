package io.streamsocial.store.table;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The longs of a row, and how two values of one key become one. A count is one lane that is summed.
 * A row may have bytes behind them, its {@link Tail}: such rows differ in their {@link #length}.
 *
 * <p>Each way to merge is associative and commutative, so a row is the same however its values were
 * folded before, in which order they came, and wherever the folds were cut. For FIRST and LAST this
 * holds because they go by (event time, then value) and not by arrival; each takes two lanes, the
 * time and behind it the value. The first of a key is the smallest such pair, the last the largest.
 *
 * <p>Immutable; for any thread.
 */
public final class Lanes {
  /** How a field is merged. */
  public enum Merge {
    /**
     * The sum. It wraps at 2^63, as {@code long} does; that of non-negatives by which rows are
     * ranked stays at 2^63 - 1 instead, so that a key does not fall out of the ranking.
     */
    SUM,
    /** The smallest value. */
    MIN,
    /** The largest value. */
    MAX,
    /** The value of the earliest event; of several at one time, the smallest. */
    FIRST,
    /** The value of the latest event; of several at one time, the largest. */
    LAST;

    /** Whether the event time is kept before the value. */
    boolean isTimed() {
      return this == FIRST || this == LAST;
    }

    /** On disk: not the ordinal, which would change with the order of the constants. */
    public byte code() {
      return switch (this) {
        case SUM -> 1;
        case MIN -> 2;
        case MAX -> 3;
        case FIRST -> 4;
        case LAST -> 5;
      };
    }

    public static Merge of(byte code) {
      for (Merge merge : values()) {
        if (merge.code() == code) {
          return merge;
        }
      }
      throw new IllegalArgumentException("no way to merge has the code " + code);
    }

    private int width() {
      return isTimed() ? 2 : 1;
    }
  }

  /** One lane that is summed. */
  public static final Lanes COUNT = of(Merge.SUM);

  private final Merge[] fields;
  private final int[] lanes; // of the values
  private final int width;
  private final int ranked;
  private final int saturated; // index of the field whose sum does not wrap; -1 for none
  private final @Nullable Tail tail;

  private Lanes(List<Merge> fields, int ranked, boolean isRanked) {
    this.saturated = isRanked && fields.get(ranked) == Merge.SUM ? ranked : -1;
    this.tail = null;
    this.fields = fields.toArray(Merge[]::new);
    this.lanes = new int[this.fields.length];
    int next = 0;
    for (int i = 0; i < this.fields.length; i++) {
      lanes[i] = next + this.fields[i].width() - 1;
      next += this.fields[i].width();
    }
    this.width = next;
    this.ranked = lanes[ranked];
  }

  private Lanes(Lanes longs, Tail tail) {
    this.fields = longs.fields;
    this.lanes = longs.lanes;
    this.width = longs.width;
    this.ranked = longs.ranked;
    this.saturated = longs.saturated;
    this.tail = tail;
  }

  /** Not ranked. */
  public static Lanes of(Merge... fields) {
    return unranked(List.of(fields));
  }

  /**
   * @param fields one or more
   */
  public static Lanes unranked(List<Merge> fields) {
    return new Lanes(checked(fields), 0, false);
  }

  /**
   * @param fields one or more
   * @param ranked the field that rows are ranked by: a sum of non-negatives
   */
  public static Lanes ranked(List<Merge> fields, int ranked) {
    return new Lanes(checked(fields), ranked, true);
  }

  private static List<Merge> checked(List<Merge> fields) {
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("a row without a field");
    }
    return fields;
  }

  /**
   * The sum of two numbers, or the one of {@link Long#MAX_VALUE} and {@link Long#MIN_VALUE} that it
   * passes. Of non-negatives it is the same in whatever order they are added.
   */
  public static long add(long a, long b) {
    long sum = a + b;
    // As Math.addExact finds it: both have another sign than the sum.
    return ((a ^ sum) & (b ^ sum)) < 0 ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
  }

  /**
   * The same longs, and bytes behind them.
   *
   * @param bytes how those of two rows become one
   */
  public Lanes with(Tail bytes) {
    return new Lanes(this, bytes);
  }

  /** Longs a row, without its bytes. */
  public int width() {
    return width;
  }

  /** Whether rows have bytes behind their longs. */
  public boolean hasTail() {
    return tail != null;
  }

  /** How the bytes of two rows become one; null where rows have none. */
  public @Nullable Tail tail() {
    return tail;
  }

  /** Longs of the row that begins here, its bytes included. */
  public int length(long[] rows, int at) {
    return tail == null ? width : width + Tail.longs(rows[at + width]);
  }

  /** Longs of a row without a value. */
  int emptyLength() {
    return tail == null ? width : width + 1;
  }

  /** Bytes of the row's tail; 0 where rows have none. */
  public int tailBytes(long[] rows, int at) {
    return tail == null ? 0 : Math.max(0, Tail.length(rows, at + width));
  }

  /** Whether the array holds one row, from its beginning to its end. */
  public boolean isRow(long[] row) {
    return tail == null
        ? row.length == width
        : row.length > width
            && row[width] >= 0
            && row[width] <= Tail.BYTES_MAX
            && row.length == length(row, 0);
  }

  /** A row of its own. */
  public long[] copy(long[] rows, int at) {
    return Arrays.copyOfRange(rows, at, at + length(rows, at));
  }

  public int fields() {
    return fields.length;
  }

  public Merge merge(int field) {
    return fields[field];
  }

  /** Whether the event time stands before the value of a field, as for FIRST and LAST. */
  public boolean isTimed(int field) {
    return fields[field].isTimed();
  }

  /** Where the value of a field stands in a row; its time, where it has one, is the long before. */
  public int lane(int field) {
    return lanes[field];
  }

  /** Where the value stands that rows are ranked by; of rows that are not, the first. */
  public int ranked() {
    return ranked;
  }

  /** Makes a row what it is before the first value: merged with it, each value stays as it is. */
  public void clear(long[] row, int at) {
    for (int i = 0; i < fields.length; i++) {
      int value = at + lanes[i];
      switch (fields[i]) {
        case SUM -> row[value] = 0;
        case MIN -> row[value] = Long.MAX_VALUE;
        case MAX -> row[value] = Long.MIN_VALUE;
        case FIRST -> {
          row[value - 1] = Long.MAX_VALUE;
          row[value] = Long.MAX_VALUE;
        }
        case LAST -> {
          row[value - 1] = Long.MIN_VALUE;
          row[value] = Long.MIN_VALUE;
        }
      }
    }
    if (tail != null) {
      row[at + width] = Tail.NONE;
    }
  }

  /**
   * Which of two rows has the bytes of both: negative for the first, positive for the second, 0
   * when neither has and they are {@link #merged}. Of rows without bytes the first.
   */
  int tailOf(long[] a, int atA, long[] b, int atB) {
    if (tail == null || b[atB + width] == Tail.NONE) {
      return -1;
    }
    if (a[atA + width] == Tail.NONE) {
      return 1;
    }
    if (tail instanceof Tail.Latest latest) {
      int lane = latest.timeLane();
      int order = Long.compare(a[atA + lane], b[atB + lane]);
      order = order == 0 ? Tail.compare(a, atA + width, b, atB + width) : order;
      return order >= 0 ? -1 : 1;
    }
    return 0;
  }

  /** The row that two become, as a row of its own. */
  public long[] merged(long[] a, int atA, long[] b, int atB) {
    int of = tailOf(a, atA, b, atB);
    long[] merged = of > 0 ? copy(b, atB) : copy(a, atA);
    if (of > 0) {
      System.arraycopy(a, atA, merged, 0, width);
    } else if (of == 0 && tail instanceof Tail.Merged function) {
      byte[] bytes =
          function.merger().merge(Tail.bytes(a, atA + width), Tail.bytes(b, atB + width));
      merged = Arrays.copyOf(merged, width + Tail.longs(bytes.length));
      Tail.put(bytes, 0, bytes.length, merged, width);
    }
    merge(merged, 0, b, atB);
    return merged;
  }

  /** Merges the longs of a row into those of another, and leaves its bytes as they are. */
  public void merge(long[] into, int at, long[] from, int fromAt) {
    for (int i = 0; i < fields.length; i++) {
      int to = at + lanes[i];
      int value = fromAt + lanes[i];
      switch (fields[i]) {
        case SUM -> into[to] = i == saturated ? add(into[to], from[value]) : into[to] + from[value];
        case MIN -> into[to] = Math.min(into[to], from[value]);
        case MAX -> into[to] = Math.max(into[to], from[value]);
        case FIRST -> {
          if (isBefore(from, value, into, to)) {
            into[to - 1] = from[value - 1];
            into[to] = from[value];
          }
        }
        case LAST -> {
          if (isBefore(into, to, from, value)) {
            into[to - 1] = from[value - 1];
            into[to] = from[value];
          }
        }
      }
    }
  }

  private static boolean isBefore(long[] a, int atA, long[] b, int atB) {
    return a[atA - 1] < b[atB - 1] || (a[atA - 1] == b[atB - 1] && a[atA] < b[atB]);
  }
}
