package io.streamsocial.cli.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.cli.CommandProcess;
import io.streamsocial.cli.GroupMembers;
import io.streamsocial.cli.Main;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowKey;
import io.streamsocial.store.WindowStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;

/** The operator's commands on a real Kafka and real state directories. */
@Timeout(900)
final class OperateIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SOURCES = 2;
  private static final int PARTITIONS = 3;
  private static final int POSTS = 6_000;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path temp;

  private final String bootstrap = KafkaFixture.bootstrap();
  private final String topic = KafkaFixture.createTopic("posts", SOURCES);
  private final String app = KafkaFixture.uniqueName("operate");
  private final String changelog = app + "-hashtag-trends-store-changelog";
  private final long nowMs = System.currentTimeMillis();
  private long posted;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  // ---------------------------------------------------------------- inspect

  @Test
  void inspectTellsWhatAStateHoldsAndRefusesOneInUse() throws Exception {
    assertThat(run("inspect", "--state-dir", temp.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("there is no state directory", "--state-dir");
    produce(POSTS, 500, 0);
    Path state = temp.resolve("state");
    try (Engine engine = count(state)) {
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
      assertThat(inspect(state)).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
    }
    assertThat(inspect(state, "--json", "--top", "3")).as(err.toString()).isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("partitions")).hasSize(PARTITIONS);
    long rows = 0;
    long mentions = 0;
    for (JsonNode partition : json.path("partitions")) {
      assertThat(partition.path("damage").isNull()).isTrue();
      assertThat(partition.path("window_size_ms").asLong()).isEqualTo(WINDOW_MS);
      assertThat(partition.path("posts_offsets").path("0").asLong()).isEqualTo(POSTS / 2);
      assertThat(partition.path("posts_offsets").path("1").asLong()).isEqualTo(POSTS / 2);
      assertThat(partition.path("bytes").asLong()).isPositive();
      assertThat(partition.path("top")).hasSize(3);
      assertThat(partition.path("top").get(0).path("count").asLong())
          .isGreaterThanOrEqualTo(partition.path("top").get(2).path("count").asLong());
      rows += partition.path("rows").asLong();
      for (JsonNode window : partition.path("windows")) {
        mentions += window.path("regions").get(0).path("mentions").asLong();
      }
    }
    assertThat(rows).isEqualTo(rows(state).size());
    assertThat(mentions).as("three tags a post").isEqualTo(3L * POSTS);
    // The instance's own directory will do, and people get tables.
    assertThat(run("inspect", "--state-dir", instance(state).toString())).isZero();
    assertThat(out.toString()).contains("POSTS INCLUDED", "{0=3000, 1=3000}", "#every");
    assertThat(run("inspect", "--state-dir", state.toString(), "--app-id", "other")).isEqualTo(1);
    assertThat(err.toString()).contains("there are: " + app);
    assertThat(inspect(state, "--partitions", "0,7")).isEqualTo(1);
    assertThat(err.toString()).contains("partition 7 is not in");
    damage(instance(state).resolve("task-1"));
    Files.createDirectories(instance(state).resolve("task-2.corrupt-1700000000000"));
    assertThat(inspect(state)).isEqualTo(1);
    assertThat(err.toString()).contains("damaged: partition 1", "set aside:", "task-2.corrupt");
    assertThat(doctor(state)).isEqualTo(3);
    assertThat(out.toString()).contains("partitions [1] are damaged");
  }

  // ---------------------------------------------------------------- restore

  @Test
  void restoreMakesTheSameStateAndServeHasNothingLeftToRestore() throws Exception {
    produce(POSTS, 500, 0);
    Path live = temp.resolve("live");
    count(live).close();
    Path restored = temp.resolve("restored");
    assertThat(restore(restored, "--partitions", "all", "--parallel", "2", "--json"))
        .as(err.toString())
        .isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("complete").asBoolean()).isTrue();
    assertThat(json.path("partitions")).hasSize(PARTITIONS);
    for (JsonNode partition : json.path("partitions")) {
      assertThat(partition.path("records").asLong()).isPositive();
      assertThat(partition.path("records_per_s").asLong()).isPositive();
    }
    assertThat(rows(restored)).isNotEmpty();
    assertThat(everythingButPositions(restored))
        .as("every row, and the format, byte by byte")
        .isEqualTo(everythingButPositions(live));
    assertThat(positions(restored))
        .as("but for the control record at the end of the changelog")
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("changelogOffset")
        .isEqualTo(positions(live));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      // Who writes the last checkpoint stands behind its last record; who reads it stands behind
      // the commit marker, too.
      assertThat(positions(restored).get(partition).changelogOffset())
          .isEqualTo(positions(live).get(partition).changelogOffset() + 1);
    }
    assertThat(verify(restored)).as(out.toString()).isZero();
    assertThat(restore(restored)).isZero();
    assertThat(out.toString()).containsPattern("2 +\\d+ +\\d+ +0 ");
    try (Engine engine = count(restored)) {
      assertThat(sum(engine, EngineStatus.Counters::restoredRecords)).isZero();
      assertThat(restore(restored)).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
    }
    damage(instance(restored).resolve("task-0"));
    Files.delete(instance(restored).resolve("task-0").resolve("CURRENT"));
    assertThat(restore(restored, "--partitions", "0")).isZero();
    assertThat(rows(restored)).isEqualTo(rows(live));
    assertThat(restore(restored, "--partitions", "3")).isEqualTo(1);
    assertThat(err.toString()).contains("partition 3 does not exist");
  }

  @Test
  void aRestoreThatIsKilledGoesOnFromWhereItWas() throws Exception {
    produce(60_000, 60_000, 0);
    Path live = temp.resolve("live");
    count(live).close();
    Path restored = temp.resolve("restored");
    List<String> line =
        new ArrayList<>(
            List.of(
                "restore",
                "--partitions",
                "0",
                "--json",
                // One batch an answer, or one answer would have all of it.
                "--kafka.consumer.max.partition.fetch.bytes=1"));
    line.addAll(common(restored));
    throttle(20_000.0);
    try (CommandProcess process = CommandProcess.start(line)) {
      Path store = instance(restored).resolve("task-0");
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                assertThat(process.isAlive()).as(process.output()).isTrue();
                return isPersisted(store);
              });
      assertThat(process.handle().destroyForcibly()).isTrue();
      assertThat(process.awaitEnd()).isEqualTo(128 + 9);
    } finally {
      throttle(null);
    }
    assertThat(verify(restored)).as("a part is no state, and no wrong one").isEqualTo(3);
    // Killed just between two checkpoints it can be compared, but what is newer stays unproven.
    assertThat(err.toString() + out)
        .containsPattern(
            "partition 0 was not compared.*broken off; run restore|[1-9]\\d* unproven|\"unproven\" ?: ?[1-9]");
    assertThat(run(line.toArray(new String[0]))).as(err.toString()).isZero();
    JsonNode partition = JSON.readTree(out.toString()).path("partitions").get(0);
    System.out.printf(
        "OperateIT: killed at changelog offset %s of %s, %s records left%n",
        partition.path("from"), partition.path("to"), partition.path("records"));
    assertThat(partition.path("from").asLong())
        .isPositive()
        .isLessThan(partition.path("to").asLong());
    assertThat(partition.path("records").asLong()).isPositive();
    assertThat(rows(restored)).isEqualTo(rowsOf(live, 0)).isNotEmpty();
    assertThat(verify(restored)).as(out.toString()).isZero();
  }

  /**
   * The rate of a restore that docs/operating/commands.md gives. With -Doperate.keys=N another
   * number of keys.
   */
  @Test
  @Tag("long")
  void aMillionKeysAreRestoredAtTheRateThatIsTold() throws Exception {
    int keys = Integer.getInteger("operate.keys", 1_000_000);
    produceDistinct(keys);
    Path live = temp.resolve("live");
    count(live).close();
    for (int parallel : new int[] {1, 2}) {
      Path restored = temp.resolve("restored-" + parallel);
      List<String> line = new ArrayList<>(List.of("restore", "--parallel=" + parallel));
      line.addAll(common(restored));
      try (CommandProcess process = CommandProcess.startOptimizing(line)) {
        assertThat(process.awaitEnd(120)).as(process.output()).isZero();
        System.out.printf(
            "OperateIT: restore of %d keys, --parallel %d, %d processors:%n%s%n",
            keys, parallel, Runtime.getRuntime().availableProcessors(), process.output());
        assertThat(process.output()).contains(" records/s, ", " MB/s");
      }
      assertThat(everythingButPositions(restored)).hasSizeGreaterThanOrEqualTo(keys);
      assertThat(everythingButPositions(restored)).isEqualTo(everythingButPositions(live));
    }
    assertThat(verify(temp.resolve("restored-1"), "--max-rows", Integer.toString(4 * keys)))
        .as(out.toString())
        .isZero();
  }

  // ---------------------------------------------------------------- verify

  @Test
  void verifyFindsASingleCountMoreOrLess() throws Exception {
    produce(POSTS, 500, 0);
    raw(0, "not json");
    raw(0, "{\"text\":\"#tomorrow\",\"timestamp\":" + (nowMs + 86_400_000L) + "}");
    Path state = temp.resolve("state");
    count(state).close();
    assertThat(verify(state, "--json")).as(out + "\n" + err).isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("verdict").asText()).isEqualTo("equal");
    assertThat(json.path("posts").asLong()).isEqualTo(posted);
    assertThat(json.path("rows").asLong()).isEqualTo(rows(state).size());
    assertThat(json.path("passes").asInt()).isEqualTo(1);
    // Rows beyond the bound are compared in slices, with the same result.
    assertThat(verify(state, "--json", "--max-rows", "1000")).as(err.toString()).isZero();
    JsonNode sliced = JSON.readTree(out.toString());
    assertThat(sliced.path("rows")).isEqualTo(json.path("rows"));
    assertThat(sliced.path("passes").asInt()).isGreaterThan(2);

    Path altered = temp.resolve("altered");
    copy(state, altered);
    long truth = alterOneRow(altered);
    assertThat(verify(altered, "--json")).isEqualTo(4);
    JsonNode found = JSON.readTree(out.toString());
    assertThat(found.path("difference_count").asInt()).isEqualTo(1);
    JsonNode difference = found.path("differences").get(0);
    assertThat(difference.path("hashtag").asText()).isEqualTo("every");
    assertThat(difference.path("region").asText()).isEqualTo("EU-West");
    assertThat(difference.path("input").asLong()).isEqualTo(truth);
    assertThat(difference.path("changelog").asLong()).isEqualTo(truth);
    assertThat(difference.path("state").asLong()).isEqualTo(truth + 1);
    assertThat(verify(altered, "--max-differences", "0")).isEqualTo(4);
    assertThat(out.toString()).contains("different: ", "1 different").doesNotContain("#every");

    plantInChangelog(difference.path("partition").asInt(), difference, truth + 1);
    assertThat(verify(state, "--json")).isEqualTo(4);
    JsonNode planted = JSON.readTree(out.toString()).path("differences");
    assertThat(planted).hasSize(1);
    assertThat(planted.get(0).path("changelog").asLong()).isEqualTo(truth + 1);
    assertThat(planted.get(0).path("state").asLong()).isEqualTo(truth);
    // Who restores from it has it in the state, where only the input gives it away.
    Path restored = temp.resolve("restored");
    assertThat(restore(restored)).isZero();
    assertThat(verify(restored)).isEqualTo(4);
    assertThat(out.toString()).contains("#every", "EU-West", "1 different");
    assertThat(verify(restored, "--json")).isEqualTo(4);
    JsonNode both = JSON.readTree(out.toString()).path("differences").get(0);
    assertThat(both.path("window")).isEqualTo(difference.path("window"));
    assertThat(both.path("input").asLong()).isEqualTo(truth);
    assertThat(both.path("changelog").asLong()).isEqualTo(truth + 1);
    assertThat(both.path("state").asLong()).isEqualTo(truth + 1);
  }

  @Test
  void verifySaysWhatItCannotProve() throws Exception {
    produce(POSTS, 200, 0);
    Path state = temp.resolve("state");
    count(state).close();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(100)))
          .all()
          .get();
    }
    assertThat(verify(state)).as(out.toString()).isEqualTo(3);
    assertThat(out.toString()).contains("partial: ", "at_least");
    assertThat(err.toString()).contains("note: " + topic + "-0: posts before", "are deleted");
    alterOneRow(state);
    assertThat(verify(state))
        .as("more than the posts that are left, but the changelog knows")
        .isEqualTo(4);
    assertThat(verify(state, "--window", "1m")).isEqualTo(1);
    assertThat(err.toString()).contains("was written with window 300000 ms, configured 60000 ms");
    assertThat(verify(state, "--topic", "no.such.topic")).isEqualTo(1);
    assertThat(err.toString()).contains("name the posts with --topic");
    String other = KafkaFixture.createTopic("other", SOURCES);
    assertThat(verify(state, "--topic", other)).isEqualTo(4);
    assertThat(err.toString())
        .contains("difference: " + other + "-0 ends at offset 0, but the state includes it up to");
  }

  @Test
  void lateMentionsMayBeMissingFromAWindowButNotAdded() throws Exception {
    Path state = temp.resolve("state");
    String[] grace = {"--grace", "0s"};
    produce(POSTS, 200, 2 * WINDOW_MS);
    try (Engine engine = count(state, Duration.ZERO)) {
      // Stream time is known to be at the end now: these are late.
      produce(100, 200, 0, nowMs - 2 * WINDOW_MS);
      awaitCounted(engine, posted);
      // The status is of the end of a turn, a little after the answers.
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(sum(engine, EngineStatus.Counters::late)).isPositive());
    }
    assertThat(verify(state, grace)).as(out.toString()).isEqualTo(3);
    assertThat(out.toString()).contains("partial: ", "at_most", "exact");
    assertThat(verify(state)).as("with another grace than it was counted with").isEqualTo(4);
  }

  // ---------------------------------------------------------------- reset

  @Test
  void resetShowsAsksAndDeletes() throws Exception {
    produce(POSTS, 200, 0);
    Path state = temp.resolve("state");
    try (Engine engine = count(state)) {
      assertThat(reset(state, false, "--local", "--yes")).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
      assertThat(reset(temp.resolve("elsewhere"), false, "--topics", "--yes")).isEqualTo(1);
      assertThat(err.toString()).contains("1 member(s) of group " + app + " are alive", "0-0 at");
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    }
    removeMembers();
    assertThat(reset(state, false)).isEqualTo(2);
    assertThat(err.toString()).contains("say --local, --topics or both");
    assertThat(reset(state, false, "--local", "--topics")).isEqualTo(1);
    assertThat(out.toString()).contains("task-0", changelog, app + "-shuffle", "group offsets");
    assertThat(err.toString()).contains("say --yes");
    InputStream stdin = System.in;
    try {
      System.setIn(new ByteArrayInputStream("n\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(reset(state, true, "--local")).isEqualTo(1);
      assertThat(err.toString()).contains("[y/N]", "nothing was deleted");
      assertThat(rows(state)).isNotEmpty();
      System.setIn(new ByteArrayInputStream("y\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(reset(state, true, "--local")).isZero();
    } finally {
      System.setIn(stdin);
    }
    assertThat(instance(state).resolve("task-0")).doesNotExist();
    assertThat(reset(state, false, "--local", "--topics", "--yes")).as(err.toString()).isZero();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(admin.listTopics().names().get())
                      .contains(topic)
                      .noneMatch(name -> name.startsWith(app)));
    }
    assertThat(reset(state, false, "--local", "--topics")).isZero();
    assertThat(err.toString()).contains("there is nothing to delete");
    count(state).close(); // all over again
    assertThat(verify(state)).as(out.toString()).isZero();
  }

  /** The directory of an instance that nobody thought of, found again after the new beginning. */
  @Test
  void stateFromBeforeAResetIsRefusedByNameOfTheCure() throws Exception {
    produce(POSTS, 200, 0);
    Path state = temp.resolve("state");
    Path forgotten = temp.resolve("forgotten");
    count(state).close();
    copy(state, forgotten);
    removeMembers();
    assertThat(reset(state, false, "--local", "--topics", "--yes")).as(err.toString()).isZero();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(topics()).noneMatch(name -> name.startsWith(app)));
    // More than before, so that no offset gives it away.
    produce(POSTS, 200, 0);
    count(state).close();
    removeMembers();
    assertThatThrownBy(() -> count(forgotten).close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("belongs to another life of topic " + changelog, "reset --local");
    assertThat(restore(forgotten)).isEqualTo(1);
    assertThat(verify(forgotten)).isEqualTo(1);
    assertThat(err.toString()).contains("belongs to another life of topic " + changelog);
    assertThat(reset(forgotten, false, "--local", "--yes")).isZero();
    count(forgotten).close();
    assertThat(verify(forgotten)).as(out.toString()).isZero();
  }

  private Set<String> topics() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      return admin.listTopics().names().get();
    }
  }

  // ---------------------------------------------------------------- doctor

  @Test
  void doctorSaysWhatToDo() throws Exception {
    Path state = temp.resolve("state");
    assertThat(doctor(state, "--json")).as(out.toString()).isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("ok").asBoolean()).isTrue();
    assertThat(json.path("checks").findValuesAsText("name"))
        .contains("brokers", "transactions", "topic " + topic, "disk", "memory", "port", "clock")
        .contains("access to topic " + topic);
    assertThat(out.toString()).contains("does not exist yet, the first start creates it");
    assertThat(state).as("nothing is created").doesNotExist();
    produce(100, 10, 0);
    try (Engine engine = count(state)) {
      assertThat(doctor(state)).as("a second one beside it").isEqualTo(3);
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    }
    assertThat(doctor(state)).as(out.toString()).isZero();
    assertThat(out.toString()).contains("every row can be read", "transaction.version is 2");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, app + "-shuffle"),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("retention.ms", "1000"), AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(
              doctor(
                  state,
                  "--port",
                  port,
                  "--host",
                  "0.0.0.0",
                  "--insecure",
                  "--shuffle-partitions",
                  "5",
                  "--topic",
                  "no.such.topic",
                  "--store-memory-bytes",
                  Long.toString(1L << 40)))
          .isEqualTo(3);
      assertThat(out.toString())
          .contains("retention.ms=1000, needed is -1", "kafka-configs.sh", "configured are 5")
          .contains("'no.such.topic' does not exist", "kafka-topics.sh")
          .contains(port + " on 0.0.0.0 is in use by something else")
          .contains("lower --store-memory-bytes");
    }
    assertThat(doctor(state, "--acls", "--for", "serve", "--principal", "User:me")).isZero();
    assertThat(out.toString().lines().filter(line -> !line.startsWith("#")))
        .hasSize(6)
        .allMatch(line -> line.startsWith("kafka-acls.sh --bootstrap-server " + bootstrap))
        .anyMatch(line -> line.contains("--topic '" + changelog + "'"))
        .anyMatch(
            line ->
                line.endsWith(
                    "--transactional-id '" + app + "-' --resource-pattern-type prefixed"));
    assertThat(doctor(state, "--acls")).isZero();
    assertThat(out.toString())
        .contains("# serve\n", "# serve: POST /api/posts\n", "# restore\n", "# verify\n")
        .contains("# reset --topics\n", "--allow-principal 'User:trending'");
    assertThat(
            run(
                "doctor",
                "--bootstrap",
                "localhost:1",
                "--port=0",
                "--state-dir=" + state,
                "--kafka.admin.default.api.timeout.ms=1000",
                "--kafka.admin.request.timeout.ms=900"))
        .isEqualTo(3);
    assertThat(out.toString())
        .contains("no answer at localhost:1", "the brokers must answer first");
  }

  // ---------------------------------------------------------------- running commands

  private int run(String... args) {
    return run(false, args);
  }

  private int run(boolean terminal, String... args) {
    out = new StringWriter();
    err = new StringWriter();
    Shell shell =
        new Shell(
            new PrintWriter(out),
            new PrintWriter(err),
            terminal,
            new Environment(Map.of()),
            new Shutdown());
    int code = Main.run(args, shell);
    shell.out().flush();
    shell.err().flush();
    return code;
  }

  private List<String> common(Path state) {
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
    return run(terminal, line.toArray(new String[0]));
  }

  private int inspect(Path state, String... more) {
    List<String> line =
        new ArrayList<>(List.of("inspect", "--state-dir", state.toString(), "--app-id", app));
    line.addAll(Arrays.asList(more));
    return run(line.toArray(new String[0]));
  }

  private int restore(Path state, String... more) {
    return command("restore", state, false, more);
  }

  private int verify(Path state, String... more) {
    return command("verify", state, false, more);
  }

  private int reset(Path state, boolean terminal, String... more) {
    return command("reset", state, terminal, more);
  }

  private int doctor(Path state, String... more) {
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

  // ---------------------------------------------------------------- posts and engines

  private void produce(int posts, int tags, long spreadMs) {
    produce(posts, tags, spreadMs, nowMs);
  }

  /** Every post has the tag every and two others, times go up to the end. */
  private void produce(int posts, int tags, long spreadMs, long endMs) {
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
  private void produceDistinct(int tags) {
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

  private void raw(int partition, String value) {
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

  private Engine count(Path state) {
    return count(state, EngineConfig.defaults().build().windows().grace());
  }

  /** An engine that has counted all that was posted. */
  private Engine count(Path state, Duration grace) {
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

  private void awaitCounted(Engine engine, long posts) {
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

  private static long sum(Engine engine, ToLongFunction<EngineStatus.Counters> counter) {
    return engine.status().loops().stream()
        .map(EngineStatus.Loop::counters)
        .mapToLong(counter)
        .sum();
  }

  /** A static member stays until its session ends; a test need not wait for it. */
  private void removeMembers() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      GroupMembers.removeAll(admin, app);
    }
  }

  private void throttle(@Nullable Double bytesPerSecond) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .alterClientQuotas(
              List.of(
                  new ClientQuotaAlteration(
                      new ClientQuotaEntity(
                          Map.of(ClientQuotaEntity.CLIENT_ID, app + "-restore-0-0")),
                      List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", bytesPerSecond)))))
          .all()
          .get();
    }
  }

  // ---------------------------------------------------------------- state on disk

  private Path instance(Path state) {
    return state.resolve(app).resolve("0");
  }

  private Map<String, Long> rows(Path state) {
    Map<String, Long> rows = new TreeMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      rows.putAll(rowsOf(state, partition));
    }
    return rows;
  }

  private Map<String, Long> rowsOf(Path state, int partition) {
    Map<String, Long> rows = new TreeMap<>();
    Path task = instance(state).resolve("task-" + partition);
    if (Files.isDirectory(task)) {
      try (StoreMemory memory = new StoreMemory(32 << 20);
          ReadOnlyStore store = ReadOnlyStore.open(task, "hashtag-trends-store", memory)) {
        store.forEachRow(
            (key, count) ->
                rows.put(
                    "%d %s %s"
                        .formatted(
                            WindowKey.windowStart(key),
                            new String(WindowKey.region(key), StandardCharsets.UTF_8),
                            new String(WindowKey.tag(key), StandardCharsets.UTF_8)),
                    count));
      }
    }
    return rows;
  }

  /** What RocksDB holds in both column families of all partitions, except the position's value. */
  private Map<String, String> everythingButPositions(Path state) throws Exception {
    Map<String, String> all = new TreeMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      String task = instance(state).resolve("task-" + partition).toString();
      List<ColumnFamilyHandle> families = new ArrayList<>();
      try (DBOptions options = new DBOptions();
          ColumnFamilyOptions family = new ColumnFamilyOptions();
          RocksDB db =
              RocksDB.openReadOnly(
                  options,
                  task,
                  List.of(
                      new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                      new ColumnFamilyDescriptor(
                          "hashtag-trends-store".getBytes(StandardCharsets.UTF_8), family)),
                  families)) {
        for (ColumnFamilyHandle each : families) {
          try (RocksIterator rows = db.newIterator(each)) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
              String key = partition + " " + HexFormat.of().formatHex(rows.key());
              boolean isPosition = Arrays.equals(rows.key(), "position".getBytes(US_ASCII));
              all.put(key, isPosition ? "any" : HexFormat.of().formatHex(rows.value()));
            }
            rows.status();
          }
          each.close();
        }
      }
    }
    return all;
  }

  private List<Position> positions(Path state) {
    List<Position> positions = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      try (StoreMemory memory = new StoreMemory(32 << 20);
          ReadOnlyStore store =
              ReadOnlyStore.open(
                  instance(state).resolve("task-" + partition), "hashtag-trends-store", memory)) {
        positions.add(store.position());
      }
    }
    return positions;
  }

  /** One more of #every in one region; returns what it was. */
  private long alterOneRow(Path state) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      for (Map.Entry<String, Long> row : rowsOf(state, partition).entrySet()) {
        if (row.getKey().endsWith(" EU-West every")) {
          long start = Long.parseLong(row.getKey().substring(0, row.getKey().indexOf(' ')));
          addOne(instance(state).resolve("task-" + partition), start);
          return row.getValue();
        }
      }
    }
    throw new AssertionError("no such row in " + state);
  }

  private static void addOne(Path task, long start) {
    byte[] tag = "every".getBytes(StandardCharsets.UTF_8);
    try (StoreMemory memory = new StoreMemory(32 << 20);
        WindowStore store = WindowStore.open(task, "hashtag-trends-store", WINDOW_MS, 1, memory)) {
      try (WindowStore.Fold fold = store.fold()) {
        fold.add(
            store.window(start, "EU-West".getBytes(StandardCharsets.UTF_8)), tag, 0, tag.length, 1);
      }
      store.commit(store.position());
      store.flush();
    }
  }

  private void plantInChangelog(int partition, JsonNode row, long count) {
    byte[] name =
        (row.path("region").asText() + ":" + row.path("hashtag").asText())
            .getBytes(StandardCharsets.UTF_8);
    byte[] key =
        ByteBuffer.allocate(name.length + 12)
            .put(name)
            .putLong(row.path("window").asLong())
            .putInt(0)
            .array();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      Future<RecordMetadata> unused =
          producer.send(
              new ProducerRecord<>(
                  changelog, partition, key, ByteBuffer.allocate(8).putLong(count).array()));
    }
  }

  /** Whether who is killed now has something to go on from. */
  private static boolean isPersisted(Path task) {
    try (StoreMemory memory = new StoreMemory(32 << 20);
        ReadOnlyStore store = ReadOnlyStore.open(task, "hashtag-trends-store", memory)) {
      return store.position().changelogOffset() > 0;
    } catch (StoreException e) {
      return false; // not made yet, or its files have changed meanwhile
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /** A byte in the largest table. */
  private static void damage(Path task) throws IOException {
    try (Stream<Path> files = Files.list(task)) {
      Path table =
          files
              .filter(file -> file.toString().endsWith(".sst"))
              .max(Comparator.comparingLong(file -> file.toFile().length()))
              .orElseThrow();
      try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
        file.seek(file.length() / 3);
        int old = file.read();
        file.seek(file.length() / 3);
        file.write(old ^ 0xFF);
      }
    }
  }
}
