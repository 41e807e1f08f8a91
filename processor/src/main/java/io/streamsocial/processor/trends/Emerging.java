package io.streamsocial.processor.trends;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The question "what is suddenly mentioned more than it should be?", and its answer: the parts are
 * merged first and scored after.
 *
 * <p>A hashtag's counts lie in one partition, but the volume of its region is over all of them. So
 * every holder gives a {@link RegionVolumes.Slice} of each partition: candidates with their counts,
 * and volumes. Once the slices are together the volumes are added up and every candidate is scored
 * against them, by {@link EmergingScore}. A partition that is missing is missing from running and
 * closed windows alike: shares become those of what answered, and scores stay sound.
 *
 * <p>Every region is scored by itself. The row of all regions is not among them: a burst in one
 * region would be found twice, and a change in the weight of the regions would look like a burst.
 */
public final class Emerging {
  /**
   * The most closed windows that a count is compared with: by their weights, older ones would count
   * 7 %.
   */
  public static final int HISTORY_WINDOWS = 12;

  /** A hashtag with fewer mentions in the running window is noise. */
  public static final long DEFAULT_MIN_COUNT = 5;

  private Emerging() {}

  /** How a count is compared with its past; see {@link EmergingScore}. */
  public enum Scorer {
    /** -log10 of the probability of so many mentions or more. */
    SURPRISE(5),
    /** The rate of change in standard deviations. */
    SIGMA(2),
    /** The distance from a moving mean in moving standard deviations. */
    SIGNI(3.5);

    private final double defaultThreshold;

    Scorer(double defaultThreshold) {
      this.defaultThreshold = defaultThreshold;
    }

    /** The score from which a hashtag is called emerging, unless the question has another. */
    public double defaultThreshold() {
      return defaultThreshold;
    }

    /** As it is written in a query: in lower case. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param limit rows, 1 to {@link Trending.Question#LIMIT_MAX}
   * @param region one region, or null for each of them
   * @param minCount mentions in the running window at least, 1 or more
   * @param threshold smallest score that is emerging
   * @param atMs an instant in the window that is taken as the running one, epoch milliseconds
   */
  public record Question(
      int limit,
      @Nullable String region,
      Scorer scorer,
      long minCount,
      double threshold,
      long atMs) {
    public Question {
      QuestionBounds.checkLimit(limit);
      QuestionBounds.checkMinCount(minCount, 1);
    }

    /** With the defaults of {@code GET /api/emerging}: every region, by surprise. */
    public static Question of(int limit, long atMs) {
      Scorer scorer = Scorer.SURPRISE;
      return new Question(limit, null, scorer, DEFAULT_MIN_COUNT, scorer.defaultThreshold(), atMs);
    }

    /**
     * The question to the holders of the partitions.
     *
     * @param windowsMax windows that are kept, the running one included
     */
    public RegionVolumes.Question slices(int windowsMax) {
      return new RegionVolumes.Question(
          Math.min(HISTORY_WINDOWS + 1, windowsMax), region, minCount, atMs);
    }
  }

  /**
   * @param count mentions in the running window so far
   * @param expected mentions that it should have so far
   * @param score how far the two are apart, in the scorer's unit
   * @param velocity mentions in the newest two windows minus those in the one before them
   */
  public record Row(
      String hashtag, String region, long count, double expected, double score, long velocity) {}

  /**
   * @param rows by score descending, ties by hashtag, then region, ascending in code point order
   */
  public record Answer(List<Row> rows, Scorer scorer, Completeness completeness) {}

  private static final Comparator<Row> ORDER =
      Comparator.comparingDouble(Row::score)
          .reversed()
          .thenComparing(Row::hashtag, Trending::compareCodePoints)
          .thenComparing(Row::region, Trending::compareCodePoints);

  /**
   * Scores what the parts hold together.
   *
   * @param expected the partitions that the answer should be made of
   * @param parts answers to {@link Question#slices}, no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts: it would count twice
   */
  public static Answer merge(
      Question question, Collection<Integer> expected, List<RegionVolumes.SlicesPart> parts) {
    Completeness completeness = Completeness.of(expected, Trending.answered(parts));
    Map<String, long[]> volumes = RegionVolumes.volumes(parts);
    List<Row> rows = new ArrayList<>();
    for (RegionVolumes.Slice slice : RegionVolumes.of(parts)) {
      for (RegionVolumes.Candidate candidate : slice.candidates()) {
        long[] volume = volumes.get(candidate.region());
        if (volume != null) {
          row(question, candidate, volume, slice.elapsed()).ifPresent(rows::add);
        }
      }
    }
    rows.sort(ORDER);
    return new Answer(
        List.copyOf(rows.subList(0, Math.min(question.limit(), rows.size()))),
        question.scorer(),
        completeness);
  }

  private static Optional<Row> row(
      Question question, RegionVolumes.Candidate candidate, long[] volume, double elapsed) {
    long[] counts = candidate.counts();
    long count = counts[counts.length - 1];
    if (count < question.minCount()) {
      return Optional.empty();
    }
    EmergingScore scored = EmergingScore.of(question.scorer(), counts, volume, elapsed);
    if (!scored.qualifies() || scored.score() < question.threshold()) {
      return Optional.empty();
    }
    return Optional.of(
        new Row(
            candidate.hashtag(),
            candidate.region(),
            count,
            scored.expected(),
            scored.score(),
            velocity(counts)));
  }

  /** As {@link Trending.Row#velocity} over its default of three windows. */
  private static long velocity(long[] counts) {
    int n = counts.length;
    return counts[n - 1] + (n > 1 ? counts[n - 2] : 0) - (n > 2 ? counts[n - 3] : 0);
  }
}
