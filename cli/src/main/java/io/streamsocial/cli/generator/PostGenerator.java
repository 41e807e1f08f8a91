package io.streamsocial.cli.generator;

import io.streamsocial.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/**
 * Posts as a social network might have them: hashtags weighted by Zipf's law, and regions that each
 * have a taste of their own. Post {@code i} is a pure function of the seed and {@code i}, so the
 * true counts can be computed from both. Immutable, any thread.
 */
final class PostGenerator {
  /** A post's text has at most this many hashtags, before a burst. */
  private static final int MAX_TAGS = 3;

  /** A day of the network, which each region lives through at its own hour. */
  private static final long DAY_MS = 1_200_000;

  /** By how much a region's share rises and falls over a day. */
  private static final double RHYTHM = 0.4;

  /** The share of a region's posts that mention the bursting tag before the burst begins. */
  private static final double BURST_BASE = 0.01;

  /** Posts a second of the story, where the posts come as fast as they can. */
  static final long NOMINAL_RATE = 1_000;

  /** The names of all regions. */
  static final List<String> REGIONS = List.of("US-East", "EU-West", "Asia-Pacific");

  private static final double[] REGION_WEIGHTS = {0.45, 0.35, 0.2};
  private final long seed;
  private final Popularity popularity;
  private final Optional<Burst> burst;
  private final double postMs;

  /**
   * @param tagCount different hashtags, at least 1
   * @param rate posts a second, by which the time of the story goes; 0 for {@link #NOMINAL_RATE}
   */
  PostGenerator(long seed, int tagCount, Optional<Burst> burst, long rate) {
    this.seed = seed;
    this.burst = burst;
    this.postMs = 1_000.0 / (rate == 0 ? NOMINAL_RATE : rate);
    this.popularity = new Popularity(seed, tagCount, REGIONS.size());
  }

  /**
   * A hashtag that one post in a hundred of a region mentions, and from some time on {@code factor}
   * times as many.
   *
   * @param tag without '#'
   * @param region one of {@link #REGIONS}
   * @param factor 1 or more; beyond 100 every post has it
   * @param afterMs since post 0, by the rate
   */
  record Burst(String tag, String region, double factor, long afterMs) {
    double share(long elapsedMs) {
      return elapsedMs < afterMs ? BURST_BASE : Math.min(1, BURST_BASE * factor);
    }
  }

  /** When post {@code i} belongs, in milliseconds since post 0. */
  long elapsedMs(long i) {
    return (long) (i * postMs);
  }

  /**
   * @param tags in the order of the text, without '#'; one can be there twice
   */
  record Post(String postId, String userId, String region, String text, List<String> tags) {}

  Post post(long i) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + i);
    long elapsedMs = elapsedMs(i);
    int region = region(random.nextDouble(), elapsedMs);
    List<String> mentioned = new ArrayList<>();
    for (int n = 1 + random.nextInt(MAX_TAGS); n > 0; n--) {
      mentioned.add(popularity.tag(region, random.nextDouble()));
    }
    double chance = random.nextDouble();
    burst
        .filter(b -> b.region().equals(REGIONS.get(region)) && chance < b.share(elapsedMs))
        .ifPresent(b -> mentioned.add(b.tag()));
    StringBuilder text = new StringBuilder("post ").append(i);
    mentioned.forEach(tag -> text.append(" #").append(tag));
    return new Post(
        "p" + i,
        "u" + random.nextInt(10_000),
        REGIONS.get(region),
        text.toString(),
        List.copyOf(mentioned));
  }

  /** The post without a timestamp: the time of its Kafka record counts. */
  byte[] json(long i) {
    return json(i, OptionalLong.empty());
  }

  /**
   * @param timestampMs epoch milliseconds
   */
  byte[] json(long i, long timestampMs) {
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

  /** A sine a region, a third of a day apart, as the sun goes round. */
  private static int region(double uniform, long elapsedMs) {
    double[] weights = new double[REGION_WEIGHTS.length];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      double day = (double) elapsedMs / DAY_MS + (double) i / weights.length;
      weights[i] = REGION_WEIGHTS[i] * (1 + RHYTHM * Math.sin(2 * Math.PI * day));
      sum += weights[i];
    }
    double left = uniform * sum;
    int region = 0;
    while (region < weights.length - 1 && left >= weights[region]) {
      left -= weights[region++];
    }
    return region;
  }
}
