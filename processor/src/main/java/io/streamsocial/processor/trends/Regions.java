package io.streamsocial.processor.trends;

import io.streamsocial.store.WindowStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The question "which regions are there?" and its answer. */
public final class Regions {
  /** Counts the regions for which a window has no room; a post can have it, too. */
  public static final String OTHER = WindowStore.OTHER_REGION;

  private Regions() {}

  /**
   * @param limit rows, 1 to {@link Trending.Question#LIMIT_MAX}
   * @param windows how many windows back, the one that contains {@code atMs} included; at least 1
   * @param atMs the instant asked for, epoch milliseconds
   */
  public record Question(int limit, int windows, long atMs) {
    public Question {
      QuestionBounds.checkLimit(limit);
      QuestionBounds.checkWindows(windows);
    }

    /** The question to the holders of the partitions. */
    public RegionVolumes.Question slices() {
      return new RegionVolumes.Question(windows, null, 0, atMs);
    }
  }

  /**
   * @param count mentions of all hashtags in all windows asked for
   */
  public record Row(String region, long count) {}

  /**
   * @param rows by count descending, ties by region in code point order
   * @param total how many regions there are, those beyond the limit included
   * @param most how many regions, {@link #OTHER} aside, one window has in one partition at most: at
   *     {@link Queries#maxRegions} there is no room for another one
   */
  public record Answer(List<Row> rows, int total, int most, Completeness completeness) {}

  private static final Comparator<Row> ORDER =
      Comparator.comparingLong(Row::count)
          .reversed()
          .thenComparing(Row::region, Trending::compareCodePoints);

  /**
   * Adds up what the parts hold.
   *
   * @param expected the partitions that the answer should be made of
   * @param parts answers to {@link Question#slices}, no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts: it would count twice
   */
  public static Answer merge(
      Question question, Collection<Integer> expected, List<RegionVolumes.SlicesPart> parts) {
    Completeness completeness = Completeness.of(expected, Trending.answered(parts));
    List<Row> rows = new ArrayList<>();
    RegionVolumes.volumes(parts)
        .forEach((region, volume) -> rows.add(new Row(region, Arrays.stream(volume).sum())));
    rows.sort(ORDER);
    return new Answer(
        List.copyOf(rows.subList(0, Math.min(question.limit(), rows.size()))),
        rows.size(),
        most(parts),
        completeness);
  }

  private static int most(List<RegionVolumes.SlicesPart> parts) {
    int most = 0;
    for (RegionVolumes.Slice slice : RegionVolumes.of(parts)) {
      int windows = slice.volumes().values().stream().mapToInt(v -> v.length).max().orElse(0);
      for (int i = 0; i < windows; i++) {
        most = Math.max(most, regions(slice, i));
      }
    }
    return most;
  }

  private static int regions(RegionVolumes.Slice slice, int window) {
    int regions = 0;
    for (Map.Entry<String, long[]> volume : slice.volumes().entrySet()) {
      regions += volume.getValue()[window] > 0 && !volume.getKey().equals(OTHER) ? 1 : 0;
    }
    return regions;
  }
}
