package io.streamsocial.store;

import java.time.Duration;

/**
 * What one read may cost: rows, and time. A row with bytes counts as one more for each {@value
 * #ROW_BYTES} of them. When either is spent the read stops and says so. Not thread-safe: one read
 * after the other has it.
 */
public final class ReadBudget {
  // The clock costs as much as a few rows.
  private static final int ROWS_A_LOOK = 64;

  /** Bytes behind the longs of a row that count as another row. */
  public static final int ROW_BYTES = 128;

  private final long endNanos;
  private long rowsLeft;
  private long nextLook;
  private boolean isOver;
  private boolean isLate;

  private ReadBudget(long rows, long endNanos) {
    this.rowsLeft = rows;
    this.nextLook = rows;
    this.endNanos = endNanos;
  }

  /**
   * From now on.
   *
   * @param rows one a key and window, 1 or more
   */
  public static ReadBudget of(long rows, Duration time) {
    return new ReadBudget(rows, System.nanoTime() + time.toNanos());
  }

  /** For a read that has to come to its end, whatever it costs. */
  static ReadBudget unlimited() {
    return new ReadBudget(Long.MAX_VALUE, System.nanoTime() + Long.MAX_VALUE / 2);
  }

  /** Whether nothing is left. */
  public boolean isSpent() {
    return isOver;
  }

  /**
   * Whether it was the time that was spent, while rows were left: the same read may suffice when
   * the machine has less to do.
   */
  public boolean isOutOfTime() {
    return isLate;
  }

  /** These rows were read. */
  void spend(int rows) {
    rowsLeft -= rows;
    if (rowsLeft <= 0) {
      isOver = true;
    } else if (rowsLeft <= nextLook) {
      nextLook = rowsLeft - ROWS_A_LOOK;
      isLate |= System.nanoTime() - endNanos > 0;
      isOver |= isLate;
    }
  }
}
