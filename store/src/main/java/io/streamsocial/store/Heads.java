package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.HeadRow;
import io.streamsocial.store.table.HeadView;
import io.streamsocial.store.table.RankedRow;
import io.streamsocial.store.table.ThresholdMerge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ranked heads of one store at one moment. Immutable, safe for any thread, independent of the
 * store's life: it stays readable after the store has closed.
 */
public final class Heads {
  /** The heads of an empty store, and of a view that is not ranked. */
  public static final Heads EMPTY = new Heads(Map.of());

  private static final HeadView NO_KEYS = new HeadView(new CountTable(), 0);

  private static final HeadView ANY_KEYS = new HeadView(new CountTable(), Long.MAX_VALUE);

  private final Map<Long, Window> windows;

  Heads(Map<Long, Window> windows) {
    this.windows = Map.copyOf(windows);
  }

  /** One window. A region that has no ordinal, or a later one than this view, has no key. */
  static final class Window {
    private final Map<String, Integer> ordinals;
    private final @Nullable HeadView[] heads;
    private final long[] totals;
    private final boolean built;

    private Window(
        Map<String, Integer> ordinals, @Nullable HeadView[] heads, long[] totals, boolean built) {
      this.ordinals = ordinals;
      this.heads = heads;
      this.totals = totals;
      this.built = built;
    }

    /**
     * @param ordinals of the regions; grows while views are read, and changes no ordinal
     */
    static Window empty(Map<String, Integer> ordinals) {
      return new Window(ordinals, new HeadView[0], new long[0], false);
    }

    /**
     * A later view, which shares what has not changed.
     *
     * @param changed every region that has changed or come since this view
     * @param regions how many there are now
     * @param isBuilt false while the heads are not rebuilt after a restart: then nothing is known
     */
    Window with(Iterable<RegionWindow> changed, int regions, boolean isBuilt) {
      @Nullable HeadView[] laterHeads = Arrays.copyOf(heads, regions);
      long[] laterTotals = Arrays.copyOf(totals, regions);
      for (RegionWindow cell : changed) {
        laterHeads[cell.ordinal] = cell.head == null ? null : cell.head.view();
        laterTotals[cell.ordinal] = cell.total;
      }
      return new Window(ordinals, laterHeads, laterTotals, isBuilt);
    }

    boolean isBuilt() {
      return built;
    }

    /** Null when the region has keys, and no head. */
    private @Nullable HeadView head(String region) {
      Integer ordinal = ordinals.get(region);
      return ordinal == null || ordinal >= heads.length ? NO_KEYS : heads[ordinal];
    }

    private List<String> regionsWithHead() {
      List<String> regions = new ArrayList<>();
      ordinals.forEach(
          (region, ordinal) -> {
            if (ordinal < heads.length && heads[ordinal] != null) {
              regions.add(region);
            }
          });
      return regions;
    }

    private Map<String, Long> totals() {
      Map<String, Long> byRegion = new HashMap<>();
      ordinals.forEach(
          (region, ordinal) -> {
            if (ordinal < totals.length) {
              byRegion.put(region, totals[ordinal]);
            }
          });
      return byRegion;
    }
  }

  /** Windows that hold anything, in no particular order. */
  public Iterable<Long> windowStarts() {
    return windows.keySet();
  }

  /** Regions that have a head in the window, the row of all regions ("") included. */
  public Iterable<String> regions(long windowStartMs) {
    Window window = windows.get(windowStartMs);
    return window == null ? List.of() : window.regionsWithHead();
  }

  /**
   * The exact top keys of the sum of some windows, without touching the store.
   *
   * @param windowStartsMs the order of {@link RankedRow#counts}; expired and unknown windows count
   *     0
   * @param region "" for all regions together
   * @param limit 1 or more
   * @return empty when the heads cannot prove it; then ask {@link WindowStore#top}
   */
  public Optional<List<RankedRow>> top(long[] windowStartsMs, String region, int limit) {
    List<HeadView> views = new ArrayList<>(windowStartsMs.length);
    for (long start : windowStartsMs) {
      HeadView view = head(start, region);
      if (view == null) {
        return Optional.empty();
      }
      views.add(view);
    }
    return ThresholdMerge.top(views, limit);
  }

  /**
   * The sum of the counts of all keys of one window, by region, the row of all regions ("")
   * included; exact, also for regions beyond those that have a head. Empty for a window without
   * keys.
   *
   * @return empty while the heads are not rebuilt after a restart
   */
  public Optional<Map<String, Long>> totals(long windowStartMs) {
    Window window = windows.get(windowStartMs);
    if (window == null) {
      return Optional.of(Map.of());
    }
    return window.built ? Optional.of(window.totals()) : Optional.empty();
  }

  /**
   * The keys in the head of the last of some windows, with their counts in the other heads.
   *
   * @param windowStartsMs the last one is the window whose head is walked
   * @param region one that has a head in it
   * @param minCount keys with a smaller count in the last window are left out
   * @param limit the most rows; those with the largest counts are kept
   * @return by count in the last window, largest first, ties in no particular order; empty when a
   *     head is not rebuilt yet
   */
  public Optional<List<HeadRow>> rows(
      long[] windowStartsMs, String region, long minCount, int limit) {
    HeadView[] views = new HeadView[windowStartsMs.length];
    for (int i = 0; i < views.length; i++) {
      Window window = windows.get(windowStartsMs[i]);
      if (window != null && !window.built) {
        return Optional.empty();
      }
      HeadView view = head(windowStartsMs[i], region);
      // A region without a head: nothing is known of any key.
      views[i] = view == null ? ANY_KEYS : view;
    }
    return Optional.of(HeadRow.of(views, minCount, limit));
  }

  private @Nullable HeadView head(long windowStartMs, String region) {
    Window window = windows.get(windowStartMs);
    if (window == null) {
      return NO_KEYS;
    }
    return window.built ? window.head(region) : null;
  }
}
