package io.streamsocial.store;

import org.jspecify.annotations.Nullable;

/**
 * What is in memory of one window and region: its part of the overlay, and its ranked head. Owned
 * by the store's writer; the overlay is read by others under the store's state lock.
 */
final class RegionWindow {
  // Beyond so many entries an overlay that was checkpointed is given back rather than kept as
  // cache.
  private static final int CACHED_ENTRIES_MAX = 1 << 16;

  final long windowStartMs;
  final String region;
  final byte[] regionBytes;
  final byte[] prefix;
  final @Nullable RankedHead head;
  // Live counts of keys touched lately: marked ones wait for the next checkpoint, the others equal
  // the row on disk and spare a read.
  CountTable overlay = new CountTable();

  /**
   * The sum of the live counts of all keys, those outside the head too; good only once the window
   * is {@link WindowState#built}.
   */
  long total;

  // Whether the head or the total is newer than what readers were shown.
  boolean changed;

  /**
   * @param head null when this window already has as many heads as a store keeps
   */
  RegionWindow(long windowStartMs, String region, byte[] regionBytes, @Nullable RankedHead head) {
    this.windowStartMs = windowStartMs;
    this.region = region;
    this.regionBytes = regionBytes;
    this.prefix = WindowKey.prefix(windowStartMs, regionBytes);
    this.head = head;
  }

  void offer(int hash, byte[] bytes, int offset, int length, long count) {
    changed = true;
    if (head != null) {
      head.offer(hash, bytes, offset, length, count);
    }
  }

  /** The unmarked entries are on disk now. */
  void absorbed() {
    if (overlay.marked() == 0) {
      overlay = overlay.size() == 0 ? overlay : new CountTable();
    } else if (overlay.size() > CACHED_ENTRIES_MAX) {
      overlay = overlay.copyOfMarked();
    }
  }

  /** All changes are on disk now. */
  void checkpointed() {
    if (overlay.size() > CACHED_ENTRIES_MAX) {
      overlay = new CountTable();
    } else if (overlay.marked() == 0) {
      // Nothing changed for a whole checkpoint interval: not worth its memory.
      if (overlay.size() > 0) {
        overlay = new CountTable();
      }
    } else {
      overlay.clearMarks();
    }
  }
}
