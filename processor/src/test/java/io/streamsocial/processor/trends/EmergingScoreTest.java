package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Formulas against sums in many digits, and cases that can be done by hand. */
class EmergingScoreTest {
  private static final MathContext DIGITS = new MathContext(60);

  /** -log10 of 1 - P(X < count), term by term. */
  private static double plain(long count, double mean) {
    BigDecimal x = new BigDecimal(mean);
    BigDecimal term = BigDecimal.ONE;
    BigDecimal below = BigDecimal.ZERO;
    BigDecimal all = BigDecimal.ZERO;
    for (long k = 0; k < count + 400 + 4 * (long) mean; k++) {
      below = k < count ? below.add(term, DIGITS) : below;
      all = all.add(term, DIGITS);
      term = term.multiply(x, DIGITS).divide(BigDecimal.valueOf(k + 1), DIGITS);
    }
    BigDecimal tail = all.subtract(below, DIGITS).divide(all, DIGITS);
    return -Math.log10(tail.doubleValue());
  }

  @Test
  void theTailIsTheSumOfItsTerms() {
    double[] means = {0.001, 0.3, 1, 2.5, 7, 15.5, 16, 40, 99.9, 250};
    long[] counts = {1, 2, 3, 5, 8, 15, 16, 17, 30, 60, 100, 150};
    for (double mean : means) {
      for (long count : counts) {
        double plain = plain(count, mean);
        if (plain < 25) { // beyond, the difference of two sums has too few digits left
          assertThat(PoissonTail.surprise(count, mean))
              .describedAs("P(X >= %d | %s)", count, mean)
              .isCloseTo(plain, within(1e-9 * Math.max(1, plain)));
        }
      }
    }
  }

  @Test
  void theTailStaysFiniteAndGrowsWithTheCountAtAnySize() {
    double[] means = {0, -1, Double.NaN, Double.MIN_VALUE, 1e-300, 1e-9, 1, 1e3, 1e9, 1e12};
    for (double mean : means) {
      double before = 0;
      for (long count :
          new long[] {Long.MIN_VALUE, 0, 1, 5, 1_000, 1_000_000, 1_000_000_000_000L}) {
        double surprise = PoissonTail.surprise(count, mean);
        assertThat(surprise).describedAs("%d of %s", count, mean).isFinite();
        assertThat(surprise).isGreaterThanOrEqualTo(before);
        before = surprise;
      }
    }
    // By Stirling: ln P(X >= 2e9 | 1e9) is about -(2e9 ln 2 - 1e9) - ln(sqrt(4e9 pi) / 2).
    assertThat(PoissonTail.surprise(2_000_000_000L, 1e9))
        .isCloseTo(
            (2e9 * Math.log(2) - 1e9 + Math.log(Math.sqrt(4e9 * Math.PI) / 2)) / Math.log(10),
            within(1e-2));
    assertThat(PoissonTail.surprise(1_000_000_000L, 1e9)).isCloseTo(Math.log10(2), within(1e-4));
  }

  private static EmergingScore score(Emerging.Scorer scorer, double elapsed, long... counts) {
    long[] volumes = new long[counts.length];
    Arrays.fill(volumes, 1_000);
    volumes[counts.length - 1] = Math.round(1_000 * elapsed);
    return EmergingScore.of(scorer, counts, volumes, elapsed);
  }

  @Test
  void surpriseExpectsTheShareOfTheRegionSoFar() {
    EmergingScore steady = score(Emerging.Scorer.SURPRISE, 0.5, 100, 100, 100, 100, 50);
    assertThat(steady.expected()).isCloseTo(50, within(0.5));
    assertThat(steady.qualifies()).isFalse();
    EmergingScore burst = score(Emerging.Scorer.SURPRISE, 0.5, 100, 100, 100, 100, 150);
    assertThat(burst.score()).isGreaterThan(20);
    assertThat(burst.qualifies()).isTrue();
    // The whole region speaks up, this hashtag with it.
    long[] volumes = {1_000, 1_000, 5_000};
    assertThat(
            EmergingScore.of(Emerging.Scorer.SURPRISE, new long[] {100, 100, 500}, volumes, 1)
                .score())
        .isLessThan(1);
  }

