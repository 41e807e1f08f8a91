package io.streamsocial.processor.trends;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The counts that {@link Emerging} and {@link Regions} are merged from. A count has a meaning only
 * beside those of all partitions: unlike with a top N, an instance can decide nothing about the
 * partitions that it holds. All types are immutable, all functions pure.
 */
public final class RegionVolumes {
  /** The most candidates and volumes that one partition answers with. */
  public static final int ROWS_MAX = 25_000;

  private RegionVolumes() {}

  /**
   * @param windows how many windows back, the one that contains {@code atMs} included; at least 1
   * @param region one region, or null for each of them
   * @param minCount mentions in the newest window that a candidate has at least; 0 for no
   *     candidates
   * @param atMs the instant asked for, epoch milliseconds
   */
  public record Question(int windows, @Nullable String region, long minCount, long atMs) {
    public Question {
      QuestionBounds.checkWindows(windows);
      QuestionBounds.checkMinCount(minCount, 0);
    }
  }

  /**
   * A hashtag in one region. The array is not copied: its holders do not change it.
   *
   * @param counts by window, oldest first
   */
  @SuppressWarnings("ArrayRecordComponent") // a row of an answer, never compared or kept in a set
  public record Candidate(String region, String hashtag, long[] counts) {}

  /**
   * What one partition knows.
   *
   * @param elapsed share of the newest window that every source has passed, 0 to 1
   * @param volumes mentions of all hashtags by region, in the same windows as the candidates; the
   *     row of all regions is not among them, unless it was asked for
   * @param candidates the most mentioned in the newest window
   */
  public record Slice(
      int partition, double elapsed, Map<String, long[]> volumes, List<Candidate> candidates) {}

  /**
   * The part of a question that is decided only once the slices of all partitions are together.
   *
   * @param slices one for each partition
   */
  public record SlicesPart(List<Slice> slices, SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final SlicesPart NOTHING =
        new SlicesPart(List.of(), Collections.emptySortedMap());

    public SlicesPart {
      slices = List.copyOf(slices);
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /** Volumes by region over all partitions. */
  static Map<String, long[]> volumes(Collection<SlicesPart> parts) {
    Map<String, long[]> volumes = new HashMap<>();
    for (Slice slice : of(parts)) {
      slice.volumes().forEach((region, more) -> volumes.merge(region, more, RegionVolumes::sum));
    }
    return volumes;
  }

  static List<Slice> of(Collection<SlicesPart> parts) {
    List<Slice> slices = new ArrayList<>();
    parts.forEach(part -> slices.addAll(part.slices()));
    return slices;
  }

  private static long[] sum(long[] a, long[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "volumes of %d and of %d windows: parts of other questions"
              .formatted(a.length, b.length));
    }
    long[] sum = a.clone();
    Arrays.setAll(sum, i -> a[i] + b[i]);
    return sum;
  }
}
