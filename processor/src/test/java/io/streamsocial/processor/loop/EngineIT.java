package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Heard;
import io.streamsocial.processor.metrics.EngineMetrics;
import io.streamsocial.processor.trends.Regions;
import io.streamsocial.processor.trends.Trending;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine as an embedding program sees it, on a real Kafka. */
final class EngineIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path stateDir;

  @Test
  void postsBecomeATrendingListAndSurviveARestartWithoutRestore() {
    String topic = KafkaFixture.createTopic("posts", 4);
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(KafkaFixture.uniqueName("app"))
            .topic(topic)
            .stateDir(stateDir)
            .build();
    long now = System.currentTimeMillis();
    try (KafkaProducer<byte[], byte[]> posts = producer()) {
      for (int i = 0; i < 1000; i++) {
        String text = i % 10 == 0 ? "#Kafka and #Java" : i % 3 == 0 ? "#java" : "no tag";
        send(posts, topic, i % 4, text, i % 2 == 0 ? "EU-West" : "US-East", now);
      }
      posts.flush();
      Heard heard = new Heard();
      try (Engine engine = Engine.start(config, heard)) {
        Engines.awaitPosts(engine, 1000);
        assertThat(top(engine, null, now)).isEqualTo(expected());
        assertThat(top(engine, "EU-West", now)).containsEntry("kafka", 100L);
        Trending.HashtagAnswer java =
            engine.queries().hashtag("#JAVA", new Trending.Question(1, 6, null, now));
        assertThat(java.known()).isTrue();
        assertThat(java.windows().get(5).count()).isEqualTo(400);
        assertThat(engine.queries().regions(new Regions.Question(10, 3, now)).rows())
            .extracting(Regions.Row::region)
            .containsExactlyInAnyOrder("EU-West", "US-East");
        Engines.awaitRunning(engine);
        await().atMost(PATIENCE).until(() -> engine.health().isReady() && engine.health().isLive());
        assertMeters(engine);
        Engines.end(engine);
        await().atMost(PATIENCE).until(() -> heard.chain().contains(EngineState.STOPPING));
        assertThat(heard.chain()).contains(EngineState.RUNNING).endsWith(EngineState.STOPPING);
        assertThat(heard.restored).extracting(Heard.Restored::partition).contains(0, 1, 2, 3);
        assertThat(engine.figures().missedEvents()).isZero();
      }
      send(posts, topic, 0, "#again", "EU-West", now);
      posts.flush();
      try (Engine engine = Engine.start(config)) {
        Engines.awaitPosts(engine, 1001);
        assertThat(top(engine, null, now)).containsEntry("again", 1L).hasSize(3);
        Engines.awaitRunning(engine);
        assertThat(engine.status().partitions())
            .hasSize(4)
            .allSatisfy(p -> assertThat(p.restoredRecords()).isZero());
        Engines.end(engine);
      }
    }
  }

  private static void assertMeters(Engine engine) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    EngineMetrics metrics = new EngineMetrics(engine);
    metrics.bindTo(registry);
    assertThat(registry.get("streamsocial.listener.missed").functionCounter().count()).isZero();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              metrics.refresh();
              assertThat(registry.get("streamsocial.ready").gauge().value()).isEqualTo(1);
              assertThat(registry.get("streamsocial.counted").functionCounter().count())
                  .isPositive();
              assertThat(registry.get("kafka.producer.records").functionCounters())
                  .anyMatch(counter -> counter.count() > 0);
              assertThat(registry.get("rocksdb.memtable").gauges()).hasSize(4);
            });
  }

  private static Map<String, Long> expected() {
    return Map.of("kafka", 100L, "java", 400L);
  }

  private static Map<String, Long> top(Engine engine, @Nullable String region, long now) {
    // Not tryTrending: it has no answer while the heads are rebuilt after the restart.
    Trending.Answer answer = engine.queries().trending(new Trending.Question(10, 3, region, now));
    assertThat(answer.completeness().partial()).isFalse();
    List<Trending.Row> rows = answer.rows();
    return rows.stream().collect(Collectors.toMap(Trending.Row::hashtag, Trending.Row::count));
  }

  private static void send(
      KafkaProducer<byte[], byte[]> posts,
      String topic,
      int partition,
      String text,
      String region,
      long timestampMs) {
    String json =
        "{\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}".formatted(text, region, timestampMs);
    Future<RecordMetadata> unused =
        posts.send(
            new ProducerRecord<>(topic, partition, null, json.getBytes(StandardCharsets.UTF_8)));
  }

  private static KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            KafkaFixture.bootstrap(),
            "max.in.flight.requests.per.connection",
            "1"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }
}
