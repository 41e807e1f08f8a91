package io.streamsocial.processor.test;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** An application of some instances, to which everything happens while records are sent. */
final class Upheaval {
  private static final int STEPS = 60;

  private final long seed;
  private final SplittableRandom random;
  private final Set<Integer> down = new HashSet<>();

  Upheaval(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  SplittableRandom random() {
    return random;
  }

  /** What a test sends, and notes for itself, at one step. */
  interface Sender {
    void send(ViewTest test);
  }

  /** Looks at what came of it. */
  interface Judge {
    void check(ViewTest test);
  }

  /** All that happens follows from the seed; at the end everything that was sent is counted. */
  void run(EngineConfigBuilder builder, Sender sender, Judge judge) {
    run(builder, Map.of(), sender, judge);
  }

  /**
   * The same.
   *
   * @param partitions of topics that have another number of them than 2
   */
  void run(
      EngineConfigBuilder builder, Map<String, Integer> partitions, Sender sender, Judge judge) {
    int instances = random.nextInt(1, 4);
    EngineConfig config =
        builder
            .standbys(random.nextInt(2))
            .checkpointMs(random.nextLong(500, 5_000))
            .leaveOnStop(random.nextBoolean())
            .build();
    ViewTestBuilder setup = ViewTest.of(config).instances(instances).partitions(2).seed(seed);
    partitions.forEach(setup::partitions);
    try (ViewTest test = setup.start()) {
      for (int step = 0; step < STEPS; step++) {
        step(test, random.nextInt(instances), instances, sender);
        test.advance(Duration.ofMillis(random.nextLong(200)));
      }
      if (down.size() == instances) {
        test.restart(0);
      }
      test.settle();
      judge.check(test);
    }
  }

  private void step(ViewTest test, int instance, int instances, Sender sender) {
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
      default -> sender.send(test);
    }
  }
}
