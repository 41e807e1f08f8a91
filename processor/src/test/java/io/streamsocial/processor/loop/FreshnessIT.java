package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.trends.Trending;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine on a real Kafka says of posts that it cannot read. */
final class FreshnessIT {
  @TempDir Path stateDir;

  private final String topic = KafkaFixture.createTopic("posts", 1);

  private EngineConfig config() {
    return EngineConfig.defaults()
        .bootstrap(KafkaFixture.bootstrap())
        .appId(KafkaFixture.uniqueName("app"))
        .topic(topic)
        .shufflePartitions(1)
        .stateDir(stateDir)
        .build();
  }

  @Test
  void postsOfAnOpenTransactionAreLagAndMakeTheAnswerStale() {
    try (Engine engine = Engine.start(config());
        KafkaProducer<byte[], byte[]> plain = producer(Map.of());
        KafkaProducer<byte[], byte[]> open =
            producer(Map.of("transactional.id", topic, "transaction.timeout.ms", 60_000))) {
      send(plain, 33);
      Engines.awaitPosts(engine, 33);
      open.initTransactions();
      open.beginTransaction();
      send(open, 7);
      // At 209 ms and lag 0 as long as the transaction was open, when the lag was the consumer's.
      await("the transaction is seen, and the answer ages")
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                assertThat(lag(engine)).isEqualTo(7);
                assertThat(stalenessMs(engine)).isGreaterThan(5_000);
              });
      open.commitTransaction();
      Engines.awaitPosts(engine, 40);
      await("all is read")
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                assertThat(lag(engine)).isZero();
                assertThat(stalenessMs(engine)).isBetween(0L, 2_000L);
              });
    }
  }

  @Test
  void aPostsTopicThatIsGoneIsSaidWithinFiveSeconds()
      throws ExecutionException, InterruptedException {
    try (Engine engine = Engine.start(config());
        Admin admin = Admin.create(Map.of("bootstrap.servers", KafkaFixture.bootstrap()))) {
      Engines.awaitRunning(engine);
      assertThat(engine.status().incidents()).isEmpty();
      admin.deleteTopics(List.of(topic)).all().get();
      await("the status says that the topic is gone")
          .atMost(Duration.ofSeconds(5))
          .until(
              () ->
                  engine.status().incidents().stream()
                      .anyMatch(
                          incident ->
                              incident.kind() == Incidents.Kind.POSTS_UNAVAILABLE
                                  && incident.what().contains("does not exist any more")));
    }
  }

  private static long lag(Engine engine) {
    return engine.status().loops().stream().mapToLong(EngineStatus.Loop::postsLag).sum();
  }

  private static long stalenessMs(Engine engine) {
    long now = System.currentTimeMillis();
    return engine
        .queries()
        .trending(new Trending.Question(10, 1, null, now))
        .completeness()
        .stalenessMs(engine.clocks().get());
  }

  private void send(KafkaProducer<byte[], byte[]> posts, int count) {
    for (int i = 0; i < count; i++) {
      byte[] post = "{\"text\":\"#a\"}".getBytes(StandardCharsets.UTF_8);
      Future<RecordMetadata> unused = posts.send(new ProducerRecord<>(topic, 0, null, post));
    }
    posts.flush();
  }

  private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("bootstrap.servers", KafkaFixture.bootstrap());
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
