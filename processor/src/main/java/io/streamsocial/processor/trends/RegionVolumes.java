package io.streamsocial.processor.trends;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Emerging} and {@link Regions} are made of: counts that mean something only once those
 * of all partitions are together. Unlike a top N, nothing can be decided where they are kept. All
 * of it is immutable, and pure.
 */
public final class RegionVolumes {
  /** Candidates and volumes of one partition are at most so many. */
  public static final int ROWS_MAX = 25_000;

  private RegionVolumes() {}

  /**
   * @param windows how many windows back, the one that contains {@code atMs} included; at least 1
   * @param region one region, or null for each of them
   * @param minCount mentions in the newest window that a candidate has at least; 0 for no
   *     candidates
   * @param atMs the instant asked for, epoch milliseconds
   */
  public record Question(int windows, @Nullable String region, long minCount, long atMs) {}

  /**
   * A hashtag in one region. The array is not copied: whoever holds it treats it as immutable.
   *
   * @param counts by window, oldest first
   */
  @SuppressWarnings("ArrayRecordComponent") // a row of an answer, never compared or kept in a set
  public record Candidate(String region, String hashtag, long[] counts) {}

  /**
   * What one partition knows.
   *
   * @param elapsed share of the newest window that the counts include, 0 to 1
   * @param volumes mentions of all hashtags by region, in the same windows as the candidates; the
   *     row of all regions is not among them, unless it was asked for
   * @param candidates the most mentioned in the newest window
   */
  public record Slice(
      int partition, double elapsed, Map<String, long[]> volumes, List<Candidate> candidates) {}

  /** Volumes by region over all partitions. */
  static Map<String, long[]> volumes(Collection<Trending.Part> parts) {
    Map<String, long[]> volumes = new HashMap<>();
    for (Slice slice : of(parts)) {
      slice.volumes().forEach((region, more) -> volumes.merge(region, more, RegionVolumes::sum));
    }
    return volumes;
  }

  static List<Slice> of(Collection<Trending.Part> parts) {
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
