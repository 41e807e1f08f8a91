package io.streamsocial.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ranked heads of one store at one moment. Immutable, safe for any thread, independent of the
 * store's life: it stays readable after the store has closed.
 */
public final class Heads {
  /** The heads of an empty store. */
  static final Heads EMPTY = new Heads(Map.of());

  private static final HeadView NO_KEYS = new HeadView(new CountTable(), 0);

  private static final HeadView ANY_KEYS = new HeadView(new CountTable(), Long.MAX_VALUE);

  private final Map<Long, Window> windows;

  Heads(Map<Long, Window> windows) {
    this.windows = Map.copyOf(windows);
  }

  /**
   * @param regions head by region
   * @param totals mentions by region, of every region, whether it has a head or not
   * @param built false while the heads are not rebuilt after a restart: then nothing is known
   * @param all whether an absent region has no key in this window; else it may only lack a head
   */
  record Window(
      Map<String, HeadView> regions, Map<String, Long> totals, boolean built, boolean all) {
    Window {
      regions = Map.copyOf(regions);
      totals = Map.copyOf(totals);
    }
  }

  /** Windows that hold anything, in no particular order. */
  public Iterable<Long> windowStarts() {
    return windows.keySet();
  }

  /** Regions that have a key in the window, the row of all regions ("") included. */
  public Iterable<String> regions(long windowStartMs) {
    Window window = windows.get(windowStartMs);
    return window == null ? List.of() : window.regions.keySet();
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
    return window.built ? Optional.of(window.totals) : Optional.empty();
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
    if (!window.built) {
      return null;
    }
    HeadView view = window.regions.get(region);
    return view == null && window.all ? NO_KEYS : view;
  }
}
