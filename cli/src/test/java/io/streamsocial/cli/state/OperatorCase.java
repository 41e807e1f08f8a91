package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.PARTITIONS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.cli.CommandLineCase;
import io.streamsocial.cli.GroupMembers;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Trending;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator's commands on a real Kafka and real state directories. */
@Timeout(900)
abstract class OperatorCase extends CommandLineCase {
  static final int SOURCES = 2;
  static final int POSTS = 6_000;
  static final Duration PATIENCE = Duration.ofMinutes(1);
  static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  final String bootstrap = KafkaFixture.bootstrap();
  final String topic = KafkaFixture.createTopic("posts", SOURCES);
  final String app = KafkaFixture.uniqueName("operate");
  final String changelog = app + "-hashtag-trends-store-changelog";
  final long nowMs = System.currentTimeMillis();
  long posted;

  int run(String... args) {
    return runAlone(false, args);
  }

  List<String> common(Path state) {
    return List.of(
        "--bootstrap",
        bootstrap,
        "--app-id",
        app,
        "--topic",
        topic,
        "--state-dir",
        state.toString());
  }

  private int command(String name, Path state, boolean terminal, String... more) {
    List<String> line = new ArrayList<>(List.of(name));
    line.addAll(Arrays.asList(more));
    List<String> common = common(state);
    for (int i = 0; i < common.size(); i += 2) {
      if (!line.contains(common.get(i))) {
        line.addAll(common.subList(i, i + 2));
      }
    }
    return runAlone(terminal, line.toArray(new String[0]));
  }

  int inspect(Path state, String... more) {
    List<String> line =
        new ArrayList<>(List.of("inspect", "--state-dir", state.toString(), "--app-id", app));
    line.addAll(Arrays.asList(more));
    return run(line.toArray(new String[0]));
  }

  int restore(Path state, String... more) {
    return command("restore", state, false, more);
  }

  int verify(Path state, String... more) {
    return command("verify", state, false, more);
  }

  int reset(Path state, boolean terminal, String... more) {
    return command("reset", state, terminal, more);
  }

  int doctor(Path state, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(more));
    if (!all.contains("--port")) {
      all.add("--port=0");
    }
    if (!all.contains("--shuffle-partitions")) {
      all.add("--shuffle-partitions=" + PARTITIONS);
    }
    all.add("--max-connections=100");
    return command("doctor", state, false, all.toArray(new String[0]));
  }

  /** The directory of the instance that {@link #count} runs on this state. */
  Path instance(Path state) {
    return state.resolve(app).resolve("0");
  }

  void produce(int posts, int tags, long spreadMs) {
    produce(posts, tags, spreadMs, nowMs);
  }

  /** Every post has the tag every and two others, times go up to the end. */
  void produce(int posts, int tags, long spreadMs, long endMs) {
    SplittableRandom random = new SplittableRandom(7);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < posts; i++) {
        String post =
            "{\"text\":\"#every #Tag%d #tag%d\",\"region\":\"%s\",\"timestamp\":%d}"
                .formatted(
                    random.nextInt(tags),
                    random.nextInt(tags),
                    i % 3 == 0 ? "EU-West" : "US-East",
                    endMs - spreadMs + spreadMs * i / posts);
        send(producer, i % SOURCES, post);
      }
    }
  }

  /** Ten tags a post, each of them once. */
  void produceDistinct(int tags) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int tag = 0; tag < tags; tag += 10) {
        StringBuilder text = new StringBuilder();
        for (int i = tag; i < tag + 10; i++) {
          text.append("#distinct").append(i).append(' ');
        }
        send(
            producer,
            tag / 10 % SOURCES,
            "{\"text\":\"%s\",\"region\":\"EU-West\",\"timestamp\":%d}".formatted(text, nowMs));
      }
    }
  }

  void raw(int partition, String value) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      send(producer, partition, value);
    }
  }

  private void send(KafkaProducer<byte[], byte[]> producer, int partition, String value) {
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(topic, partition, null, value.getBytes(StandardCharsets.UTF_8)));
    posted++;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", bootstrap,
            "linger.ms", "5",
            "max.in.flight.requests.per.connection", "1"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  Engine count(Path state) {
    return count(state, EngineConfig.defaults().build().windows().grace());
  }

  /** An engine that has counted all that was posted. */
  Engine count(Path state, Duration grace) {
    Engine engine =
        Engine.start(
            EngineConfig.defaults()
                .bootstrap(bootstrap)
                .appId(app)
                .topic(topic)
                .shufflePartitions(PARTITIONS)
                .grace(grace)
                .stateDir(state)
                .build());
    awaitCounted(engine, posted);
    return engine;
  }

  void awaitCounted(Engine engine, long posts) {
    Map<Integer, Long> ends = new HashMap<>();
    for (int source = 0; source < SOURCES; source++) {
      ends.put(source, ends(source));
    }
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                engine.status().state() == EngineState.RUNNING
                    && engine
                        .queries()
                        .trending(new Trending.Question(1, 1, null, nowMs))
                        .completeness()
                        .asOf()
                        .equals(ends));
    assertThat(ends.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(posts);
  }

  private long ends(int source) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      TopicPartition tp = new TopicPartition(topic, source);
      return admin.listOffsets(Map.of(tp, OffsetSpec.latest())).partitionResult(tp).get().offset();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static long sum(Engine engine, ToLongFunction<EngineStatus.Counters> counter) {
    return engine.status().loops().stream()
        .map(EngineStatus.Loop::counters)
        .mapToLong(counter)
        .sum();
  }

  /** A static member stays until its session ends; a test need not wait for it. */
  void removeMembers() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      GroupMembers.removeAll(admin, app);
    }
  }

  void plantInChangelog(int partition, JsonNode row, long count) {
    byte[] name =
        (row.path("region").asText() + ":" + row.path("hashtag").asText())
            .getBytes(StandardCharsets.UTF_8);
    byte[] key =
        ByteBuffer.allocate(name.length + 12)
            .put(name)
            .putLong(row.path("window").asLong())
            .putInt(0)
            .array();
    plantInChangelog(changelog, partition, key, ByteBuffer.allocate(8).putLong(count).array());
  }

  /** Adds a record to the changelog of any view. */
  void plantInChangelog(String of, int partition, byte[] key, byte[] value) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      Future<RecordMetadata> unused =
          producer.send(new ProducerRecord<>(of, partition, key, value));
    }
  }
}
