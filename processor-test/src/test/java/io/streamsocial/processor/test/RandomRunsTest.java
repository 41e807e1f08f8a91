package io.streamsocial.processor.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random sends, crashes, stops and rebalances: at the end the counts are those of a plain map, and
 * the same seed has the same run. The seeds are fixed; {@code -Dcases} runs more of them.
 */
final class RandomRunsTest {
  private static final int WINDOWS = 3;

  /** What one run came to. */
  private record Run(List<String> trace, Map<String, Long> counts, Map<String, Long> inEurope) {}

  /** One run: what happens follows from the seed alone. */
  private static Run run(long seed) {
    Upheaval upheaval = new Upheaval(seed);
    SplittableRandom random = upheaval.random();
    Map<String, Long> expected = new TreeMap<>();
    Map<String, Long> inEurope = new TreeMap<>();
    List<String> trace = new ArrayList<>();
    upheaval.run(
        Posts.config(),
        test -> {
          for (int i = random.nextInt(30); i > 0; i--) {
            String tag = "t" + random.nextInt(1, 1 + random.nextInt(1, 40));
            boolean europe = random.nextBoolean();
            long timeMs = test.nowMs() - random.nextLong(100_000);
            Posts.send(test, "text #" + tag, europe ? "EU" : "US", timeMs);
            expected.merge(tag, 1L, Long::sum);
            if (europe) {
              inEurope.merge(tag, 1L, Long::sum);
            }
          }
        },
        test -> {
          assertThat(Posts.counts(test, WINDOWS, "")).as("seed %d", seed).isEqualTo(expected);
          assertThat(Posts.counts(test, WINDOWS, "EU")).as("seed %d", seed).isEqualTo(inEurope);
          trace.addAll(test.trace());
        });
    return new Run(trace, expected, inEurope);
  }

  @Test
  void theCountsAreThoseOfAPlainMapWhateverTheSeed() {
    Long only = Long.getLong("seed");
    if (only != null) {
      Run unused = run(only);
      return;
    }
    List<String> traces = new ArrayList<>();
    for (long seed = 0; seed < Integer.getInteger("cases", 8); seed++) {
      traces.addAll(run(seed).trace());
    }
    // Every kind of death and of rebalance is among them, or the runs prove less than they seem to.
    for (Instance.Death death : Instance.Death.values()) {
      assertThat(traces).anyMatch(line -> line.endsWith(death.toString()));
    }
    assertThat(traces).anyMatch(line -> line.contains("hangs"));
    assertThat(traces).anyMatch(line -> line.contains("the group goes on without"));
  }

  @Test
  void theSameSeedHasTheSameRun() {
    for (long seed = 100; seed < 102; seed++) {
      Run first = run(seed);
      assertThat(run(seed)).isEqualTo(first);
      assertThat(first.trace()).hasSizeGreaterThan(20);
    }
  }

  @Test
  void otherSeedsAreOtherRuns() {
    assertThat(run(1).trace()).isNotEqualTo(run(2).trace());
  }
}
