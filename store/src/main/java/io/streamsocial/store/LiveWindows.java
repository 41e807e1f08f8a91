package io.streamsocial.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
  private final WindowStore.Bounds bounds;
  private final TreeMap<Long, WindowState> byStart = new TreeMap<>();
  // Cells given out in this fold: their overlays may have grown.
  private final List<RegionWindow> touched = new ArrayList<>();
  // Cells whose overlay has an entry.
  private final List<RegionWindow> holding = new ArrayList<>();
  private long changes;

  LiveWindows(WindowStore.Bounds bounds) {
    this.bounds = bounds;
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

  /** The window, added when it is not there. */
  WindowState getOrAdd(long startMs, boolean onDisk) {
    WindowState known = byStart.get(startMs);
    if (known == null) {
      known = new WindowState(startMs, bounds, onDisk);
      byStart.put(startMs, known);
    }
    return known;
  }

  /** Forgets everything in memory. */
  void clear() {
    byStart.clear();
    holding.clear();
    changes = 0;
  }

  /** Drops the windows that start before this; returns whether there were any. */
  boolean dropBefore(long startMs) {
    if (byStart.isEmpty() || byStart.firstKey() >= startMs) {
      return false;
    }
    byStart.headMap(startMs).clear();
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
  }

  /** Takes what the touched overlays have become into the sums. */
  void settle() {
    for (RegionWindow cell : touched) {
      account(cell);
      if (!cell.isHolding && cell.overlay.size() > 0) {
        cell.isHolding = true;
        holding.add(cell);
      }
    }
    touched.clear();
  }

  private void account(RegionWindow cell) {
    int marked = cell.overlay.marked();
    changes += marked - cell.accountedChanges;
    cell.accountedChanges = marked;
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
}
