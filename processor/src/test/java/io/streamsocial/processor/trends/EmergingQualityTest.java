package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Role;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * How well the scorers find bursts that were planted in synthetic streams, at their default
 * thresholds, asked several times in every running window as a dashboard would.
 *
 * <p>The background is Zipf's law over 2,000 hashtags with Poisson noise, under a daily rhythm that
 * moves the volume by half. Planted are hashtags of every base rate and burst size, each beginning
 * in the middle of some window and lasting two windows. A burst counts when it is of 3x or more and
 * has 10 mentions or more in some window; smaller ones are not told from noise by anybody.
 */
class EmergingQualityTest {
  private static final int SEEDS = 3;
  private static final int WINDOWS = 72;
  private static final int BACKGROUND_TAGS = 2_000;
  private static final double VOLUME = 20_000;
  private static final double[] BASES = {0, 1, 2, 5, 10, 20, 50, 100, 200};
  private static final double[] FACTORS = {3, 5, 10, 20};

  /** Mentions a window of a hashtag that did not exist before, by factor. */
  private static final double NEW_TAG_MENTIONS = 6;

  private static final double[] LOOKS = {0.1, 0.25, 0.5, 0.75, 1};
  private static final int BURST_WINDOWS = 2;
  private static final long MIN_MENTIONS = 10;

  /** A planted hashtag; its burst is from begin, in windows, on for {@link #BURST_WINDOWS}. */
  private record Planted(String tag, double base, double factor, double begin) {
    double peak() {
      return base == 0 ? NEW_TAG_MENTIONS * factor : base * factor;
    }

    /** Share of a part of a window that the burst covers, 0 to 1. */
    double covered(double from, double to) {
      double overlap = Math.min(to, begin + BURST_WINDOWS) - Math.max(from, begin);
      return Math.max(0, overlap) / (to - from);
    }

    double rate(double from, double to) {
      double covered = covered(from, to);
      return base * (1 - covered) + peak() * covered;
    }
  }

  /** Counts by window and look: how many mentions a tag has from the window's begin to the look. */
  @SuppressWarnings("ArrayRecordComponent") // has an identity of its own
  private record Stream(List<Planted> planted, Map<String, long[][]> counts, long[][] volumes) {}

  private static Stream stream(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Planted> planted = new ArrayList<>();
    for (double base : BASES) {
      for (double factor : FACTORS) {
        // After a history, and so that the burst is over before the end.
        double begin = 14 + random.nextDouble() * (WINDOWS - 14 - BURST_WINDOWS - 2);
        planted.add(new Planted("p%.0f-%.0f".formatted(base, factor), base, factor, begin));
      }
    }
    Map<String, long[][]> counts = new TreeMap<>();
    double sum = 0;
    for (int i = 1; i <= BACKGROUND_TAGS; i++) {
      sum += Math.pow(i, -1.07);
    }
    for (int i = 1; i <= BACKGROUND_TAGS; i++) {
      double rate = VOLUME * Math.pow(i, -1.07) / sum;
      counts.put("b" + i, draw(random, (from, to) -> rate));
    }
    for (Planted each : planted) {
      counts.put(each.tag(), draw(random, each::rate));
    }
    long[][] volumes = new long[WINDOWS][LOOKS.length];
    for (long[][] tag : counts.values()) {
      for (int w = 0; w < WINDOWS; w++) {
        for (int l = 0; l < LOOKS.length; l++) {
          volumes[w][l] += tag[w][l];
        }
      }
    }
    return new Stream(planted, counts, volumes);
  }

  private interface Rate {
    /** Mentions a whole window, in the mean of a part of time, in windows. */
    double in(double from, double to);
  }

  private static long[][] draw(SplittableRandom random, Rate rate) {
    long[][] counts = new long[WINDOWS][LOOKS.length];
    for (int w = 0; w < WINDOWS; w++) {
      double season = 1 + 0.5 * Math.sin(2 * Math.PI * w / 24);
      double before = 0;
      long count = 0;
      for (int l = 0; l < LOOKS.length; l++) {
        double mean = season * rate.in(w + before, w + LOOKS[l]) * (LOOKS[l] - before);
        count += poisson(random, mean);
        counts[w][l] = count;
        before = LOOKS[l];
      }
    }
    return counts;
  }

  private static long poisson(SplittableRandom random, double mean) {
    if (mean > 60) {
      // The sum of independent Poisson numbers is one.
      return poisson(random, mean / 2) + poisson(random, mean / 2);
    }
    double limit = Math.exp(-mean);
    long k = 0;
    for (double product = random.nextDouble(); product > limit; k++) {
      product *= random.nextDouble();
    }
    return k;
  }

  private static final class Tally {
    private long flaggedRight;
    private long flaggedWrong;
    private long bursts;
    private long found;
    private long foundInFirstWindow;
    private double windowsToDetection;

    double precision() {
      return (double) flaggedRight / Math.max(1, flaggedRight + flaggedWrong);
    }

    double recall() {
      return (double) found / bursts;
    }

