package io.streamsocial.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.posts.PostRules;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that had no answer sends its posts again, to another instance if need be. */
final class PostRetriesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARTITIONS = 4;
  private static final int POSTS = 20;
  private static final String KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324";

  @TempDir Path stateDir;
  private ProcessCluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = new ProcessCluster(stateDir, PARTITIONS, Duration.ofSeconds(10));
    cluster.start(0);
    cluster.start(1);
    cluster.awaitBalance(PARTITIONS, 0, 1);
    for (int id = 0; id < 2; id++) {
      int instance = id;
      // The first post looks for the topic's brokers, which may take longer than it waits.
      await()
          .atMost(CommandProcess.PATIENCE)
          .until(() -> cluster.send(instance, "/api/posts", "{\"text\":\"\"}").statusCode() == 202);
    }
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  /** Every second one has a user. */
  private static String posts() {
    return IntStream.range(0, POSTS)
        .mapToObj(
            i ->
                i % 2 == 0
                    ? "{\"text\":\"#again\",\"user_id\":\"user%d\"}".formatted(i)
                    : "{\"text\":\"#again %d\"}".formatted(i))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private JsonNode accepted(int id, String body, String... headers) throws Exception {
    HttpResponse<String> answer = cluster.send(id, "/api/posts", body, headers);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return JSON.readTree(answer.body());
  }

  /** On both instances, once they include these posts. */
  private void mentionsAre(int expected, String tag, JsonNode last) throws Exception {
    for (int id = 0; id < 2; id++) {
      String path =
          "/api/trending/%s?windows=2&wait_ms=10000&after=%s"
              .formatted(tag, last.path("token").asText());
      JsonNode answer = cluster.json(id, path);
      assertThat(answer.path("stats").path("total_count").asInt())
          .as(answer.toString())
          .isEqualTo(expected);
    }
  }

  @Test
  void eachTryOfAPostIsInTheSamePartitionUnderTheSameName() throws Exception {
    for (int id : new int[] {0, 0, 1}) {
      JsonNode unused = accepted(id, posts(), "Idempotency-Key", '"' + KEY + '"');
    }
    Map<String, List<ConsumerRecord<byte[], byte[]>>> byName = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records()) {
      Header header = record.headers().lastHeader(PostRules.IDEMPOTENCY_HEADER);
      if (header != null) {
        byName
            .computeIfAbsent(new String(header.value(), UTF_8), name -> new ArrayList<>())
            .add(record);
      }
    }
    assertThat(byName.keySet())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, POSTS).mapToObj(i -> KEY + "/" + i).toList());
    byName.forEach(
        (name, tries) -> {
          assertThat(tries).as(name).hasSize(3);
          assertThat(tries)
              .extracting(ConsumerRecord::partition)
              .as(name)
              .containsOnly(tries.get(0).partition());
          assertThat(tries)
              .extracting(t -> new String(t.value(), UTF_8))
              .as(name)
              .containsOnly(new String(tries.get(0).value(), UTF_8));
        });
    assertThat(byName.values().stream().map(tries -> tries.get(0).partition()).distinct())
        .as("not all in one partition")
        .hasSizeGreaterThan(1);
  }

  @Test
  void strictWritesNothingWhereThereIsAWarning() throws Exception {
    int before = records().size();
    String body = "[{\"text\":\"#fine\"},{\"text\":\"no tag\"}]";
    HttpResponse<String> refused = cluster.send(0, "/api/posts?strict=true", body);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(refused.body()).path("errors")).hasSize(1);
    assertThat(records()).hasSize(before);
    assertThat(accepted(0, body).path("warnings")).hasSize(1);
    assertThat(records()).hasSize(before + 2);
  }

  @Test
  void threeTriesUnderOneKeyCountOnce() throws Exception {
    for (int i = 0; i < 2; i++) {
      assertThat(accepted(0, posts(), "Idempotency-Key", KEY).path("accepted").asInt())
          .isEqualTo(POSTS);
    }
    mentionsAre(POSTS, "again", accepted(1, posts(), "Idempotency-Key", KEY));
    String nameless = "{\"text\":\"#nameless\",\"user_id\":\"u\"}";
    assertThat(accepted(0, nameless).path("accepted").asInt()).isOne();
    mentionsAre(2, "nameless", accepted(1, nameless));
  }

  /** All that is in the topic now. */
  private List<ConsumerRecord<byte[], byte[]>> records() {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", KafkaFixture.bootstrap(), "isolation.level", "read_committed"),
            bytes,
            bytes)) {
      List<TopicPartition> partitions =
          IntStream.range(0, PARTITIONS)
              .mapToObj(p -> new TopicPartition(cluster.topic, p))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.seekToBeginning(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
    }
    return all;
  }
}
