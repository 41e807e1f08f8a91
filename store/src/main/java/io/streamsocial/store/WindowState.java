package io.streamsocial.store;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** One window in memory: its regions, and whether it has rows on disk. Owned by the writer. */
final class WindowState {
  /** Regions are free text, so their heads need a bound; further regions are ranked by scan. */
  static final int HEADS_MAX = 256;

  final long startMs;
  // Also grows while heads are rebuilt, without the lock that readers hold.
  final Map<String, RegionWindow> regions = new ConcurrentHashMap<>();
  // Whether the disk may hold rows of this window; else a missing overlay entry means zero.
  boolean onDisk;
  // False after a restart until heads and totals have seen every row on disk.
  boolean built;
  private final int headSize;
  private Heads.@Nullable Window view;

  WindowState(long startMs, int headSize, boolean onDisk) {
    this.startMs = startMs;
    this.headSize = headSize;
    this.onDisk = onDisk;
    this.built = !onDisk;
  }

  RegionWindow region(byte[] regionBytes) {
    String name = new String(regionBytes, StandardCharsets.UTF_8);
    RegionWindow known = regions.get(name);
    if (known == null) {
      RankedHead head = regions.size() < HEADS_MAX ? new RankedHead(headSize) : null;
      known = new RegionWindow(startMs, name, regionBytes.clone(), head);
      regions.put(name, known);
    }
    return known;
  }

  /**
   * Builds heads and totals from the rows on disk and the overlay, whose counts include the row on
   * disk: it may have grown since the window was found.
   */
  void rebuild(Snapshot snapshot) {
    regions.values().forEach(cell -> cell.total = 0);
    snapshot.scan(
        WindowKey.start(startMs),
        WindowKey.start(startMs + 1),
        (key, count) -> region(WindowKey.region(key)).offerRow(WindowKey.tag(key), count));
    regions.values().forEach(RegionWindow::offerOverlay);
    built = true;
  }

  /** A view with the changed heads renewed; the same object when nothing changed. */
  Heads.Window view() {
    Heads.Window last = view;
    boolean changed = last == null || last.built() != built;
    for (RegionWindow region : regions.values()) {
      changed |= region.changed;
    }
    if (last != null && !changed) {
      return last;
    }
    Map<String, HeadView> heads = new HashMap<>();
    Map<String, Long> totals = new HashMap<>();
    boolean all = true;
    for (RegionWindow region : regions.values()) {
      totals.put(region.region, region.total);
      HeadView before = last == null ? null : last.regions().get(region.region);
      if (region.head == null) {
        all = false;
      } else {
        heads.put(region.region, before == null || region.changed ? region.head.view() : before);
      }
      region.changed = false;
    }
    view = last = new Heads.Window(heads, totals, built, all);
    return last;
  }
}