  @Test
  void aNewHashtagIsExpectedLessTheLongerTheHistory() {
    EmergingScore first = score(Emerging.Scorer.SURPRISE, 1, 0, 6);
    assertThat(first.expected()).isCloseTo(2, within(1e-9));
    assertThat(score(Emerging.Scorer.SURPRISE, 1, 0, 0, 0, 0, 0, 0, 6).expected())
        .isBetween(0.5, 0.6);
  }

  @Test
  void sigmaComparesTheChangeWithUsualChanges() {
    // Changes +10, -10, +10: mean 10/3, deviation 11.547; expected 20 + 10/3.
    EmergingScore scored = score(Emerging.Scorer.SIGMA, 1, 10, 20, 10, 20, 60);
    assertThat(scored.expected()).isCloseTo(20 + 10 / 3.0, within(1e-9));
    assertThat(scored.score()).isCloseTo((60 - 20 - 10 / 3.0) / 11.547, within(1e-3));
    assertThat(score(Emerging.Scorer.SIGMA, 0.5, 10, 10, 10, 10, 5).score())
        .isCloseTo(0, within(1e-9));
    assertThat(score(Emerging.Scorer.SIGMA, 1, 10, 10, 60).qualifies()).isFalse();
  }

  @Test
  void signiScoresBeforeItAverages() {
    // Mean 10 + 0.2 * 10 = 12, variance 0.8 * (0 + 0.2 * 100) = 16.
    EmergingScore scored = score(Emerging.Scorer.SIGNI, 1, 10, 20, 33);
    assertThat(scored.expected()).isCloseTo(12, within(1e-9));
    assertThat(scored.score()).isCloseTo((33 - 12) / (4 + EmergingScore.SIGNI_BIAS), within(1e-9));
  }

  @Test
  void aSteadyHashtagIsExpectedThoughTheSmallestWatermarkStandsStill() {
    // One source brings the 40 mentions of each window; another is stuck before the running one.
    long[] steady = {40, 40, 40, 40, 40, 40, 40};
    for (Emerging.Scorer scorer : Emerging.Scorer.values()) {
      for (long included : new long[] {0, 10, 20, 40}) {
        long[] counts = steady.clone();
        counts[counts.length - 1] = included;
        EmergingScore scored = EmergingScore.of(scorer, counts, counts, 0);
        assertThat(scored.expected())
            .as("%s of %d", scorer, included)
            .isCloseTo((double) included, within(3.0));
        assertThat(scored.score()).isLessThan(scorer.defaultThreshold());
      }
    }
    // A burst is one still: the others say how much of the window there is.
    long[] volumes = {400, 400, 400, 400, 400, 400, 400};
    long[] burst = {40, 40, 40, 40, 40, 40, 120};
    for (Emerging.Scorer scorer : Emerging.Scorer.values()) {
      assertThat(EmergingScore.of(scorer, burst, volumes, 0).score())
          .isGreaterThan(scorer.defaultThreshold());
    }
  }

  @Test
  void theWindowInWhichTheStreamBeganIsNoPast() {
    // It began shortly before the end of the second window.
    long[] counts = {0, 4, 40, 40};
    long[] volumes = {0, 40, 400, 400};
    for (Emerging.Scorer scorer : Emerging.Scorer.values()) {
      EmergingScore scored = EmergingScore.of(scorer, counts, volumes, 1);
      assertThat(scored.qualifies() && scored.score() >= scorer.defaultThreshold())
          .as(scorer.label())
          .isFalse();
    }
    long[] second = {0, 4, 40};
    assertThat(
            EmergingScore.of(Emerging.Scorer.SIGNI, second, new long[] {0, 40, 400}, 1).qualifies())
        .isFalse();
  }

  @Test
  void withoutAnyHistoryNothingEmerges() {
    for (Emerging.Scorer scorer : Emerging.Scorer.values()) {
      assertThat(EmergingScore.of(scorer, new long[] {50}, new long[] {100}, 1).qualifies())
          .isFalse();
      assertThat(
              EmergingScore.of(scorer, new long[] {0, 0, 50}, new long[] {0, 0, 100}, 1)
                  .qualifies())
          .isFalse();
    }
  }
}
