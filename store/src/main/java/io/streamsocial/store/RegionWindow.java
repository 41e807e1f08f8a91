package io.streamsocial.store;

import org.jspecify.annotations.Nullable;

/**
 * The part of one window and region that is in memory: its overlay, and its ranked head. Owned by
 * the store's writer; readers see the overlay under the lock of {@link LiveState}.
 */
final class RegionWindow {
  // An overlay with more entries than this is not kept as a cache after its checkpoint.
  private static final int CACHED_ENTRIES_MAX = 1 << 16;

  final long windowStartMs;
  // Counts the regions of the window in the order in which they came.
  final int ordinal;
  final String region;
  final byte[] regionBytes;
  final byte[] prefix;
  final @Nullable RankedHead head;
  // Live counts of keys changed lately: marked ones wait for the next checkpoint, the others equal
  // the row on disk and save a read.
  CountTable overlay = new CountTable();

  /**
   * The sum of the live counts of all keys, those outside the head too; valid only once the window
   * is {@link WindowState#built}.
   */
  long total;

  // Whether the head or the total has changed since the last view for readers.
  boolean changed = true;

  // Of LiveWindows: what of the overlay is in its sums, and whether the cell is in its list.
  int accountedChanges;
  boolean isHolding;

  private final WindowState window;

  /**
   * @param head null when this window already has as many heads as a store keeps
   */
  RegionWindow(
      WindowState window,
      int ordinal,
      String region,
      byte[] regionBytes,
      @Nullable RankedHead head) {
    this.window = window;
    this.windowStartMs = window.startMs;
    this.ordinal = ordinal;
    this.region = region;
    this.regionBytes = regionBytes;
    this.prefix = WindowKey.prefix(windowStartMs, regionBytes);
    this.head = head;
  }

  void offer(int hash, byte[] bytes, int offset, int length, long count) {
    if (!changed) {
      changed = true;
      window.hasChanged(this);
    }
    if (head != null) {
      head.offer(hash, bytes, offset, length, count);
    }
  }

  /** Takes a row on disk into head and total, unless the overlay has a newer count of its key. */
  void offerRow(byte[] tag, long count) {
    int hash = CountTable.hash(tag, 0, tag.length);
    offer(hash, tag, 0, tag.length, count);
    total += overlay.find(hash, tag, 0, tag.length) < 0 ? count : 0;
  }

  /** Takes the live counts into head and total. */
  void offerOverlay() {
    for (int i = 0; i < overlay.size(); i++) {
      offer(
          overlay.hashes[i],
          overlay.arena(),
          overlay.offset(i),
          overlay.length(i),
          overlay.count(i));
      total += overlay.count(i);
    }
  }

  void forEachChange(WindowStore.ChangeReader reader) {
    CountTable live = overlay;
    for (int i = 0; live.marked() > 0 && i < live.size(); i++) {
      if (live.isMarked(i)) {
        reader.change(
            windowStartMs,
            regionBytes,
            live.arena(),
            live.offset(i),
            live.length(i),
            live.count(i));
      }
    }
  }

  void putChanges(Snapshot.Batch batch) {
    CountTable live = overlay;
    for (int i = 0; live.marked() > 0 && i < live.size(); i++) {
      if (live.isMarked(i)) {
        batch.put(prefix, live.arena(), live.offset(i), live.length(i), live.count(i));
      }
    }
  }

  /** Drops the overlay: its rows are expired, or replaced by rows on disk. */
  void forget() {
    overlay = new CountTable();
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
