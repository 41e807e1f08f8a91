package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.trends.Trending;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input ends in the rejected topic with its reason, and nothing else changes. */
final class RejectedIT {
  private static final long NOW = System.currentTimeMillis();

  @TempDir Path stateDir;

  @Test
  void everyBadPostIsRejectedWithItsReasonAndGoodOnesAreCounted() {
    String bootstrap = KafkaFixture.bootstrap();
    String topic = KafkaFixture.createTopic("posts", 1);
    String app = KafkaFixture.uniqueName("rejected");
    Map<String, String> bad = badPosts();
    try (TestPosts posts = new TestPosts(bootstrap, topic, 10, 1)) {
      posts.sendRaw(0, good());
      bad.keySet().forEach(post -> posts.sendRaw(0, post));
      posts.sendRaw(0, good());
      posts.flush();
    }
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(bootstrap)
            .appId(app)
            .topic(topic)
            .stateDir(stateDir)
            .build();
    try (Engine engine = Engine.start(config)) {
      Engines.awaitPosts(engine, bad.size() + 2);
      Trending.Answer answer = engine.queries().trending(new Trending.Question(10, 3, null, NOW));
      assertThat(answer.rows())
          .extracting(Trending.Row::hashtag, Trending.Row::count)
          .containsExactly(tuple("good", 2L));
      // A post from 2099 neither advanced time nor expired anything.
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () ->
                  assertThat(engine.status().partitions())
                      .hasSize(config.tasks().shufflePartitions())
                      .allSatisfy(p -> assertThat(p.streamTimeMs()).isEqualTo(NOW)));
      Engines.end(engine);
    }
    List<ConsumerRecord<byte[], byte[]>> rejected = Recount.readAll(bootstrap, app + "-rejected");
    assertThat(rejected).hasSize(bad.size());
    int i = 0;
    for (Map.Entry<String, String> post : bad.entrySet()) {
      ConsumerRecord<byte[], byte[]> record = rejected.get(i++);
      assertThat(header(record, "reason")).as(header(record, "detail")).isEqualTo(post.getValue());
      assertThat(header(record, "topic")).isEqualTo(topic);
      assertThat(header(record, "partition")).isEqualTo("0");
      assertThat(header(record, "offset")).isEqualTo(Integer.toString(i));
      String value = new String(record.value(), StandardCharsets.UTF_8);
      assertThat(post.getKey()).startsWith(value);
    }
  }

  private static String good() {
    return "{\"text\":\"#good\",\"timestamp\":" + NOW + "}";
  }

  private static Map<String, String> badPosts() {
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put(at(NOW + Duration.ofHours(1).toMillis()), "timestamp_in_future");
    bad.put(at(NOW + Duration.ofDays(365).toMillis()), "timestamp_in_future");
    bad.put(at(4_070_908_800_000L), "timestamp_in_future"); // 2099
    bad.put(at(Long.MAX_VALUE), "timestamp_in_future");
    bad.put(at(-1), "timestamp_negative");
    bad.put(at(Long.MIN_VALUE), "timestamp_negative");
    bad.put(at(0), "timestamp_in_seconds");
    bad.put(at(NOW / 1000), "timestamp_in_seconds");
    bad.put("{\"text\":\"#x\",\"timestamp\":\"soon\"}", "bad_timestamp");
    bad.put("{\"text\":\"#x\",\"timestamp\":1e400}", "bad_timestamp");
    bad.put("{\"text\":\"#x\",\"timestamp\":NaN}", "not_json");
    bad.put("", "empty");
    bad.put("nonsense", "not_json");
    bad.put("{\"text\":\"#x\"", "not_json");
    bad.put("[".repeat(10_000), "not_an_object");
    bad.put("{\"deep\":" + "[".repeat(10_000), "not_json");
    bad.put("null", "not_an_object");
    bad.put("[]", "not_an_object");
    bad.put("{}", "no_text");
    bad.put("{\"text\":null}", "no_text");
    bad.put("{\"text\":[\"#x\"]}", "bad_text");
    bad.put("{\"text\":\"#x\",\"region\":7}", "bad_region");
    bad.put("{\"text\":\"#x\",\"region\":\"a\\u0000b\"}", "bad_region");
    bad.put("{\"text\":\"#x\",\"region\":\"" + "r".repeat(65) + "\"}", "bad_region");
    bad.put("{\"text\":\"#x\"} trailing", "not_json");
    return bad;
  }

  private static String at(long timestampMs) {
    return "{\"text\":\"#bad\",\"timestamp\":" + timestampMs + "}";
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
