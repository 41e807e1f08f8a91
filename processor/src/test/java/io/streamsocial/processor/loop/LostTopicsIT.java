package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Topics of a real application are deleted, created again, or grow. */
final class LostTopicsIT {
  private static final int PARTITIONS = 2;

  @TempDir Path directory;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("lost");
  private final TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 1, 1);
  private final Admin admin = Admin.create(Map.of("bootstrap.servers", KafkaFixture.bootstrap()));
  private long sent;

  private EngineConfig config(String state) {
    return config(state, app, topic);
  }

  private EngineConfig config(String state, String appId, String topic) {
    return EngineConfig.defaults()
        .bootstrap(KafkaFixture.bootstrap())
        .appId(appId)
        .topic(topic)
        .stateDir(directory.resolve(state))
        .leaveOnStop(true)
        .build();
  }

  private TopicNames topics() {
    return TopicNames.of(config("a"));
  }

  private String changelog() {
    return topics().changelogs().get(0);
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
    try (Engine engine = Engine.start(config(state))) {
      Engines.awaitPosts(engine, sent);
      Engines.awaitRunning(engine);
      assertThat(mentions(engine, "one")).isEqualTo(sent);
      Engines.end(engine);
    }
  }

  private static long mentions(Engine engine, String tag) {
    Trending.Question question = new Trending.Question(1, 6, null, System.currentTimeMillis());
    return engine.queries().hashtag(tag, question).windows().stream()
        .mapToLong(Trending.WindowCount::count)
        .sum();
  }

  private void delete(String name) throws Exception {
    admin.deleteTopics(List.of(name)).all().get();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> !admin.listTopics().names().get().contains(name));
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
              if (tp.topic().equals(topics().shuffle())) {
                superfluous.put(tp, RecordsToDelete.beforeOffset(offset.offset()));
              }
            });
    admin.deleteRecords(superfluous).all().get();
  }

  @Test
  void aStoreThatIsNoCompleteCopyIsRefusedAndKept() throws Exception {
    Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
    for (int i = 0; i < config("a").tasks().shufflePartitions(); i++) {
      all.put(new TopicPartition(topics().shuffle(), i), RecordsToDelete.beforeOffset(-1));
    }
    admin.deleteRecords(all).all().get();
    delete(changelog());
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Engine.open(config("a")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll(changelog() + " was deleted", "cannot replace it")
          .hasMessageNotContaining("reset");
    }
    assertThat(config("a").instanceDirectory().resolve("task-0")).isDirectory();
  }

  @Test
  void aDeletedChangelogIsWrittenAgainFromTheStores() throws Exception {
    pruneShuffle();
    delete(changelog());
    countedOnce("a");
    send(10);
    countedOnce("a");
    // From the new changelog alone.
    countedOnce("b");
  }

  @Test
  void aStoreOfAnotherApplicationIsSetAside() throws Exception {
    String foreign = KafkaFixture.createTopic("foreign", PARTITIONS);
    EngineConfig config = config("b", KafkaFixture.uniqueName("other"), foreign);
    try (TestPosts others = new TestPosts(KafkaFixture.bootstrap(), foreign, 1, 1)) {
      others.sendRaw(0, "{\"text\":\"#foreign\"}");
      others.flush();
    }
    try (Engine engine = Engine.start(config)) {
      Engines.awaitPosts(engine, 1);
      Engines.awaitRunning(engine);
      Engines.end(engine);
    }
    Path here = config("a").instanceDirectory();
    for (int i = 0; i < config.tasks().shufflePartitions(); i++) {
      Path task = here.resolve("task-" + i);
      Files.move(task, directory.resolve("moved-" + i));
      copy(config.instanceDirectory().resolve("task-" + i), task);
    }
    countedOnce("a");
    try (Engine engine = Engine.start(config("a"))) {
      Engines.awaitRunning(engine);
      assertThat(mentions(engine, "foreign")).isZero();
      Engines.end(engine);
    }
    try (Stream<Path> files = Files.list(here)) {
      assertThat(files.filter(file -> file.toString().contains(".corrupt-")))
          .hasSize(config.tasks().shufflePartitions());
    }
  }

  @Test
  void aStoreOfAnotherPartitionIsSetAside() throws Exception {
    Path here = config("a").instanceDirectory();
    Files.move(here.resolve("task-1"), directory.resolve("moved"));
    copy(here.resolve("task-0"), here.resolve("task-1"));
    countedOnce("a");
    try (Engine engine = Engine.start(config("a"))) {
      Engines.awaitRunning(engine);
      for (int i = 0; i < 100; i++) {
        assertThat(mentions(engine, "tag" + i)).isEqualTo(1);
      }
      Engines.end(engine);
    }
    try (Stream<Path> files = Files.list(here)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .filteredOn(name -> name.startsWith("task-1.corrupt-"))
          .hasSize(1);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void aDeletedShuffleIsReportedAndNotCreatedAgain() throws Exception {
    delete(topics().shuffle());
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Engine.open(config("a")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll("was made of topic " + topics().shuffle(), "which is gone");
    }
    assertThat(admin.listTopics().names().get()).doesNotContain(topics().shuffle());
  }

  @Test
  void partitionsThatAreAddedToThePostsAreTakenIn() throws Exception {
    try (Engine engine = Engine.start(config("a"))) {
      Engines.awaitRunning(engine);
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(PARTITIONS + 1))).all().get();
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> engine.status().loops().get(0).postsPartitions().contains(PARTITIONS));
      for (int i = 0; i < 10; i++) {
        posts.sendRaw(PARTITIONS, "{\"text\":\"#one\"}");
      }
      posts.flush();
      sent += 10;
      Engines.awaitPosts(engine, sent);
      assertThat(engine.failure()).isNotDone();
      Engines.end(engine);
    }
    countedOnce("a");
  }

  @Test
  void aPostsTopicThatIsCreatedAgainIsReadFromItsBeginning() throws Exception {
    try (Engine engine = Engine.start(config("a"))) {
      Engines.awaitRunning(engine);
      Uuid before = engine.status().postsTopic();
      delete(topic);
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
      for (int i = 0; i < 10; i++) {
        posts.sendRaw(0, "{\"text\":\"#one\"}");
      }
      posts.flush();
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> {
                assertThat(mentions(engine, "one")).isEqualTo(sent + 10);
                assertThat(engine.queries().held(engine.queries().partitions()).values())
                    .allSatisfy(held -> assertThat(held.asOf()).isEqualTo(Map.of(0, 10L)));
              });
      assertThat(engine.status().postsTopic()).isNotEqualTo(before);
      Engines.end(engine);
    }
  }
}
