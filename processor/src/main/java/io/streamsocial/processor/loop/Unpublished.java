package io.streamsocial.processor.loop;

import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.Windowing;
import java.util.List;

/**
 * What a loop has read and not published yet: mentions, folded by key, and rejected posts. Owned by
 * the loop.
 */
final class Unpublished {
  // Distinct keys folded before a publish comes early.
  private static final int COMBINER_ENTRIES_MAX = 100_000;

  private final CountedViews counted;
  private final Combiner combiner;
  private final Rejected rejected;
  private final LoopCounters counters;
  private final HeapBudget heap;
  // What one loop may fold before a publish comes early.
  private final long bytesMax;
  private long accounted;

  /**
   * @param windowing of the hashtags
   * @param views beside the hashtags
   * @param counted those of the views that count now
   * @param rejectedTopic where posts go that cannot be counted
   * @param loops that share the heap
   */
  Unpublished(
      Windowing windowing,
      List<View> views,
      CountedViews counted,
      String rejectedTopic,
      LoopCounters counters,
      HeapBudget heap,
      int loops) {
    this.counted = counted;
    this.heap = heap;
    this.bytesMax = heap.share(HeapBudget.Use.UNPUBLISHED) / loops;
    this.combiner = new Combiner(windowing, views, bytesMax);
    this.rejected = new Rejected(rejectedTopic);
    this.counters = counters;
  }

  /** Which views it is folded for: all of it for the same. */
  CountedViews counted() {
    return counted;
  }

  Combiner combiner() {
    return combiner;
  }

  Rejected rejected() {
    return rejected;
  }

  /** Counts what was read; they count for the loop once they are published. */
  LoopCounters.Read counters() {
    return counters.unpublished();
  }

  /** Records of the input that were read. */
  long posts() {
    return counters.unpublished().posts;
  }

  boolean isEmpty() {
    return combiner.entries() == 0 && rejected.pending().isEmpty();
  }

  /** So much that a publish comes early. */
  boolean isFull() {
    return combiner.entries() >= COMBINER_ENTRIES_MAX
        || combiner.bytes() >= bytesMax
        || rejected.isFull();
  }

  /** So much that no further post should be read before a publish: more than makes one due. */
  boolean isOverfull() {
    return combiner.bytes() >= 2 * bytesMax || rejected.isOverfull();
  }

  /** Takes what has been folded into account; once a turn. */
  void account() {
    heap.add(HeapBudget.Use.UNPUBLISHED, combiner.bytes() - accounted);
    accounted = combiner.bytes();
  }

  /** All of it is committed. */
  void published() {
    counters.published();
    clear();
  }

  /** It is read again. */
  void giveUp() {
    counters.rewound();
    clear();
  }

  private void clear() {
    combiner.clear();
    rejected.clear();
    account();
  }
}
