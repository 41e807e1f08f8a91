package io.streamsocial.store;

import java.util.SplittableRandom;

/**
 * Checks a claim on random input, the same input in every build: seeds 1 to N. A failure names its
 * seed; {@code mvn -pl store verify -Dtest=TheTest -Dseed=N} repeats that one alone.
 */
public final class Property {
  private Property() {}

  public interface Claim {
    void check(SplittableRandom random) throws Exception;
  }

  public static void holds(int seeds, Claim claim) {
    Long only = Long.getLong("seed");
    long first = only == null ? 1 : only;
    long last = only == null ? seeds : only;
    for (long seed = first; seed <= last; seed++) {
      try {
        claim.check(new SplittableRandom(seed));
      } catch (Exception | AssertionError e) {
        throw new AssertionError(
            "fails for seed %d, repeat with -Dseed=%d: %s".formatted(seed, seed, e.getMessage()),
            e);
      }
    }
  }
}
