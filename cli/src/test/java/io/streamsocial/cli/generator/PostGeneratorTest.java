package io.streamsocial.cli.generator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.posts.PostParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
    return new PostGenerator(seed, 500, Optional.empty(), 0);
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
    byte[] bytes = generator(1).json(5);
    long now = TestServer.NOW;
    assertThat(new PostParser(1_000, 0).parse(bytes, 0, bytes.length, now, now)).isNull();
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
  void aBurstIsFromItsTimeOnAndInItsRegionSoManyTimesMoreFrequent() {
    PostGenerator.Burst burst = new PostGenerator.Burst("eclipse", "EU-West", 20, 10_000);
    PostGenerator bursting = new PostGenerator(3, 500, Optional.of(burst), 1_000);
    double[] posts = new double[2];
    double[] mentions = new double[2];
    for (long i = 0; i < POSTS; i++) {
      PostGenerator.Post post = bursting.post(i);
      boolean has = post.tags().contains("eclipse");
      if (post.region().equals("EU-West")) {
        int when = bursting.elapsedMs(i) < 10_000 ? 0 : 1;
        posts[when]++;
        mentions[when] += has ? 1 : 0;
      } else {
        assertThat(has).isFalse();
      }
    }
    assertThat(mentions[0] / posts[0]).isBetween(0.005, 0.015);
    assertThat(mentions[1] / posts[1]).isBetween(0.17, 0.23);
  }

  @Test
  void everyRegionHasItsOwnHours() {
    PostGenerator generator = new PostGenerator(3, 500, Optional.empty(), 100);
    Map<String, List<Integer>> byHour = new HashMap<>();
    for (int hour = 0; hour < 4; hour++) {
      Map<String, Integer> posts = new HashMap<>();
      for (long i = 0; i < 5_000; i++) {
        posts.merge(generator.post(hour * 30_000L + i).region(), 1, Integer::sum);
      }
      posts.forEach((r, n) -> byHour.computeIfAbsent(r, x -> new ArrayList<>()).add(n));
    }
    assertThat(byHour).hasSize(3);
    byHour
        .values()
        .forEach(hours -> assertThat((double) max(hours) / min(hours)).isBetween(1.2, 3.0));
  }

  private static int max(List<Integer> numbers) {
    return numbers.stream().mapToInt(n -> n).max().orElseThrow();
  }

  private static int min(List<Integer> numbers) {
    return numbers.stream().mapToInt(n -> n).min().orElseThrow();
  }

  @Test
  void thePumpSendsThePostsInTurnKeyedByUser() {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    PostGenerator generator = generator(1);
    try (PostPump pump = new PostPump(generator, "social.posts", producer)) {
      assertThat(pump.run(5, 0, 3, sent -> {})).isEqualTo(3);
    }
    assertThat(producer.history())
        .extracting(r -> new String(r.value(), StandardCharsets.UTF_8))
        .isEqualTo(
            List.of(5L, 6L, 7L).stream()
                .map(i -> new String(generator.json(i), StandardCharsets.UTF_8))
                .toList());
    assertThat(producer.history().get(0).key())
        .isEqualTo(generator.post(5).userId().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aPastEndsNowAndThePresentGoesOnFromIt() {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    PostGenerator generator = generator(1);
    long before = System.currentTimeMillis();
    try (PostPump pump = new PostPump(generator, "social.posts", producer)) {
      long next = pump.sendPast(2_000);
      assertThat(generator.elapsedMs(next)).isEqualTo(2_000);
      assertThat(producer.history()).hasSize((int) next);
    }
    long first = timestamp(producer.history().get(0).value());
    long last = timestamp(producer.history().get(producer.history().size() - 1).value());
    assertThat(first).isBetween(before - 2_000, System.currentTimeMillis() - 2_000);
    assertThat(last - first).isBetween(1_900L, 2_000L);
  }

  private static long timestamp(byte[] post) {
    try {
      return new ObjectMapper().readTree(post).path("timestamp").asLong();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
