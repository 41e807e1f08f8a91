package io.streamsocial.processor.posts;

import java.util.Arrays;

/**
 * Ids, and for each the last two places where it was: open addressing over pages that are only
 * appended to, so that neither a search nor a change allocates, and nothing is ever moved. Not
 * thread-safe.
 *
 * <pre>
 *   an entry, 6 longs:  id, id, offset and time of its last post,
 *                       offset and time of the last one before that is settled
 * </pre>
 */
final class IdTable {
  static final long NOWHERE = -1;

  private static final int PAGE_BITS = 8;
  private static final int PAGE_IDS = 1 << PAGE_BITS;
  private static final int LONGS = 6;
  private static final long PAGE_BYTES = 8L * LONGS * PAGE_IDS;
  private static final int MIN_SLOTS = 2 * PAGE_IDS;

  private int[] slots = new int[0]; // entry + 1, 0 for free; length is 0 or a power of two
  private long[][] pages = new long[0][];
  private int size;
  private int pageCount;
  private long firstOffset = Long.MAX_VALUE;

  int size() {
    return size;
  }

  /** The smallest offset that was put in; {@link Long#MAX_VALUE} for none. */
  long firstOffset() {
    return firstOffset;
  }

  /** Heap bytes held. */
  long bytes() {
    return pageCount * PAGE_BYTES + 4L * slots.length;
  }

  /** Heap bytes that the next new id takes; 0 for most. */
  long growth() {
    long page = size == pageCount << PAGE_BITS ? PAGE_BYTES : 0;
    return isCrowded() ? page + 4L * (widerSlots() - slots.length) : page;
  }

  private boolean isCrowded() {
    return 3L * (size + 1) > 2L * slots.length;
  }

  private int widerSlots() {
    return Math.max(MIN_SLOTS, slots.length * 2);
  }

  /** The entry of an id, or -1. */
  int find(long low, long high) {
    if (size == 0) {
      return -1;
    }
    int mask = slots.length - 1;
    for (int slot = (int) low & mask; ; slot = slot + 1 & mask) {
      int entry = slots[slot] - 1;
      if (entry < 0) {
        return -1;
      }
      long[] page = pages[entry >>> PAGE_BITS];
      int at = at(entry);
      if (page[at] == low && page[at + 1] == high) {
        return entry;
      }
    }
  }

  private static int at(int entry) {
    return (entry & PAGE_IDS - 1) * LONGS;
  }

  /** Adds an id that {@link #find} did not find, without a place. */
  int add(long low, long high) {
    if (isCrowded()) {
      widen();
    }
    if (size == pageCount << PAGE_BITS) {
      if (pageCount == pages.length) {
        pages = Arrays.copyOf(pages, Math.max(4, pageCount * 2));
      }
      pages[pageCount++] = new long[LONGS * PAGE_IDS];
    }
    long[] page = pages[size >>> PAGE_BITS];
    int at = at(size);
    page[at] = low;
    page[at + 1] = high;
    page[at + 2] = NOWHERE;
    page[at + 4] = NOWHERE;
    place(slots, low, size);
    return size++;
  }

  private void widen() {
    int[] wider = new int[widerSlots()];
    for (int entry = 0; entry < size; entry++) {
      place(wider, pages[entry >>> PAGE_BITS][at(entry)], entry);
    }
    slots = wider;
  }

  private static void place(int[] slots, long low, int entry) {
    int mask = slots.length - 1;
    int slot = (int) low & mask;
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = entry + 1;
  }

  /** Of its last post; {@link #NOWHERE} while it has none. */
  long offset(int entry) {
    return pages[entry >>> PAGE_BITS][at(entry) + 2];
  }

  long timeMs(int entry) {
    return pages[entry >>> PAGE_BITS][at(entry) + 3];
  }

  /** Of the last one before that is settled; {@link #NOWHERE} for none. */
  long settledOffset(int entry) {
    return pages[entry >>> PAGE_BITS][at(entry) + 4];
  }

  long settledMs(int entry) {
    return pages[entry >>> PAGE_BITS][at(entry) + 5];
  }

  void put(int entry, long offset, long timeMs) {
    long[] page = pages[entry >>> PAGE_BITS];
    page[at(entry) + 2] = offset;
    page[at(entry) + 3] = timeMs;
    firstOffset = Math.min(firstOffset, offset);
  }

  void settle(int entry, long offset, long timeMs) {
    long[] page = pages[entry >>> PAGE_BITS];
    page[at(entry) + 4] = offset;
    page[at(entry) + 5] = timeMs;
  }
}
