package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.views.Extractor;
import io.streamsocial.processor.views.InputRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kafka Streams goes on from the changelogs of our views, and ours from those that Kafka Streams
 * has written: a view without windows, one of windows with a group and two fields, one of nothing
 * but the latest bytes, which to Kafka Streams are text with its timestamp, and one whose rows have
 * a time to live.
 */
final class KafkaStreamsIT {
  private static final int PARTITIONS = 4;
  private static final int WORDS = 25;
  private static final Duration TTL = Duration.ofMinutes(5);
  private static final String REGION = "EU:West"; // a group may contain a colon

  @TempDir Path directory;

  private final String topic = KafkaFixture.createTopic("posts", 1);
  private final String app = KafkaFixture.uniqueName("streams");
  private final TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 1, 1);
  private final Admin admin = Admin.create(Map.of("bootstrap.servers", KafkaFixture.bootstrap()));
  private final long startMs =
      System.currentTimeMillis() / CountingStreams.WINDOW_MS * CountingStreams.WINDOW_MS;
  private final Extractor perWord = (record, out) -> out.emit(startMs, word(record), 1);
  private final View words =
      View.named(CountingStreams.WORDS).from(topic, perWord).unwindowed().sum("posts").build();
  private final View windows =
      View.named(CountingStreams.WINDOWS)
          .from(topic, (record, out) -> out.emit(startMs, REGION, word(record), 1, 7))
          .tumbling(
              Duration.ofMillis(CountingStreams.WINDOW_MS),
              Duration.ofHours(2),
              Duration.ofHours(2))
          .groupedBy("region")
          .sum("posts")
          .max("most")
          .build();
  private final View latest =
      View.named(CountingStreams.LATEST)
          .from(
              topic,
              (record, out) -> {
                int round = Integer.parseInt(parts(record)[1]);
                out.with("ours " + round).emit(startMs + round, word(record));
              })
          .unwindowed()
          .latest("text")
          .build();
  private final View living =
      View.named(CountingStreams.LIVING)
          .from(topic, (record, out) -> out.emit(timeMs(record), word(record), 1))
          .unwindowed(TTL)
          .sum("posts")
          .build();
  private int states;
  private int rounds;

  /**
   * Of a record: its word, in which round it was sent, and the time of one that lives for a while.
   */
  private static String[] parts(InputRecord record) {
    return new String(record.valueBytes(), UTF_8).split(";", -1);
  }

  private static String word(InputRecord record) {
    return parts(record)[0];
  }

  private static long timeMs(InputRecord record) {
    return Long.parseLong(parts(record)[2]);
  }

  @AfterEach
  void close() {
    posts.close();
    admin.close();
  }

  /** From the changelogs alone: the state directory is new. */
  private EngineConfig config(View... views) {
    EngineConfigBuilder config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(app)
            .shufflePartitions(PARTITIONS)
            .stateDir(directory.resolve("state-" + states++))
            .leaveOnStop(true);
    for (View view : views) {
      config.view(view);
    }
    return config.build();
  }

  private EngineConfig config() {
    return config(words, windows, latest);
  }

  /** Each word once more by our engine; returns the rows of its stores. */
  private Map<String, String> countByOurs() {
    rounds++;
    for (int i = 0; i < WORDS; i++) {
      posts.sendRaw(0, "word%d;%d".formatted(i, rounds));
    }
    posts.flush();
    EngineConfig config = config();
    try (Engine engine = Engine.start(config)) {
      awaitPosts(engine, WORDS);
      Engines.awaitCheckpoints(engine);
      Engines.end(engine);
    }
    return rows(config, words, windows, latest);
  }

  private static void awaitPosts(Engine engine, long posts) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> Engines.sum(engine.status(), EngineStatus.Counters::posts) == posts);
  }

  private Map<String, String> rows(EngineConfig config, View... views) {
    Map<String, String> rows = new TreeMap<>();
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        Path task = config.instanceDirectory().resolve("task-" + partition);
        for (View view : views) {
          try (ReadOnlyStore store =
              ReadOnlyStore.open(task, view.name(), TaskStore.Kind.WINDOWS, view.lanes(), memory)) {
            store.forEachRow(
                (key, row) ->
                    rows.put(
                        "%s %d %s %s"
                            .formatted(
                                view.name(),
                                WindowKey.windowStart(key),
                                new String(WindowKey.region(key), UTF_8),
                                new String(WindowKey.tag(key), UTF_8)),
                        view == latest
                            ? "[%d, %s]".formatted(row[0], new String(Tail.bytes(row, 1), UTF_8))
                            : Arrays.toString(row)));
          }
        }
      }
    }
    return rows;
  }

  /** Each word once more by Kafka Streams; returns the rows of its stores. */
  private Map<String, String> countByStreams() {
    String input = KafkaFixture.createTopic("input", PARTITIONS);
    List<String> groups = List.of("", REGION);
    byte[] start = ByteBuffer.allocate(Long.BYTES).putLong(startMs).array();
    byte[] ofWindow = Arrays.copyOf(start, Long.BYTES + 1);
    byte[] ofText = Arrays.copyOf(start, Long.BYTES + 2);
    rounds++;
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < WORDS; i++) {
        String word = "word" + i;
        int partition = Combiner.partition(utf8(word), PARTITIONS);
        send(producer, new ProducerRecord<>(input, partition, startMs, utf8(word), start));
        send(producer, new ProducerRecord<>(input, partition, startMs, utf8(word), ofText));
        for (String group : groups) {
          byte[] key = utf8(group + "\0" + word);
          send(producer, new ProducerRecord<>(input, partition, startMs, key, ofWindow));
        }
      }
    }
    return countByStreams(input, WORDS * (2 + groups.size()));
  }

  private Map<String, String> countByStreams(String input, int size) {
    return CountingStreams.count(
        KafkaFixture.bootstrap(), app, input, size, directory.resolve("streams-" + states++));
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

  private static void send(
      KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    Future<RecordMetadata> unused = producer.send(record);
  }

  /**
   * @param text of the latest
   */
  private Map<String, String> expected(int times, String text) {
    Map<String, String> rows = new TreeMap<>();
    for (int i = 0; i < WORDS; i++) {
      rows.put("words 0  word" + i, "[%d, %d]".formatted(startMs, times));
      rows.put("latest 0  word" + i, "[%d, %s]".formatted(startMs + times, text));
      for (String group : List.of("", REGION)) {
        rows.put("windows %d %s word%d".formatted(startMs, group, i), "[%d, 7]".formatted(times));
      }
    }
    return rows;
  }

  @Test
  void kafkaStreamsTakesOurChangelogsOverAndOursTakesThemBack() throws Exception {
    assertThat(countByOurs()).isEqualTo(expected(1, "ours 1"));
    assertThat(countByStreams()).isEqualTo(expected(2, "ours 1'"));
    assertThat(countByOurs()).isEqualTo(expected(3, "ours 3"));
    assertThat(countByStreams()).isEqualTo(expected(4, "ours 3'"));
  }

  @Test
  void oursStartsFromChangelogsThatKafkaStreamsHasMade() throws Exception {
    assertThat(countByStreams()).isEqualTo(expected(1, "streams"));
    // Its windows are deleted by the time of their records, which may be last year's.
    String changelog = TopicNames.changelog(app, windows.name());
    assertThatThrownBy(() -> Engine.open(config()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(changelog, "message.timestamp.type", "mend it with");
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, changelog);
    AlterConfigOp stamped =
        new AlterConfigOp(
            new ConfigEntry(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime"),
            AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(stamped))).all().get();
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(
                        Objects.requireNonNull(
                                admin.describeConfigs(List.of(resource)).all().get().get(resource))
                            .get(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG)
                            .value())
                    .isEqualTo("LogAppendTime"));
    assertThat(countByOurs()).isEqualTo(expected(2, "ours 2"));
    assertThat(countByStreams()).isEqualTo(expected(3, "ours 2'"));
  }

  /** Words that are gone by the end of it, and words that are not. */
  private void countTheLivingByOurs() {
    // It alone: the others' events would move stream time, which all views share.
    try (Engine engine = Engine.start(config(living))) {
      for (int i = 0; i < WORDS; i++) {
        posts.sendRaw(0, "word%d;1;%d".formatted(i, startMs - 2 * TTL.toMillis()));
      }
      posts.flush();
      awaitPosts(engine, WORDS);
      Engines.awaitCheckpoints(engine);
      for (int i = WORDS; i < 2 * WORDS; i++) {
        posts.sendRaw(0, "word%d;1;%d".formatted(i, startMs));
      }
      posts.flush();
      await().atMost(Duration.ofMinutes(2)).until(() -> swept(engine) >= WORDS - PARTITIONS);
      Engines.awaitCheckpoints(engine);
      Engines.end(engine);
    }
  }

  private static long swept(Engine engine) {
    return engine.status().loops().stream()
        .mapToLong(
            loop ->
                Objects.requireNonNull(loop.counters().views().get(CountingStreams.LIVING))
                    .sweptRows())
        .sum();
  }

  /** Each word once more, and the last of them deleted. */
  private Map<String, String> countTheLivingByStreams() {
    String input = KafkaFixture.createTopic("input", PARTITIONS);
    byte[] time = ByteBuffer.allocate(Long.BYTES).putLong(startMs).array();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < 2 * WORDS; i++) {
        byte[] key = utf8("word" + i);
        int partition = Combiner.partition(key, PARTITIONS);
        byte[] kind = Arrays.copyOf(time, Long.BYTES + (i == 2 * WORDS - 1 ? 4 : 3));
        send(producer, new ProducerRecord<>(input, partition, startMs, key, kind));
      }
    }
    return countByStreams(input, 2 * WORDS);
  }

  /** Of each partition one row may stay that is gone: the first on disk, see the decision. */
  @Test
  void rowsThatAreGoneAreGoneForKafkaStreamsAndThoseThatItDeletesForOurs() {
    countTheLivingByOurs();
    Map<String, String> counted = countTheLivingByStreams();
    String again = "[%d, 2]".formatted(startMs);
    String anew = "[%d, 1]".formatted(startMs);
    int left = 0;
    for (int i = 0; i < WORDS; i++) {
      String row = counted.get("living 0  word" + i);
      assertThat(row).isIn(anew, again);
      left += again.equals(row) ? 1 : 0;
    }
    assertThat(left).as("rows that no tombstone has deleted").isLessThanOrEqualTo(PARTITIONS);
    for (int i = WORDS; i < 2 * WORDS - 1; i++) {
      assertThat(counted).containsEntry("living 0  word" + i, again);
    }
    String deleted = "living 0  word" + (2 * WORDS - 1);
    assertThat(counted).containsEntry(deleted, "deleted");
    counted.remove(deleted);
    EngineConfig config = config(living);
    try (Engine engine = Engine.start(config)) {
      Engines.awaitRunning(engine);
      Engines.end(engine);
    }
    assertThat(rows(config, living)).isEqualTo(counted);
  }
}
