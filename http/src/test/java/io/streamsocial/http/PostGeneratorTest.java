package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class PostGeneratorTest {
  private static final int POSTS = 20_000;

  private static PostGenerator generator(long seed) {
    return new PostGenerator(seed, 500, Optional.empty());
  }

  @Test
  void aPostIsAFunctionOfTheSeedAndItsNumber() {
    PostGenerator one = generator(7);
    PostGenerator same = generator(7);
    for (long i = 99; i >= 0; i--) {
      assertThat(same.json(i)).isEqualTo(one.json(i));
    }
    assertThat(generator(8).json(0)).isNotEqualTo(one.json(0));
  }

  @Test
  void theBytesSayWhatThePostSays() {
    PostGenerator.Post post = generator(1).post(5);
    JsonNode json = TestServer.parse(new String(generator(1).json(5), StandardCharsets.UTF_8));
    assertThat(json.path("post_id").textValue()).isEqualTo("p5");
    assertThat(json.path("user_id").textValue()).isEqualTo(post.userId());
    assertThat(json.path("region").textValue()).isEqualTo(post.region());
    assertThat(json.path("text").textValue())
        .isEqualTo("post 5 #" + String.join(" #", post.tags()));
    assertThat(json.has("timestamp")).isFalse();
    assertThat(new String(generator(1).json(5, 123), StandardCharsets.UTF_8))
        .endsWith("\"timestamp\":123}");
    PostReader.Bounds bounds = new PostReader.Bounds(Duration.ZERO, 1_000);
    assertThat(PostReader.read(generator(1).json(5), false, 0, bounds).faults()).isEmpty();
  }

  @Test
  void regionsDifferInSizeAndTasteAndFewTagsHaveMostMentions() {
    PostGenerator generator = generator(3);
    Map<String, Integer> posts = new HashMap<>();
    Map<String, Map<String, Integer>> mentions = new HashMap<>();
    for (long i = 0; i < POSTS; i++) {
      PostGenerator.Post post = generator.post(i);
      posts.merge(post.region(), 1, Integer::sum);
      Map<String, Integer> tags = mentions.computeIfAbsent(post.region(), r -> new HashMap<>());
      post.tags().forEach(tag -> tags.merge(tag, 1, Integer::sum));
    }
    assertThat(posts).containsOnlyKeys("US-East", "EU-West", "Asia-Pacific");
    assertThat(posts.get("US-East")).isGreaterThan(posts.get("Asia-Pacific"));
    List<List<String>> tops =
        mentions.values().stream().map(PostGeneratorTest::topTen).distinct().toList();
    assertThat(tops).hasSize(3);
    for (Map<String, Integer> tags : mentions.values()) {
      int all = tags.values().stream().mapToInt(n -> n).sum();
      int top = topTen(tags).stream().mapToInt(tag -> tags.getOrDefault(tag, 0)).sum();
      assertThat(top).isGreaterThan(all / 3);
    }
  }

  private static List<String> topTen(Map<String, Integer> tags) {
    return tags.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .limit(10)
        .map(Map.Entry::getKey)
        .toList();
  }

  @Test
  void aBurstIsMentionedByAThirdOfAllPosts() {
    PostGenerator bursting = new PostGenerator(3, 500, Optional.of("eclipse"));
    long mentions = 0;
    for (long i = 0; i < POSTS; i++) {
      mentions += bursting.post(i).tags().contains("eclipse") ? 1 : 0;
    }
    assertThat(mentions).isBetween(POSTS * 28L / 100, POSTS * 32L / 100);
  }

  @Test
  void thePumpSendsTheFirstPostsKeyedByUser() {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    PostGenerator generator = generator(1);
    try (PostPump pump = new PostPump(generator, "social.posts", producer)) {
      assertThat(pump.run(0, 3, sent -> {})).isEqualTo(3);
    }
    assertThat(producer.history())
        .extracting(r -> new String(r.value(), StandardCharsets.UTF_8))
        .isEqualTo(
            List.of(0L, 1L, 2L).stream()
                .map(i -> new String(generator.json(i), StandardCharsets.UTF_8))
                .toList());
    assertThat(producer.history().get(0).key())
        .isEqualTo(generator.post(0).userId().getBytes(StandardCharsets.UTF_8));
  }
}
