package io.streamsocial.processor.task;

import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.store.Heads;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.HeadRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@link RegionVolumes} from count tasks: candidates are the keys in the ranked heads of the
 * running window, with their counts in the closed windows; volumes are the exact totals that the
 * store keeps beside the heads.
 *
 * <p>Nothing is said while a head of these windows is not rebuilt after a restart: without its
 * counts the past would look emptier than it was, and everything would emerge. Any thread; reads
 * RocksDB for keys that are in one head and not in another, so not for an event loop.
 */
final class SliceReader {
  /** Candidates of one partition in all regions together, most mentioned first in each. */
  private static final int CANDIDATES_MAX = 20_000;

  private static final int REGION_CANDIDATES_MAX = 1_000;
  private static final int REGION_CANDIDATES_MIN = 50;

  /**
   * Candidates of one partition that are looked up on disk. Beyond, an unknown count is taken as
   * the bound of its head: then the past is overstated, and no false alarm comes of it.
   */
  private static final int LOOKUPS_MAX = 5_000;

  private final Windowing windowing;
  private final RegionVolumes.Question question;
  private final long[] starts; // oldest first, the running window last

  SliceReader(Windowing windowing, RegionVolumes.Question question) {
    this.windowing = windowing;
    this.question = question;
    this.starts = windowing.lastStarts(question.atMs(), question.windows());
  }

  /**
   * @return nothing while the heads are not rebuilt
   * @throws StoreException CLOSED or CORRUPTED
   */
  Optional<RegionVolumes.Slice> read(int partition, WindowStore store, CountTask.View view) {
    Heads heads = view.heads();
    Optional<Map<String, long[]>> volumes = volumes(heads);
    if (volumes.isEmpty()) {
      return Optional.empty();
    }
    Optional<List<RegionVolumes.Candidate>> candidates =
        question.minCount() == 0
            ? Optional.of(List.of())
            : candidates(heads, store, volumes.get().keySet());
    double elapsed = elapsed(view.progress().streamTimeMs());
    return candidates.map(some -> new RegionVolumes.Slice(partition, elapsed, volumes.get(), some));
  }

  private Optional<List<RegionVolumes.Candidate>> candidates(
      Heads heads, WindowStore store, Set<String> asked) {
    List<String> regions = new ArrayList<>();
    for (String region : heads.regions(starts[starts.length - 1])) {
      if (asked.contains(region)) {
        regions.add(region);
      }
    }
    int limit =
        Math.max(
            REGION_CANDIDATES_MIN,
            Math.min(REGION_CANDIDATES_MAX, CANDIDATES_MAX / Math.max(1, regions.size())));
    List<RegionVolumes.Candidate> candidates = new ArrayList<>();
    int lookups = 0;
    for (String region : regions) {
      Optional<List<HeadRow>> rows = heads.rows(starts, region, question.minCount(), limit);
      if (rows.isEmpty()) {
        return Optional.empty();
      }
      for (HeadRow row : rows.get()) {
        lookups += row.isKnown() ? 0 : 1;
        long[] counts = counts(store, region, row, lookups <= LOOKUPS_MAX);
        String hashtag = new String(row.key(), StandardCharsets.UTF_8);
        candidates.add(new RegionVolumes.Candidate(region, hashtag, counts));
      }
    }
    return Optional.of(candidates);
  }

  /** By region that is asked for; empty while a head is not rebuilt. */
  private Optional<Map<String, long[]>> volumes(Heads heads) {
    Map<String, long[]> volumes = new HashMap<>();
    for (int i = 0; i < starts.length; i++) {
      Optional<Map<String, Long>> totals = heads.totals(starts[i]);
      if (totals.isEmpty()) {
        return Optional.empty();
      }
      for (Map.Entry<String, Long> total : totals.get().entrySet()) {
        if (isAsked(total.getKey())) {
          volumes.computeIfAbsent(total.getKey(), r -> new long[starts.length])[i] =
              total.getValue();
        }
      }
    }
    return Optional.of(volumes);
  }

  private boolean isAsked(String region) {
    String only = question.region();
    return only == null ? !region.equals(WindowStore.ALL_REGIONS) : region.equals(only);
  }

  private long[] counts(WindowStore store, String region, HeadRow row, boolean mayRead) {
    if (row.isKnown()) {
      return row.counts();
    }
    long[] counts = row.counts().clone();
    long[] exact =
        mayRead
            ? store.counts(starts, region.getBytes(StandardCharsets.UTF_8), row.key())
            : row.bounds();
    for (int i = 0; i < counts.length; i++) {
      counts[i] = counts[i] == HeadRow.UNKNOWN ? exact[i] : counts[i];
    }
    return counts;
  }

  /** By stream time, up to which the counts are whole; the clock would be ahead of them. */
  private double elapsed(long streamTimeMs) {
    long start = starts[starts.length - 1];
    if (streamTimeMs <= start) {
      return 0;
    }
    double share = ((double) streamTimeMs - start) / windowing.sizeMs();
    return Math.min(1, share);
  }
}
