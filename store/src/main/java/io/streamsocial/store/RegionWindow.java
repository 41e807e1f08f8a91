package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.RankedHead;
import io.streamsocial.store.table.WindowKey;
import org.jspecify.annotations.Nullable;

/**
 * The part of one window and region that is in memory: its overlay, and its ranked head. Owned by
 * the store's writer; readers see the overlay under the lock of {@link LiveState}.
 */
final class RegionWindow {
  // The object, its names, and its places in the maps of the window; an estimate.
  private static final int CELL_BYTES = 500;

  // A head that shrinks below is dropped.
  private static final int HEAD_KEYS_MIN = 60;

  // Shared by all cells without one, and never inserted into.
  private static final CountTable NO_ENTRIES = new CountTable();

  // An overlay with more entries than this is not kept as a cache after its checkpoint.
  private static final int CACHED_ENTRIES_MAX = 1 << 16;

  final long windowStartMs;
  // Counts the regions of the window in the order in which they came.
  final int ordinal;
  final String region;
  final byte[] regionBytes;
  final byte[] prefix;
  // Null when memory does not allow one: then the region is ranked by scan.
  @Nullable RankedHead head;
  // Live counts of keys changed lately: marked ones wait for the next checkpoint, the others equal
  // the row on disk and save a read.
  CountTable overlay = NO_ENTRIES;

  /**
   * The sum of the ranked lanes of all keys, those outside the head too. Until the window is {@link
   * WindowState#isBuilt} only of what was added since it was found, and of the rows read by then.
   */
  long total;

  // Whether the head or the total has changed since the last view for readers.
  boolean changed = true;

  // Of LiveWindows: what of the cell is in its sums, and whether it is in its list.
  int accountedChanges;
  long accountedOverlayBytes;
  long accountedHeadBytes;
  boolean isHolding;

  private final WindowState window;

  /**
   * @param head null when memory does not allow one
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

  /** The overlay, to be inserted into. */
  CountTable writableOverlay(Lanes lanes) {
    if (overlay == NO_ENTRIES) {
      overlay = new CountTable(lanes);
    }
    return overlay;
  }

  /** Whether the disk may hold rows of it. */
  boolean isOnDisk() {
    return window.onDisk;
  }

  /** Heap bytes of the overlay. */
  long overlayBytes() {
    return overlay == NO_ENTRIES ? 0 : overlay.bytes();
  }

  /** Heap bytes of everything but the overlay, an estimate. */
  long headBytes() {
    return CELL_BYTES + (head == null ? 0 : head.bytes());
  }

  /** Gives up half of the head, and at the end the head. */
  void shrinkHead() {
    RankedHead shrinking = head;
    if (shrinking == null) {
      return;
    }
    int capacity = shrinking.capacity() / 2;
    if (capacity < HEAD_KEYS_MIN) {
      head = null;
    } else {
      shrinking.shrink(capacity);
    }
    setChanged();
  }

  private void setChanged() {
    if (!changed) {
      changed = true;
      window.hasChanged(this);
    }
  }

  void offer(int hash, byte[] bytes, int offset, int length, long count) {
    setChanged();
    if (head != null) {
      head.offer(hash, bytes, offset, length, count);
    }
  }

  /**
   * Takes a row into head and total, as it was when the window was found.
   *
   * @param tagAt where in its key the tag begins
   */
  void offerRow(byte[] key, int tagAt, long count) {
    int length = key.length - tagAt;
    offer(CountTable.hash(key, tagAt, length), key, tagAt, length, count);
    total += count;
  }

  void forEachChange(ViewStore.ChangeReader reader, RowExpiry expiry) {
    CountTable live = overlay;
    for (int i = 0; live.marked() > 0 && i < live.size(); i++) {
      if (live.isMarked(i) && expiry.isDeleted(live, i)) {
        reader.deleted(
            windowStartMs,
            windowStartMs,
            regionBytes,
            live.arena(),
            live.offset(i),
            live.length(i));
      } else if (live.isMarked(i)) {
        reader.change(
            windowStartMs,
            regionBytes,
            live.arena(),
            live.offset(i),
            live.length(i),
            live.rows(),
            live.row(i));
      }
    }
  }

  void putChanges(Snapshot.Batch batch, RowExpiry expiry) {
    CountTable live = overlay;
    for (int i = 0; live.marked() > 0 && i < live.size(); i++) {
      if (live.isMarked(i) && expiry.isDeleted(live, i)) {
        batch.delete(prefix, live.arena(), live.offset(i), live.length(i));
      } else if (live.isMarked(i)) {
        batch.put(prefix, live.arena(), live.offset(i), live.length(i), live.rows(), live.row(i));
      }
    }
  }

  /** Drops the overlay: its rows are expired, or replaced by rows on disk. */
  void forget() {
    overlay = NO_ENTRIES;
  }

  /** The unmarked entries are on disk now. */
  void absorbed() {
    if (overlay.marked() == 0) {
      overlay = NO_ENTRIES;
    } else if (overlay.size() > CACHED_ENTRIES_MAX) {
      overlay = overlay.copyOfMarked();
    }
  }

  /**
   * All changes are on disk now.
   *
   * @param mayCache whether memory allows to keep what is on disk
   */
  void checkpointed(boolean mayCache) {
    // Nothing changed for a whole checkpoint interval: not worth its memory.
    if (!mayCache || overlay.size() > CACHED_ENTRIES_MAX || overlay.marked() == 0) {
      overlay = NO_ENTRIES;
    } else {
      overlay.clearMarks();
    }
  }
}
