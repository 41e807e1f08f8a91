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
  /** A store with nothing in it. */
  static final Heads EMPTY = new Heads(Map.of());

  private static final HeadView NO_KEYS = new HeadView(new CountTable(), 0);

  private final Map<Long, Window> windows;

  Heads(Map<Long, Window> windows) {
    this.windows = Map.copyOf(windows);
  }

  /**
   * @param regions head by region
   * @param built false while the heads are not rebuilt after a restart: then nothing is known
   * @param all whether an absent region has no key in this window; else it may only lack a head
   */
  record Window(Map<String, HeadView> regions, boolean built, boolean all) {
    Window {
      regions = Map.copyOf(regions);
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
