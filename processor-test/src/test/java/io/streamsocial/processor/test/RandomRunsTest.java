package io.streamsocial.processor.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    SplittableRandom random = new SplittableRandom(seed);
    int instances = random.nextInt(1, 4);
    EngineConfig config =
        Posts.config()
            .standbys(random.nextInt(2))
            .checkpointMs(random.nextLong(500, 5_000))
            .leaveOnStop(random.nextBoolean())
            .guarantee(Guarantee.EXACTLY_ONCE)
            .build();
    Map<String, Long> expected = new TreeMap<>();
    Map<String, Long> inEurope = new TreeMap<>();
    Set<Integer> down = new HashSet<>();
    try (ViewTest test =
        ViewTest.of(config).instances(instances).partitions(2).seed(seed).start()) {
      for (int step = 0; step < 60; step++) {
        int instance = random.nextInt(instances);
        switch (random.nextInt(12)) {
          case 0 -> {
            if (down.add(instance)) {
              test.crash(instance);
            }
          }
          case 1 -> {
            if (down.add(instance)) {
              test.stop(instance);
            }
          }
          case 2, 3 -> {
            if (down.remove(instance)) {
              test.restart(instance);
            }
          }
          case 4 -> {
            if (down.size() < instances && random.nextInt(4) == 0) {
              test.rebalance();
            }
          }
          case 5 -> test.advance(Duration.ofMillis(random.nextLong(15_000)));
          default -> {
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
          }
        }
        test.advance(Duration.ofMillis(random.nextLong(200)));
      }
      if (down.size() == instances) {
        test.restart(0);
      }
      test.settle();
      Map<String, Long> counted = Posts.counts(test, WINDOWS, "");
      assertThat(counted).as("seed %d", seed).isEqualTo(expected);
      Map<String, Long> countedInEurope = Posts.counts(test, WINDOWS, "EU");
      assertThat(countedInEurope).as("seed %d, EU", seed).isEqualTo(inEurope);
      return new Run(test.trace(), counted, countedInEurope);
    }
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
