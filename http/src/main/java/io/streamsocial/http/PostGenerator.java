package io.streamsocial.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/**
 * Posts as a social network might have them: hashtags weighted by Zipf's law, and regions that each
 * have a taste of their own. Post {@code i} is a pure function of the seed and {@code i}: whoever
 * knows both can recount the truth. Immutable, any thread.
 */
public final class PostGenerator {
  /** Post text has at most so many hashtags. */
  private static final int MAX_TAGS = 3;

  /** A little over 1, as counted in real networks: the first tag has some 15 % of all mentions. */
  private static final double ZIPF_EXPONENT = 1.07;

  /** Of a burst: this share of all posts mentions its tag. */
  private static final double BURST_SHARE = 0.3;

  private static final List<String> REGIONS = List.of("US-East", "EU-West", "Asia-Pacific");
  private static final double[] REGION_SHARES = {0.45, 0.8, 1.0};
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

  private final long seed;
  private final List<String> tags;
  private final double[] cumulative;
  private final int[][] taste;
  private final Optional<String> burst;

  /**
   * @param tagCount different hashtags, at least 1
   * @param burst a hashtag, without '#', that suddenly everybody mentions
   */
  public PostGenerator(long seed, int tagCount, Optional<String> burst) {
    this.seed = seed;
    this.burst = burst;
    this.tags = new ArrayList<>();
    this.cumulative = new double[tagCount];
    double sum = 0;
    for (int i = 0; i < tagCount; i++) {
      tags.add(i < NAMES.size() ? NAMES.get(i) : "tag" + i);
      sum += Math.pow(i + 1, -ZIPF_EXPONENT);
      cumulative[i] = sum;
    }
    this.taste = new int[REGIONS.size()][];
    for (int region = 0; region < taste.length; region++) {
      taste[region] = shuffled(tagCount, new SplittableRandom(seed ^ (0x9E37L * (region + 1))));
    }
  }

  /**
   * @param tags in the order of the text, without '#'; one can be there twice
   */
  public record Post(String postId, String userId, String region, String text, List<String> tags) {}

  public Post post(long i) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + i);
    double where = random.nextDouble();
    int region = where < REGION_SHARES[0] ? 0 : where < REGION_SHARES[1] ? 1 : 2;
    List<String> mentioned = new ArrayList<>();
    for (int n = 1 + random.nextInt(MAX_TAGS); n > 0; n--) {
      mentioned.add(tags.get(taste[region][rank(random.nextDouble())]));
    }
    boolean bursts = random.nextDouble() < BURST_SHARE;
    burst.filter(tag -> bursts).ifPresent(mentioned::add);
    StringBuilder text = new StringBuilder("post ").append(i);
    mentioned.forEach(tag -> text.append(" #").append(tag));
    return new Post(
        "p" + i,
        "u" + random.nextInt(10_000),
        REGIONS.get(region),
        text.toString(),
        List.copyOf(mentioned));
  }

  /** The post without a timestamp: its time is its record's. */
  public byte[] json(long i) {
    return json(i, OptionalLong.empty());
  }

  /**
   * @param timestampMs epoch milliseconds
   */
  public byte[] json(long i, long timestampMs) {
    return json(i, OptionalLong.of(timestampMs));
  }

  private byte[] json(long i, OptionalLong timestampMs) {
    Post post = post(i);
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("post_id", post.postId());
          json.writeStringField("user_id", post.userId());
          json.writeStringField("text", post.text());
          json.writeStringField("region", post.region());
          if (timestampMs.isPresent()) {
            json.writeNumberField("timestamp", timestampMs.getAsLong());
          }
          json.writeEndObject();
        });
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
