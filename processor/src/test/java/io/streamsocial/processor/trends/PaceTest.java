package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures show the hashtag and not the clock. */
final class PaceTest {
  private static final long MINUTE_MS = 60_000;
  private static final int ROWS = 2_000;

  private static List<Trending.WindowCount> windows(long... counts) {
    List<Trending.WindowCount> windows = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      windows.add(new Trending.WindowCount(5L * i * MINUTE_MS, counts[i]));
    }
    return windows;
  }

  private static Pace of(double elapsed, long... counts) {
    return Pace.of(windows(counts), 5 * MINUTE_MS, new Pace.Elapsed(elapsed, elapsed));
  }

  @Test
  void aSteadyHashtagHasTheSameRateAtAnyMoment() {
    for (int step = 0; step <= 20; step++) {
      double elapsed = step / 20.0;
      Pace pace = of(elapsed, 100, 100, 100, Math.round(100 * elapsed));
      assertThat(pace.ratePerMinute()).isEqualTo(20, within(1e-9));
      assertThat(pace.changePercent()).isEqualTo(0, within(1e-9));
      assertThat(pace.direction()).isEqualTo(Pace.Direction.FLAT);
    }
  }

  @Test
  void theChangeIsAgainstTheWindowsBefore() {
    assertThat(of(0.5, 100, 100, 200, 100).ratePerMinute()).isEqualTo(40, within(1e-9));
    assertThat(of(0.5, 100, 100, 200, 100).changePercent()).isEqualTo(100, within(1e-9));
    assertThat(of(1, 80, 40).changePercent()).isEqualTo(-50, within(1e-9));
    assertThat(of(0, 80, 0).changePercent()).isEqualTo(0, within(1e-9));
  }

  @Test
  void whatIsNotKnownIsNotMadeUp() {
    assertThat(of(0, 7)).isEqualTo(new Pace(null, null, Pace.Direction.FLAT));
    assertThat(of(0.5, 7).ratePerMinute()).isEqualTo(2.8, within(1e-9));
    assertThat(of(0.5, 7).changePercent()).isNull();
    assertThat(of(0.5, 0, 0, 100, 50).changePercent()).isNull();
    assertThat(of(0.5, 0, 0, 100, 50).direction()).isEqualTo(Pace.Direction.UP);
    assertThat(of(0.5, 0, 0, 0, 0)).isEqualTo(new Pace(0.0, null, Pace.Direction.FLAT));
  }

  /** Of hashtags whose mentions come at random with a constant rate. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void noiseIsFlatAtAnyMoment(int windows) {
    Random random = new Random(windows);
    for (double mean : new double[] {2, 20, 200, 5_000}) {
      for (int step = 0; step <= 10; step++) {
        double elapsed = step / 10.0;
        int flat = 0;
        for (int row = 0; row < ROWS; row++) {
          long[] counts = new long[windows];
          for (int i = 0; i < windows; i++) {
            counts[i] = poisson(random, mean * (i == windows - 1 ? elapsed : 1));
          }
          flat += of(elapsed, counts).direction() == Pace.Direction.FLAT ? 1 : 0;
        }
        assertThat((double) flat / ROWS)
            .as("%d windows of %.0f mentions, %.0f %% of the newest", windows, mean, 100 * elapsed)
            .isGreaterThan(0.95);
      }
    }
  }

  /** As answers have it, so that they do not change with every millisecond. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 12})
  void noiseIsFlatWhenTheTimeIsKnownInStepsOnly(int windows) {
    Random random = new Random(windows);
    double step = 1 / 60.0;
    for (double mean : new double[] {200, 5_000, 50_000}) {
      for (double elapsed : new double[] {0.016, 0.0317, 0.1817, 0.5158, 0.9999}) {
        double from = Math.floor(elapsed / step) * step;
        int flat = 0;
        for (int row = 0; row < ROWS; row++) {
          long[] counts = new long[windows];
          for (int i = 0; i < windows; i++) {
            counts[i] = poisson(random, mean * (i == windows - 1 ? elapsed : 1));
          }
          Pace pace = Pace.of(windows(counts), 5 * MINUTE_MS, new Pace.Elapsed(from, from + step));
          flat += pace.direction() == Pace.Direction.FLAT ? 1 : 0;
        }
        assertThat((double) flat / ROWS)
            .as("%d windows of %.0f mentions, %.4f of the newest", windows, mean, elapsed)
            .isGreaterThan(0.95);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6, 12})
  void whatDoublesIsUpWithinAWindow(int windows) {
    long[] counts = new long[windows];
    Arrays.fill(counts, 100);
    counts[windows - 1] = 100; // in half the time
    assertThat(of(0.5, counts).direction()).isEqualTo(Pace.Direction.UP);
    counts[windows - 1] = 10;
    assertThat(of(0.5, counts).direction()).isEqualTo(Pace.Direction.DOWN);
  }

  @Test
  void whatLastsIsSeenWhenTheNextWindowBegins() {
    assertThat(of(0.01, 100, 100, 200, 2).direction()).isEqualTo(Pace.Direction.UP);
  }

  /** By the normal approximation for large means, else by Knuth's product of uniforms. */
  private static long poisson(Random random, double mean) {
    if (mean > 500) {
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.nextGaussian()));
    }
    double limit = Math.exp(-mean);
    long count = 0;
    for (double product = random.nextDouble(); product > limit; product *= random.nextDouble()) {
      count++;
    }
    return count;
  }
}
