package io.streamsocial.store.table;

import java.util.Arrays;

/**
 * The most frequent keys of one window and region, and a bound that no other key exceeds.
 *
 * <p>Counts in a window only grow, and every change is {@link #offer}ed. So a key outside the head
 * can enter the moment its count passes the bound, and does not exceed it until then: the head is
 * exact without any order over all keys. It holds up to {@code 2 * capacity} keys; then it keeps
 * the {@code capacity} largest and the bound becomes the largest count that it dropped, which costs
 * a sort of longs once in {@code capacity} admissions. Two things follow that the merge relies on:
 * the bound never falls, and no key inside is below it.
 *
 * <p>Not thread-safe: the loop owns it. Readers get {@link #view}s.
 */
public final class RankedHead {
  // Entry of the ranking, count and slots of a view that was asked.
  private static final int VIEW_ENTRY_BYTES = 4 + 8 + 16;

  private int capacity;
  private CountTable table = new CountTable();
  private long bound;

  /**
   * @param capacity keys kept at least, 1 or more
   */
  public RankedHead(int capacity) {
    this.capacity = capacity;
  }

  /** Takes a count of a key, the present one or one that it had before: counts only grow. */
  public void offer(int hash, byte[] bytes, int offset, int length, long count) {
    if (count <= bound) {
      return;
    }
    int entry = table.find(hash, bytes, offset, length);
    if (entry >= 0) {
      table.set(entry, Math.max(count, table.count(entry)));
      return;
    }
    if (table.size() == 2 * capacity) {
      keepLargest();
      if (count <= bound) {
        return;
      }
    }
    table.insert(hash, bytes, offset, length, count);
  }

  private void keepLargest() {
    long[] sorted = Arrays.copyOf(table.counts, table.size());
    Arrays.sort(sorted);
    long dropped = sorted[sorted.length - capacity - 1];
    // Keys that tie with the largest dropped count may stay or go: none outside exceeds the bound.
    CountTable kept = new CountTable(Lanes.COUNT, 2 * capacity);
    for (int i = 0; i < table.size(); i++) {
      if (table.count(i) > dropped) {
        kept.insert(
            table.hashes[i], table.arena(), table.offset(i), table.length(i), table.count(i));
      }
    }
    bound = dropped;
    table = kept;
  }

  /** Heap bytes held, those of a view included; an estimate. */
  public long bytes() {
    return table.bytes() + (long) VIEW_ENTRY_BYTES * table.size();
  }

  public int capacity() {
    return capacity;
  }

  /** Keeps fewer keys from now on, 1 or more. */
  public void shrink(int newCapacity) {
    capacity = newCapacity;
    if (table.size() > capacity) {
      keepLargest();
    }
  }

  /** A copy for readers: the counts are copied, the rest is shared since it is written once. */
  public HeadView view() {
    return new HeadView(table, bound);
  }
}
