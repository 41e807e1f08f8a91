package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.broker.Topics;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Trending;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A user of a Kafka with TLS, logins and ACLs; posts come in by the super user's plain door. */
@Timeout(900)
abstract class SecureKafkaCase extends CommandLineCase {
  static final int PARTITIONS = 2;
  static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path temp;

  final SecureKafka kafka = SecureKafka.shared();
  final String app = KafkaFixture.uniqueName("secure");
  final String user = app + "-user";
  final String topic = app + "-posts";
  private long posts;
  long bad;

  int run(String command, String principal, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                command,
                "--app-id=" + app,
                "--topic=" + topic,
                "--bootstrap=" + kafka.bootstrap(SecureKafka.SECURE)));
    if (command.equals("inspect")) {
      line.remove(2);
      line.remove(2);
    } else {
      kafka.client(principal).forEach((key, value) -> line.add("--kafka." + key + "=" + value));
    }
    line.addAll(Arrays.asList(more));
    return run(line);
  }

  int run(List<String> line) {
    return runAlone(false, line.toArray(new String[0]));
  }

  EngineConfigBuilder config(int instance) {
    return EngineConfig.defaults()
        .bootstrap(kafka.bootstrap(SecureKafka.SECURE))
        .appId(app)
        .instanceId(Integer.toString(instance))
        .topic(topic)
        .shufflePartitions(PARTITIONS)
        .checkpointMs(300)
        .stateDir(temp.resolve("state"))
        .kafka(kafka.client(user));
  }

  void createPosts() {
    Topics.ensure(kafka.admin(), topic, 1, Map.of());
  }

  void post(int count) {
    String post = "{\"text\":\"#every #one\",\"region\":\"EU-West\"}";
    send(topic, 0, post, count);
    posts += count;
  }

  void postBad() {
    send(topic, 0, "not json", 1);
    bad++;
  }

  void filler(int count) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      send(app + "-shuffle", partition, "nobody's", count);
    }
  }

  private void send(String to, int partition, String value, int count) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.plain()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        var unused =
            producer.send(
                new ProducerRecord<>(to, partition, null, value.getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  /** Everything posted is counted, what cannot be counted is passed, and nothing counts twice. */
  void awaitCounted(Engine engine) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(engine.status().state())
                  .as(
                      "%s",
                      engine.status().loops().stream().map(EngineStatus.Loop::refused).toList())
                  .isEqualTo(EngineState.RUNNING);
              Trending.Question question =
                  new Trending.Question(10, 6, null, System.currentTimeMillis());
              Trending.Answer answer = engine.queries().trending(question);
              assertThat(answer.completeness().asOf()).isEqualTo(Map.of(0, posts + bad));
              assertThat(counted(answer)).isEqualTo(posts);
            });
  }

  private static long counted(Trending.Answer answer) {
    return answer.rows().stream()
        .filter(row -> row.hashtag().equals("every"))
        .flatMap(row -> row.windows().stream())
        .mapToLong(Trending.WindowCount::count)
        .sum();
  }

  long rejected() throws Exception {
    TopicPartition partition = new TopicPartition(app + "-rejected", 0);
    try (var consumer =
        new KafkaConsumer<byte[], byte[]>(
            Map.of("bootstrap.servers", kafka.plain(), "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end =
          kafka
              .admin()
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get()
              .offset();
      long records = 0;
      while (consumer.position(partition) < end) {
        records += consumer.poll(Duration.ofMillis(100)).count();
      }
      return records;
    }
  }

  /** A static member stays until its session ends; a test need not wait for it. */
  void removeMembers() throws Exception {
    GroupMembers.removeAll(kafka.admin(), app);
  }
}
