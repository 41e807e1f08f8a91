package io.streamsocial.store.table;

import java.util.List;
import java.util.Optional;

/**
 * The top N of the sum of several windows, from their ranked heads alone: the threshold algorithm
 * of Fagin, Lotem and Naor (Optimal Aggregation Algorithms for Middleware, PODS 2001).
 *
 * <p>The heads are read in parallel from the top, one rank at a time. Each key met is looked up in
 * all heads, so its total is known. A key that was not met by rank d has at most the sum of the
 * counts at rank d (or, where a head has ended, of its bound). Once the N-th best total
 * <em>exceeds</em> that sum the rest cannot matter, not even by a tie; so the rows, their order
 * included, are those of a full sort.
 *
 * <p>Two things can keep the heads from proving an answer: they end before the sum falls below the
 * N-th total, or a key met is outside some head, where its count is only known to be at most the
 * bound, and with that it might reach the top. Then the result is empty and the store must be read.
 */
public final class ThresholdMerge {
  private final List<HeadView> heads;
  private final TopRows top;
  private final CountTable met = new CountTable();
  // The best total that a key with an unknown part could have.
  private long uncertainTotal;

  private ThresholdMerge(List<HeadView> heads, int limit) {
    this.heads = heads;
    this.top = new TopRows(limit);
  }

  /**
   * @param heads one a window, in the order wanted for {@link RankedRow#counts}
   * @param limit 1 or more
   * @return empty when the heads do not suffice
   */
  public static Optional<List<RankedRow>> top(List<HeadView> heads, int limit) {
    return new ThresholdMerge(heads, limit).merge();
  }

  private Optional<List<RankedRow>> merge() {
    int longest = heads.stream().mapToInt(HeadView::size).max().orElse(0);
    for (int rank = 0; rank < longest; rank++) {
      long unmet = readRank(rank);
      if (top.isFull() && top.threshold() > unmet) {
        return result();
      }
    }
    long outside = heads.stream().mapToLong(HeadView::bound).reduce(0, Lanes::add);
    return outside == 0 || (top.isFull() && top.threshold() > outside)
        ? result()
        : Optional.empty();
  }

  private Optional<List<RankedRow>> result() {
    boolean certain = uncertainTotal == 0 || (top.isFull() && top.threshold() > uncertainTotal);
    return certain ? Optional.of(top.sorted()) : Optional.empty();
  }

  /** Meets the keys at one rank; returns the most that a key not met so far can have. */
  private long readRank(int rank) {
    long unmet = 0;
    for (HeadView head : heads) {
      if (rank >= head.size()) {
        unmet = Lanes.add(unmet, head.bound());
        continue;
      }
      int entry = head.ranking()[rank];
      unmet = Lanes.add(unmet, head.count(entry));
      meet(head, entry);
    }
    return unmet;
  }

  private void meet(HeadView head, int entry) {
    int hash = head.hash(entry);
    byte[] bytes = head.arena();
    int offset = head.offset(entry);
    int length = head.length(entry);
    if (met.find(hash, bytes, offset, length) >= 0) {
      return;
    }
    met.insert(hash, bytes, offset, length, 0);
    long[] counts = new long[heads.size()];
    long total = 0;
    long unknown = 0;
    for (int i = 0; i < counts.length; i++) {
      HeadView other = heads.get(i);
      int found = other == head ? entry : other.find(hash, bytes, offset, length);
      if (found >= 0) {
        counts[i] = other.count(found);
        total = Lanes.add(total, counts[i]);
      } else {
        unknown = Lanes.add(unknown, other.bound());
      }
    }
    if (unknown > 0) {
      uncertainTotal = Math.max(uncertainTotal, Lanes.add(total, unknown));
    } else {
      top.offer(new RankedRow(head.copyOfKey(entry), total, counts));
    }
  }
}