    double detection() {
      return windowsToDetection / Math.max(1, found);
    }
  }

  private static void judge(Stream stream, Emerging.Scorer scorer, Tally tally) {
    Map<String, Planted> planted = new HashMap<>();
    stream.planted().forEach(each -> planted.put(each.tag(), each));
    Map<String, Double> first = new HashMap<>();
    for (int w = 14; w < WINDOWS; w++) {
      Set<String> flagged = new HashSet<>();
      for (int l = 0; l < LOOKS.length; l++) {
        for (Emerging.Row row : ask(stream, scorer, w, l)) {
          Planted burst = planted.get(row.hashtag());
          double at = w + LOOKS[l];
          if (burst != null && burst.covered(w, at) > 0) {
            first.putIfAbsent(row.hashtag(), at);
          }
          flagged.add(row.hashtag());
        }
      }
      for (String tag : flagged) {
        Planted burst = planted.get(tag);
        if (burst != null && burst.covered(w, w + 1) > 0) {
          tally.flaggedRight++;
        } else {
          tally.flaggedWrong++;
        }
      }
    }
    for (Planted burst : stream.planted()) {
      if (mentions(stream, burst) < MIN_MENTIONS) {
        continue;
      }
      tally.bursts++;
      Double at = first.get(burst.tag());
      if (at != null) {
        tally.found++;
        tally.windowsToDetection += at - burst.begin();
        // The running window may be the next one where the burst began late in its first.
        tally.foundInFirstWindow += at - burst.begin() <= 1 ? 1 : 0;
      }
    }
  }

  /** Of its fullest window. */
  private static long mentions(Stream stream, Planted burst) {
    long most = 0;
    long[][] counts = stream.counts().getOrDefault(burst.tag(), new long[0][]);
    for (int w = (int) burst.begin(); w < burst.begin() + BURST_WINDOWS; w++) {
      most = Math.max(most, counts[w][LOOKS.length - 1]);
    }
    return most;
  }

  private static List<Emerging.Row> ask(Stream stream, Emerging.Scorer scorer, int w, int look) {
    int windows = Emerging.HISTORY_WINDOWS + 1;
    List<RegionVolumes.Candidate> candidates = new ArrayList<>();
    stream
        .counts()
        .forEach(
            (tag, counts) -> {
              if (counts[w][look] >= Emerging.DEFAULT_MIN_COUNT) {
                candidates.add(
                    new RegionVolumes.Candidate("r", tag, history(counts, w, look, windows)));
              }
            });
    RegionVolumes.Slice slice =
        new RegionVolumes.Slice(
            0, LOOKS[look], Map.of("r", history(stream.volumes(), w, look, windows)), candidates);
    Emerging.Question question =
        new Emerging.Question(
            1_000, null, scorer, Emerging.DEFAULT_MIN_COUNT, scorer.defaultThreshold(), 0);
    RegionVolumes.SlicesPart part =
        new RegionVolumes.SlicesPart(
            List.of(slice),
            new TreeMap<>(Map.of(0, new Trending.Held(Role.ACTIVE, 1, 1, new TreeMap<>()))));
    return Emerging.merge(question, List.of(0), List.of(part)).rows();
  }

  /** Whole closed windows, and the running one up to the look. */
  private static long[] history(long[][] counts, int w, int look, int windows) {
    long[] history = new long[windows];
    for (int i = 0; i < windows; i++) {
      int each = w - windows + 1 + i;
      history[i] = each < 0 ? 0 : counts[each][each == w ? look : LOOKS.length - 1];
    }
    return history;
  }

  @Test
  void surpriseFindsBurstsWhileTheyRunAndLittleElse() {
    Map<Emerging.Scorer, Tally> tallies = new EnumMap<>(Emerging.Scorer.class);
    for (long seed = 1; seed <= SEEDS; seed++) {
      Stream stream = stream(seed);
      for (Emerging.Scorer scorer : Emerging.Scorer.values()) {
        judge(stream, scorer, tallies.computeIfAbsent(scorer, s -> new Tally()));
      }
    }
    System.out.printf(
        "EmergingQualityTest: bursts of 3x and more with %d mentions and more%n", MIN_MENTIONS);
    System.out.println(
        "scorer    threshold  bursts  precision  recall  within a window  windows to detection");
    tallies.forEach(
        (scorer, tally) ->
            System.out.printf(
                "%-8s  %9.1f  %6d  %9.3f  %6.3f  %14.3f  %20.2f%n",
                scorer.label(),
                scorer.defaultThreshold(),
                tally.bursts,
                tally.precision(),
                tally.recall(),
                (double) tally.foundInFirstWindow / tally.bursts,
                tally.detection()));
    Tally surprise = tallies.getOrDefault(Emerging.Scorer.SURPRISE, new Tally());
    assertThat(surprise.precision()).isGreaterThanOrEqualTo(0.9);
    assertThat(surprise.recall()).isGreaterThanOrEqualTo(0.9);
    assertThat((double) surprise.foundInFirstWindow / surprise.bursts).isGreaterThan(0.85);
  }
}
