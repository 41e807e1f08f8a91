package io.streamsocial.processor;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Checks a claim on many random cases. A failure names the seed of its case; {@code -Dseed=...}
 * runs that case alone.
 */
public final class Property {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_éßжあ𐐨";

  private Property() {}

  public interface Claim {
    void check(SplittableRandom random);
  }

  public static void holds(int cases, Claim claim) {
    Long only = Long.getLong("seed");
    SplittableRandom seeds = new SplittableRandom();
    for (int i = 0; i < (only == null ? cases : 1); i++) {
      long seed = only == null ? seeds.nextLong() : only;
      try {
        claim.check(new SplittableRandom(seed));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("does not hold for -Dseed=" + seed + ": " + e, e);
      }
    }
  }

  /** Bytes without any pattern. */
  public static byte[] bytes(SplittableRandom random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** A number of any magnitude: as often of 3 bits as of 63. */
  public static long magnitude(SplittableRandom random) {
    return random.nextLong() >>> random.nextInt(1, 64);
  }

  /** A tag in lower case of 1 to 12 code points, of one to four bytes each. */
  public static String tag(SplittableRandom random) {
    int[] letters = LETTERS.codePoints().toArray();
    StringBuilder tag = new StringBuilder();
    for (int i = random.nextInt(12); i >= 0; i--) {
      tag.appendCodePoint(letters[random.nextInt(letters.length)]);
    }
    return tag.toString();
  }

  public static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
