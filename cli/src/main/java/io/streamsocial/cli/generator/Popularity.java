package io.streamsocial.cli.generator;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How often each hashtag is mentioned: by Zipf's law, in an order of ranks that each region has for
 * itself. A pure function of the seed; immutable.
 */
final class Popularity {
  /** A little over 1, as counted in real networks: the first tag has some 15 % of all mentions. */
  private static final double ZIPF_EXPONENT = 1.07;

  private static final List<String> NAMES =
      List.of(
          "ai",
          "worldcup",
          "music",
          "breaking",
          "climate",
          "kafka",
          "java",
          "coffee",
          "travel",
          "football",
          "election",
          "space",
          "gaming",
          "fashion",
          "movies",
          "startup",
          "photo",
          "health",
          "crypto",
          "food",
          "science",
          "art",
          "books",
          "weather",
          "dogs",
          "cats",
          "running",
          "cricket",
          "anime",
          "kpop",
          "opensource",
          "rust",
          "cloud",
          "security",
          "linux",
          "design",
          "history",
          "garden",
          "cycling",
          "yoga");

  private final List<String> tags = new ArrayList<>();
  private final double[] cumulative;
  private final int[][] taste;

  Popularity(long seed, int tagCount, int regions) {
    cumulative = new double[tagCount];
    double sum = 0;
    for (int i = 0; i < tagCount; i++) {
      tags.add(i < NAMES.size() ? NAMES.get(i) : "tag" + i);
      sum += Math.pow(i + 1, -ZIPF_EXPONENT);
      cumulative[i] = sum;
    }
    taste = new int[regions][];
    for (int region = 0; region < regions; region++) {
      taste[region] = shuffled(tagCount, new SplittableRandom(seed ^ (0x9E37L * (region + 1))));
    }
  }

  /** The hashtag of a region that a uniform number in [0, 1) selects. */
  String tag(int region, double uniform) {
    return tags.get(taste[region][rank(uniform)]);
  }

  /** The rank, from 0, that a number in [0, 1) falls on. */
  private int rank(double uniform) {
    double target = uniform * cumulative[cumulative.length - 1];
    int low = 0;
    int high = cumulative.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulative[middle] > target) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Neighbours change places, so that regions differ but the head stays the head. */
  private static int[] shuffled(int size, SplittableRandom random) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    for (int i = 0; i < size; i++) {
      int other = Math.min(size - 1, i + random.nextInt(8));
      int kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    return order;
  }
}
