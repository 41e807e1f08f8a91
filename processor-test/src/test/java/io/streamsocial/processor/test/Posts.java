package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.trends.Trending;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Posts for a test, and what is counted of them. */
final class Posts {
  static final String TOPIC = "social.posts";

  private Posts() {}

  static EngineConfigBuilder config() {
    return EngineConfig.defaults()
        .topic(TOPIC)
        .shufflePartitions(3)
        .window(Duration.ofMinutes(5))
        .storeMemoryBytes(8L << 20);
  }

  static void send(ViewTest test, String text, String region, long timeMs) {
    String post =
        "{\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}".formatted(text, region, timeMs);
    test.send(TOPIC, null, post.getBytes(UTF_8), timeMs);
  }

  /** The counts of the newest windows; fails when a partition is missing. */
  static Map<String, Long> counts(ViewTest test, int windows, String region) {
    Trending.Answer answer =
        test.queries()
            .trending(
                new Trending.Question(
                    Trending.Question.LIMIT_MAX,
                    windows,
                    region.isEmpty() ? null : region,
                    test.nowMs()));
    if (answer.completeness().partial()) {
      throw new AssertionError("missing: " + answer.completeness().missing());
    }
    Map<String, Long> counts = new TreeMap<>();
    answer.rows().forEach(row -> counts.put(row.hashtag(), row.count()));
    return counts;
  }
}
