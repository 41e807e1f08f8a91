package io.streamsocial.store;

import io.streamsocial.store.table.RankedHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One window in memory: its regions, and whether it has rows on disk. Owned by the writer.
 *
 * <p><b>Regions are free text, so they are bounded</b>: the first ones that a window counts keep
 * their name, all further ones are counted in {@link WindowStore#OTHER_REGION}. Which ones are the
 * first follows from the order of the input, and the rows of a window say which ones it has. So a
 * replay, a follower and a restored store decide the same.
 */
final class WindowState {
  final long startMs;
  // Whether the disk may hold rows of this window; else a missing overlay entry means zero.
  boolean onDisk;
  // Null once heads and totals include every row on disk.
  private @Nullable HeadBuild build;
  // Also grows while heads are rebuilt, without the lock that readers hold.
  private final Map<String, RegionWindow> regions = new ConcurrentHashMap<>();
  // Shared with views, which know how many of the ordinals are theirs.
  private final Map<String, Integer> ordinals = new ConcurrentHashMap<>();
  private final List<RegionWindow> changed = new ArrayList<>();
  private final WindowStore.Bounds bounds;
  // Whether every region that has a row on disk is in memory.
  private boolean knowsRegions;
  private int named;
  private Heads.@Nullable Window view;

  /** A window without rows. */
  WindowState(long startMs, WindowStore.Bounds bounds) {
    this.startMs = startMs;
    this.bounds = bounds;
    this.knowsRegions = true;
  }

  /**
   * A window that was found on disk.
   *
   * @param found the rows of this moment, in which nothing is folded over them; null when there are
   *     no heads to build from them
   */
  WindowState(long startMs, WindowStore.Bounds bounds, Snapshot.@Nullable Past found) {
    this.startMs = startMs;
    this.bounds = bounds;
    this.onDisk = true;
    this.build = found == null ? null : new HeadBuild(startMs, found);
  }

  /** Null for a region that is not in memory: it may have rows on disk. */
  @Nullable RegionWindow known(String region) {
    return regions.get(region);
  }

  Collection<RegionWindow> regions() {
    return regions.values();
  }

  /** The region, or the one that it is counted in since the window has no room for it. */
  RegionWindow admit(byte[] regionBytes, Snapshot snapshot) {
    String name = new String(regionBytes, StandardCharsets.UTF_8);
    RegionWindow known = regions.get(name);
    if (known == null && !knowsRegions) {
      snapshot.regions(startMs).forEach(this::region);
      knowsRegions = true;
      known = regions.get(name);
    }
    if (known != null) {
      return known;
    }
    boolean hasRoom = !isNamed(name) || named < bounds.maxRegions();
    return region(
        hasRoom ? regionBytes : WindowStore.OTHER_REGION.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isNamed(String region) {
    return !region.equals(WindowStore.ALL_REGIONS) && !region.equals(WindowStore.OTHER_REGION);
  }

  /** The region, created if need be: it has rows, so its window has admitted it before. */
  RegionWindow region(byte[] regionBytes) {
    String name = new String(regionBytes, StandardCharsets.UTF_8);
    RegionWindow known = regions.get(name);
    if (known == null) {
      RankedHead head = bounds.areRanked() ? new RankedHead(bounds.headSize()) : null;
      known = new RegionWindow(this, regions.size(), name, regionBytes.clone(), head);
      regions.put(name, known);
      ordinals.put(name, known.ordinal);
      named += isNamed(name) ? 1 : 0;
      changed.add(known);
    }
    return known;
  }

  /** The cell's head or total differs from the last view; once for each view. */
  void hasChanged(RegionWindow cell) {
    changed.add(cell);
  }

  /** False after a restart until heads and totals have seen every row on disk. */
  boolean isBuilt() {
    return build == null;
  }

  /**
   * Takes some of the rows on disk into heads and totals.
   *
   * @param fit called before each further region, to keep the heads within their memory
   */
  void build(int rowsMax, Runnable fit) {
    HeadBuild building = build;
    if (building != null && !building.goOn(this, rowsMax, fit)) {
      forgetBuild();
      knowsRegions = true;
    }
  }

  /** Gives back what a build holds that has not come to its end. */
  void forgetBuild() {
    if (build != null) {
      build.close();
      build = null;
    }
  }

  /** The cells that have changed since the last view. */
  Iterable<RegionWindow> changed() {
    return changed;
  }

  /** A view with the changed heads renewed; the same object when nothing changed. */
  Heads.Window view() {
    Heads.Window last = view;
    if (last == null) {
      last = Heads.Window.empty(ordinals);
    } else if (changed.isEmpty() && last.isBuilt() == isBuilt()) {
      return last;
    }
    view = last = last.with(changed, regions.size(), isBuilt());
    changed.forEach(cell -> cell.changed = false);
    changed.clear();
    return last;
  }
}
