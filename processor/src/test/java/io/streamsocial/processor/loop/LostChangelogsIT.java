package io.streamsocial.processor.loop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changelogs of single views of a real application: how they are made, and what if one is lost. */
final class LostChangelogsIT {
  private static final int PARTITIONS = 2;

  @TempDir Path directory;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("views");
  private final TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 1, 1);
  private final Admin admin = Admin.create(Map.of("bootstrap.servers", KafkaFixture.bootstrap()));
  private final View texts =
      View.named("texts")
          .from(
              topic,
              (record, out) ->
                  out.emit(record.timestampMs(), new String(record.valueBytes(), UTF_8), 1))
          .unwindowed()
          .sum("posts")
          .build();
  private final View hourly =
      View.named("hourly")
          .from(
              topic,
              (record, out) ->
                  out.emit(record.timestampMs(), new String(record.valueBytes(), UTF_8), 1))
          .tumbling(Duration.ofHours(1), Duration.ofHours(2), Duration.ofDays(2))
          .sum("posts")
          .build();
  private long sent;

  private EngineConfig config(String state) {
    return config(state, texts, hourly);
  }

  private EngineConfig config(String state, View... views) {
    EngineConfigBuilder config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(app)
            .hashtags(true)
            .topic(topic)
            .stateDir(directory.resolve(state))
            .leaveOnStop(true);
    List.of(views).forEach(config::view);
    return config.build();
  }

  @BeforeEach
  void count() {
    send(100);
    countedOnce("a");
  }

  @AfterEach
  void close() {
    posts.close();
    admin.close();
  }

  private void send(int number) {
    for (int i = 0; i < number; i++) {
      posts.sendRaw((int) (sent++ % PARTITIONS), "{\"text\":\"#one #tag%d\"}".formatted(i));
    }
    posts.flush();
  }

  private void countedOnce(String state) {
    count(config(state));
    assertThat(List.of(posts(state, texts), posts(state, hourly))).containsExactly(sent, sent);
  }

  private void count(EngineConfig config) {
    try (Engine engine = Engine.start(config)) {
      Engines.awaitPosts(engine, sent);
      Engines.awaitRunning(engine);
      assertThat(engine.incidents().open(Incidents.Kind.OFFSETS_LOST)).isZero();
      Engines.end(engine);
    }
  }

  /** That a view has counted, by the stores. */
  private long posts(String state, View view) {
    long[] sum = new long[1];
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      for (int partition : partitions()) {
        Path task = config(state).instanceDirectory().resolve("task-" + partition);
        try (ReadOnlyStore store =
            ReadOnlyStore.open(task, view.name(), TaskStore.Kind.WINDOWS, view.lanes(), memory)) {
          store.forEachRow((key, row) -> sum[0] += row[view.lane(0)]);
        }
      }
    }
    return sum[0];
  }

  private List<Integer> partitions() {
    return IntStream.range(0, config("a").tasks().shufflePartitions()).boxed().toList();
  }

  private String changelog(View view) {
    return TopicNames.changelog(app, view.name());
  }

  private void delete(String name) throws Exception {
    admin.deleteTopics(List.of(name)).all().get();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> !admin.listTopics().names().get().contains(name));
  }

  private long end(String name) throws Exception {
    long end = 0;
    for (int partition : partitions()) {
      TopicPartition tp = new TopicPartition(name, partition);
      end += admin.listOffsets(Map.of(tp, OffsetSpec.latest())).partitionResult(tp).get().offset();
    }
    return end;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void theChangelogOfAViewKeepsItsRowsForAsLongAsItsWindowsLive() throws Exception {
    Config unwindowed = settings(changelog(texts));
    assertThat(unwindowed.get(TopicConfig.CLEANUP_POLICY_CONFIG).value()).isEqualTo("compact");
    Config windowed = settings(changelog(hourly));
    assertThat(windowed.get(TopicConfig.CLEANUP_POLICY_CONFIG).value())
        .contains("compact", "delete");
    assertThat(windowed.get(TopicConfig.RETENTION_MS_CONFIG).value())
        .isEqualTo(Long.toString(Duration.ofHours(1).plusDays(2).plusDays(1).toMillis()));
  }

  @Test
  void aChangelogThatWouldDeleteRowsByTheirAgeIsRefused() throws Exception {
    AlterConfigOp policy =
        new AlterConfigOp(
            new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, "compact,delete"),
            AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(resource(changelog(texts)), List.of(policy))).all().get();
    assertThatThrownBy(() -> Engine.open(config("a")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(changelog(texts), "needed is compact: counts would be lost");
  }

  private Config settings(String name) throws Exception {
    Map<ConfigResource, Config> all = admin.describeConfigs(List.of(resource(name))).all().get();
    return Objects.requireNonNull(all.get(resource(name)));
  }

  private static ConfigResource resource(String name) {
    return new ConfigResource(ConfigResource.Type.TOPIC, name);
  }

  @Test
  void oneLostChangelogIsWrittenAgainAndTheOthersAreLeftAlone() throws Exception {
    long others = end(changelog(hourly));
    delete(changelog(texts));
    Engine.open(config("a")).close();
    assertThat(end(changelog(hourly))).isEqualTo(others);
    assertThat(end(changelog(texts))).isPositive();
    send(10);
    countedOnce("a");
    // From the changelogs alone.
    countedOnce("b");
  }

  @Test
  void allLostChangelogsAreWrittenAgain() throws Exception {
    for (String name : TopicNames.of(config("a")).changelogs()) {
      delete(name);
    }
    countedOnce("a");
    countedOnce("b");
  }

  @Test
  void aStoreBehindTheOtherChangelogsIsNoCopyOfALostOne() throws Exception {
    copy(directory.resolve("a"), directory.resolve("older"));
    send(50);
    countedOnce("a");
    delete(changelog(texts));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Engine.open(config("older")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll(
              changelog(texts) + " was deleted", "cannot replace it", "reset --view texts");
    }
    assertThat(end(changelog(texts))).isZero();
    assertThat(posts("older", texts)).isEqualTo(100);
    countedOnce("a");
    // Now another copy is written, to which the older one gives way.
    countedOnce("older");
  }

  @Test
  void aViewThatIsAddedCountsFromThenOn() throws Exception {
    View added =
        View.named("added")
            .from(topic, (record, out) -> out.emit(record.timestampMs(), "all", 1))
            .unwindowed()
            .sum("posts")
            .build();
    pruneShuffle();
    EngineConfig more = config("a", texts, hourly, added);
    count(more);
    send(10);
    count(more);
    assertThat(List.of(posts("a", texts), posts("a", added))).containsExactly(sent, 10L);
    pruneShuffle();
    // A view without a row in the last checkpoint is restored, too.
    count(config("b", texts, hourly, added));
    assertThat(List.of(posts("b", texts), posts("b", added))).containsExactly(sent, 10L);
  }

  /** As the pruner does: the shuffle alone cannot make the counts again. */
  private void pruneShuffle() throws Exception {
    Map<TopicPartition, RecordsToDelete> superfluous = new HashMap<>();
    admin
        .listConsumerGroupOffsets(app)
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach(
            (tp, offset) -> {
              if (tp.topic().equals(TopicNames.of(config("a")).shuffle())) {
                superfluous.put(tp, RecordsToDelete.beforeOffset(offset.offset()));
              }
            });
    admin.deleteRecords(superfluous).all().get();
  }
}
