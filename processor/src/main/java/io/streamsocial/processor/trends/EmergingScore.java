package io.streamsocial.processor.trends;

/**
 * Scores one hashtag's running window against its closed ones. Pure.
 *
 * <p>The closed windows are those since the first in which the region had any mention; before it
 * the stream had not begun, and its zeros would make everything look new. The stream began in the
 * middle of that first window: its shares are sound, its counts are too small to compare with. All
 * scorers forget by the same {@link #FORGETTING}: half of the weight lies on the newest three
 * windows.
 *
 * <p>A part of a window has its part of the expectation. How large the part is cannot be taken from
 * stream time alone: that is the time of the slowest source, and stands still while the others fill
 * the window. So the mentions of the region say it, where they say more.
 *
 * @param expected mentions that the running window should have by now
 * @param score larger is more surprising; its unit depends on the scorer
 * @param qualifies whether the gates of the scorer let it be called emerging at all
 */
record EmergingScore(double expected, double score, boolean qualifies) {
  /** Weight of the newest closed window in an average. */
  static final double FORGETTING = 0.2;

  /** Mentions that a hashtag is credited with in the past, so that a new one is not infinite. */
  static final double PRIOR_MENTIONS = 2;

  /** For {@link Emerging.Scorer#SURPRISE}: so many times the expected at least. */
  static final double MIN_RATIO = 2;

  /**
   * For {@link Emerging.Scorer#SIGNI}: the level of noise, in mentions, below which nothing is
   * significant.
   */
  static final double SIGNI_BIAS = 3;

  private static final EmergingScore NONE = new EmergingScore(0, 0, false);

  /**
   * @param counts of the hashtag in one region, by window, oldest first, the running one last
   * @param volumes mentions of all hashtags in the region, in the same windows
   * @param elapsed share of the running window that every source has passed, 0 to 1
   */
  static EmergingScore of(Emerging.Scorer scorer, long[] counts, long[] volumes, double elapsed) {
    int begin = 0;
    while (begin < volumes.length - 1 && volumes[begin] == 0) {
      begin++;
    }
    if (begin == volumes.length - 1) {
      return NONE; // nothing to compare with
    }
    int whole = begin == 0 ? 0 : begin + 1;
    return switch (scorer) {
      case SURPRISE -> surprise(counts, volumes, begin);
      case SIGMA -> sigma(counts, whole, included(volumes, whole, elapsed));
      case SIGNI -> signi(counts, whole, included(volumes, whole, elapsed));
    };
  }

  /** Share of the running window that the counts include: at least what all sources have passed. */
  private static double included(long[] volumes, int begin, double elapsed) {
    int running = volumes.length - 1;
    double volume = 0;
    double weight = 0;
    for (int i = begin; i < running; i++) {
      volume = volume * (1 - FORGETTING) + volumes[i];
      weight = weight * (1 - FORGETTING) + 1;
    }
    return volume == 0
        ? elapsed
        : Math.max(elapsed, Math.min(1, volumes[running] * weight / volume));
  }

  /**
   * The tail of the Poisson distribution beyond the count. The expectation is the hashtag's share
   * of the region, averaged over the closed windows, times the region's mentions in the running
   * window: so it grows with the window as it fills, and neither the hour of the day nor a region
   * that speaks up as a whole is taken for a burst.
   *
   * <p>The average weighs windows by age and by volume: a share of few mentions says little.
   */
  private static EmergingScore surprise(long[] counts, long[] volumes, int begin) {
    int running = counts.length - 1;
    double mentions = 0;
    double volume = 0;
    for (int i = begin; i < running; i++) {
      mentions = mentions * (1 - FORGETTING) + counts[i];
      volume = volume * (1 - FORGETTING) + volumes[i];
    }
    double share = Math.min(1, (mentions + PRIOR_MENTIONS) / volume);
    double expected = share * volumes[running];
    return new EmergingScore(
        expected,
        PoissonTail.surprise(counts[running], expected),
        counts[running] >= MIN_RATIO * expected);
  }

  /**
   * The rate of change in standard deviations: how much more the count has changed since the last
   * window than it usually changes from one window to the next. A part of a window has its part of
   * the expectation and of the variance. Deviations below one mention are taken as one.
   */
  private static EmergingScore sigma(long[] counts, int begin, double elapsed) {
    int running = counts.length - 1;
    int changes = running - 1 - begin;
    if (changes < 2) {
      return NONE;
    }
    double mean = (double) (counts[running - 1] - counts[begin]) / changes;
    double squares = 0;
    for (int i = begin + 1; i < running; i++) {
      double deviation = counts[i] - counts[i - 1] - mean;
      squares += deviation * deviation;
    }
    double expected = elapsed * Math.max(0, counts[running - 1] + mean);
    double deviation = Math.max(1, Math.sqrt(elapsed * squares / (changes - 1)));
    return scored(counts[running], expected, deviation);
  }

  /**
   * Significance by exponentially weighted mean and variance: Schubert, Weiler, Kriegel:
   * SigniTrend, KDD 2014. The running window is scored before it is averaged in.
   */
  private static EmergingScore signi(long[] counts, int begin, double elapsed) {
    int running = counts.length - 1;
    if (begin == running) {
      return NONE;
    }
    double mean = counts[begin];
    double variance = 0;
    for (int i = begin + 1; i < running; i++) {
      double deviation = counts[i] - mean;
      mean += FORGETTING * deviation;
      variance = (1 - FORGETTING) * (variance + FORGETTING * deviation * deviation);
    }
    return scored(counts[running], elapsed * mean, Math.sqrt(elapsed * variance) + SIGNI_BIAS);
  }

  private static EmergingScore scored(long count, double expected, double unit) {
    return new EmergingScore(expected, (count - expected) / unit, true);
  }
}
