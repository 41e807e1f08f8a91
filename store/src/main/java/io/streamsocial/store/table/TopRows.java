package io.streamsocial.store.table;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/** The best N of the rows offered, by {@link RankedRow#ORDER}. Not thread-safe. */
public final class TopRows {
  private final int limit;
  private final PriorityQueue<RankedRow> worstFirst =
      new PriorityQueue<>(RankedRow.ORDER.reversed());

  public TopRows(int limit) {
    this.limit = limit;
  }

  public void offer(RankedRow row) {
    if (worstFirst.size() < limit) {
      worstFirst.add(row);
    } else if (RankedRow.ORDER.compare(row, worstFirst.element()) < 0) {
      worstFirst.remove();
      worstFirst.add(row);
    }
  }

  /** The total that a new row must reach to matter; 0 while there is room. */
  long threshold() {
    return worstFirst.size() < limit ? 0 : worstFirst.element().total();
  }

  boolean isFull() {
    return worstFirst.size() >= limit;
  }

  public List<RankedRow> sorted() {
    List<RankedRow> rows = new ArrayList<>(worstFirst);
    rows.sort(RankedRow.ORDER);
    return rows;
  }
}
