package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.Lanes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The windows of one store in memory, and the sums over their overlays. The sums are kept up, since
 * a walk over all windows and regions in each turn would cost more than the counting.
 *
 * <p>Owned by the store's writer; readers look windows up under the lock of {@link LiveState}.
 */
final class LiveWindows {
  // Windows whose heads shrink only when those of older ones are gone: questions are about them.
  private static final int RECENT_WINDOWS = 2;
  // Halvings until nothing of a head is left.
  private static final int SHRINKS = 5;

  private final WindowStore.Bounds bounds;
  private final Lanes lanes;
  private final HeapBudget heap;
  private final TreeMap<Long, WindowState> byStart = new TreeMap<>();
  // Cells given out in this fold: their overlays may have grown.
  private final List<RegionWindow> touched = new ArrayList<>();
  // Cells whose overlay has an entry.
  private final List<RegionWindow> holding = new ArrayList<>();
  private long changes;
  private long overlayBytes;
  private long headBytes;

  LiveWindows(WindowStore.Bounds bounds, Lanes lanes, HeapBudget heap) {
    this.bounds = bounds;
    this.lanes = lanes;
    this.heap = heap;
  }

  /** The windows on disk are found: counts among the stores that share the heap. */
  void opened() {
    heap.storeOpened();
  }

  /** Whether there are heads and totals at all. */
  boolean areRanked() {
    return bounds.areRanked();
  }

  /** Ascending. */
  Collection<WindowState> all() {
    return byStart.values();
  }

  Collection<WindowState> newestFirst() {
    return byStart.descendingMap().values();
  }

  boolean isEmpty() {
    return byStart.isEmpty();
  }

  @Nullable WindowState get(long startMs) {
    return byStart.get(startMs);
  }

  /** The window, added without rows when it is not there. */
  WindowState getOrAdd(long startMs) {
    return byStart.computeIfAbsent(startMs, start -> new WindowState(start, bounds));
  }

  /** Adds a window that has rows on disk, unless it is there; nothing is folded over the rows. */
  void found(long startMs, Snapshot snapshot) {
    byStart.computeIfAbsent(
        startMs,
        start -> new WindowState(start, bounds, bounds.areRanked() ? snapshot.past() : null));
  }

  /** Forgets everything in memory. */
  void clear() {
    forEachHolding(RegionWindow::forget);
    byStart.values().forEach(this::leave);
    byStart.clear();
  }

  /** Forgets everything for good. */
  void close() {
    clear();
    heap.storeClosed();
  }

  private void leave(WindowState window) {
    window.forgetBuild();
    for (RegionWindow cell : window.regions()) {
      addHeadBytes(-cell.accountedHeadBytes);
      cell.accountedHeadBytes = 0;
    }
  }

  /** Drops the windows that start before this; returns whether there were any. */
  boolean dropBefore(long startMs) {
    if (byStart.isEmpty() || byStart.firstKey() >= startMs) {
      return false;
    }
    Map<Long, WindowState> dropped = byStart.headMap(startMs);
    dropped.values().forEach(this::leave);
    dropped.clear();
    forEachHolding(
        cell -> {
          if (cell.windowStartMs < startMs) {
            cell.forget();
          }
        });
    return true;
  }

  // ---------------------------------------------------------------- overlays

  /** The cell's overlay may change until {@link #settle}. */
  void touch(RegionWindow cell) {
    touched.add(cell);
    CountTable unused = cell.writableOverlay(lanes);
  }

  /** Takes what the touched overlays have become into the sums. */
  void settle() {
    for (RegionWindow cell : touched) {
      if (cell.overlay.size() == 0) {
        cell.forget();
      } else if (!cell.isHolding) {
        cell.isHolding = true;
        holding.add(cell);
      }
      account(cell);
    }
    touched.clear();
  }

  private void account(RegionWindow cell) {
    int marked = cell.overlay.marked();
    changes += marked - cell.accountedChanges;
    cell.accountedChanges = marked;
    long bytes = cell.overlayBytes();
    heap.add(HeapBudget.Use.OVERLAYS, bytes - cell.accountedOverlayBytes);
    overlayBytes += bytes - cell.accountedOverlayBytes;
    cell.accountedOverlayBytes = bytes;
  }

  /** Cells that have an overlay: no other cell has a change. */
  Collection<RegionWindow> holding() {
    return holding;
  }

  /** Changes these overlays, and takes what they have become into the sums. */
  void forEachHolding(Consumer<RegionWindow> change) {
    int kept = 0;
    for (RegionWindow cell : holding) {
      change.accept(cell);
      account(cell);
      cell.isHolding = cell.overlay.size() > 0;
      if (cell.isHolding) {
        holding.set(kept++, cell);
      }
    }
    holding.subList(kept, holding.size()).clear();
  }

  /** Keys whose live count differs from the snapshot. */
  long changes() {
    return changes;
  }

  /** Whether the overlays should be checkpointed early, and nothing in them cached. */
  boolean areOverlaysOver() {
    return heap.isOver(HeapBudget.Use.OVERLAYS, overlayBytes);
  }

  /** Whether nothing should be folded before the next checkpoint. */
  boolean areOverlaysFull() {
    return heap.isFull(HeapBudget.Use.OVERLAYS, overlayBytes);
  }

  // ---------------------------------------------------------------- heads

  /** Takes what the heads have become into account, and shrinks them while they are over. */
  void fitHeads() {
    for (WindowState window : byStart.values()) {
      window.changed().forEach(this::accountHead);
    }
    long before = Long.MAX_VALUE;
    // Until enough is given back, or there is nothing left to give.
    while (headBytes < before && heap.isOver(HeapBudget.Use.HEADS, headBytes)) {
      before = headBytes;
      shrinkHeads();
    }
  }

  private void accountHead(RegionWindow cell) {
    long bytes = cell.headBytes();
    addHeadBytes(bytes - cell.accountedHeadBytes);
    cell.accountedHeadBytes = bytes;
  }

  private void addHeadBytes(long more) {
    heap.add(HeapBudget.Use.HEADS, more);
    headBytes += more;
  }

  /**
   * Gives back an eighth of the heads' memory: those of single regions first, in old windows before
   * recent ones.
   */
  private void shrinkHeads() {
    long target = headBytes - headBytes / 8;
    List<WindowState> windows = List.copyOf(byStart.values());
    int old = Math.max(0, windows.size() - RECENT_WINDOWS);
    shrinkRegions(windows.subList(0, old), target);
    shrinkRegions(windows.subList(old, windows.size()), target);
    for (int i = 0; i < windows.size() && headBytes > target; i++) {
      shrink(windows.get(i).known(WindowStore.ALL_REGIONS));
    }
  }

  private void shrinkRegions(List<WindowState> windows, long target) {
    for (int i = 0; i < SHRINKS; i++) {
      for (WindowState window : windows) {
        for (RegionWindow cell : window.regions()) {
          if (headBytes <= target) {
            return;
          }
          if (!cell.region.equals(WindowStore.ALL_REGIONS)) {
            shrink(cell);
          }
        }
      }
    }
  }

  private void shrink(@Nullable RegionWindow cell) {
    if (cell != null) {
      cell.shrinkHead();
      accountHead(cell);
    }
  }
}
