package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.broker.Topics;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Trending;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * A Kafka with TLS, logins and ACLs: what doctor prints is enough, nothing of it is too much, and
 * who is refused reads why and what to do. The super user works through the plain door.
 */
@Timeout(900)
final class SecureBrokerIT {
  private static final int PARTITIONS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir static Path shared;
  @TempDir Path temp;

  private static SecureKafka kafka;

  private final String app = KafkaFixture.uniqueName("secure");
  private final String user = app + "-user";
  private final String topic = app + "-posts";
  private long posts;
  private long bad;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeAll
  static void startKafka() throws Exception {
    kafka = SecureKafka.start(shared);
  }

  @AfterAll
  static void stopKafka() {
    if (kafka != null) {
      kafka.close();
    }
  }

  // ---------------------------------------------------------------- ACLs

  @Test
  void whatDoctorPrintsIsEnoughToServe() throws Exception {
    createPosts();
    kafka.addUser(user);
    kafka.allow(printed("serve", user));
    assertThat(run("doctor", user, "--port=0", "--shuffle-partitions=" + PARTITIONS))
        .as(out.toString())
        .isZero();
    post(50);
    postBad();
    try (Engine engine = Engine.start(config(0).build())) {
      awaitCounted(engine);
      assertThat(rejected()).as("what cannot be counted is kept").isEqualTo(bad);
    }
    post(50);
    try (Engine engine = Engine.start(config(0).standbys(1).build());
        Engine standby = Engine.start(config(1).standbys(1).build())) {
      awaitCounted(engine);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  List.of(engine, standby).stream()
                          .flatMap(each -> each.status().partitions().stream())
                          .filter(each -> each.role() == Role.STANDBY && !each.restoring())
                          .count()
                      == PARTITIONS);
      post(50);
      awaitCounted(engine);
      assertThat(engine.status().loops()).allMatch(loop -> loop.refused().isEmpty());
    }
    removeMembers();
    Path restored = temp.resolve("restored");
    kafka.allow(printed("restore,verify", user));
    assertThat(run("restore", user, "--state-dir=" + restored)).as(err.toString()).isZero();
    assertThat(run("verify", user, "--state-dir=" + restored)).as(out + "\n" + err).isZero();
  }

  @Test
  void nothingThatDoctorPrintsForServeIsTooMuch() throws Exception {
    createPosts();
    kafka.addUser(user);
    List<AclBinding> all = printed("serve", user);
    kafka.allow(all);
    // Nothing exists yet, so each topic cannot be created in turn.
    for (AclBinding need : all) {
      if (need.entry().operation() == AclOperation.CREATE) {
        kafka.forbid(need);
        assertThat(refusedAtStart()).anyMatch(text -> names(text, need));
        kafka.allow(List.of(need));
      }
    }
    // Records that are none of ours, so that there is something to delete behind the checkpoints.
    filler(1_200);
    try (Engine engine = Engine.start(config(0).build())) {
      awaitCounted(engine);
    }
    for (AclBinding need : all) {
      if (need.entry().operation() == AclOperation.CREATE) {
        continue; // they exist now
      }
      kafka.forbid(need);
      assertThat(refusedAtStart()).as("%s", need).anyMatch(text -> names(text, need));
      kafka.allow(List.of(need));
      if (need.entry().operation() == AclOperation.DELETE) {
        oldRecordsAreNotDeletedWithout(need);
      } else if (need.entry().operation() != AclOperation.DESCRIBE_CONFIGS) {
        refusedWhileItRuns(need);
      }
    }
  }

  /** It was allowed at the start, is not when it is needed, and is allowed again. */
  private void refusedWhileItRuns(AclBinding need) throws Exception {
    Path state = Files.createTempDirectory(temp, "state"); // empty: the changelog must be read
    try (Said said = new Said();
        Engine engine = Engine.open(config(0).stateDir(state).build())) {
      kafka.forbid(need);
      engine.join(InstanceAddress.NONE);
      post(10);
      postBad();
      await(need + " is missed")
          .atMost(PATIENCE)
          .until(
              () ->
                  engine.status().loops().get(0).refused().stream()
                          .anyMatch(text -> names(text, need))
                      && said.lines.stream().anyMatch(line -> names(line, need)));
      long since = System.nanoTime();
      int before = said.lines.size();
      await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
      double seconds = (System.nanoTime() - since) / 1e9;
      assertThat(said.lines.size() - before)
          .as("no busy loop without %s, but %s", need, said.lines)
          .isLessThanOrEqualTo((int) (10 * seconds));
      assertThat(said.lines.stream().filter(line -> names(line, need)))
          .as("it is said once: %s", said.lines)
          .hasSize(1);
      kafka.allow(List.of(need));
      awaitCounted(engine);
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    }
    assertThat(rejected()).as("nothing was kept twice").isEqualTo(bad);
  }

  private void oldRecordsAreNotDeletedWithout(AclBinding delete) throws Exception {
    try (Said said = new Said();
        Engine engine = Engine.open(config(0).build())) {
      kafka.forbid(delete);
      engine.join(InstanceAddress.NONE);
      awaitCounted(engine);
      await()
          .atMost(PATIENCE)
          .until(() -> said.lines.stream().anyMatch(line -> names(line, delete)));
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    } finally {
      kafka.allow(List.of(delete));
    }
  }

  @Test
  void eachCommandNeedsWhatDoctorPrintsForItAndNoMore() throws Exception {
    createPosts();
    kafka.addUser(user);
    kafka.allow(printed("serve", user));
    post(50);
    postBad();
    Path state = temp.resolve("state");
    try (Engine engine = Engine.start(config(0).stateDir(state).build())) {
      awaitCounted(engine);
    }
    removeMembers();
    String directory = "--state-dir=" + state;
    eachIsNeeded("restore", "restore", "--state-dir=" + temp.resolve("restored"));
    eachIsNeeded("verify", "verify", directory);
    assertThat(run("inspect", "nobody", directory)).as("needs no Kafka").isZero();
    eachIsNeeded("reset", "reset", "--topics", "--yes");
    // The broker that is asked hears of it a little later than the one that deletes.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(kafka.admin().listTopics().names().get())
                    .contains(topic)
                    .doesNotContain(app + "-shuffle"));
  }

  private void eachIsNeeded(String purpose, String command, String... options) throws Exception {
    String operator = app + "-" + purpose;
    kafka.addUser(operator);
    List<AclBinding> needs = printed(purpose, operator);
    kafka.allow(needs);
    for (AclBinding need : needs) {
      kafka.forbid(need);
      assertThat(run(command, operator, options)).as("%s without %s", command, need).isEqualTo(1);
      assertThat(err.toString().lines()).anyMatch(line -> names(line, need));
      kafka.allow(List.of(need));
    }
    assertThat(run(command, operator, options)).as(out + "\n" + err).isZero();
  }

  /** Who, what, on what, and a command that allows exactly that. */
  private static boolean names(String text, AclBinding need) {
    int command = text.indexOf("kafka-acls.sh");
    String operation = need.entry().operation().name().replace("_", "").toLowerCase(Locale.ROOT);
    if (!text.contains(need.entry().principal() + " is not allowed to")
        || !text.toLowerCase(Locale.ROOT).contains(operation)
        || !text.contains(need.pattern().name())
        || command < 0) {
      return false;
    }
    String first = text.substring(command).split("; |\\n", -1)[0].trim();
    return SecureKafka.bindings(first).contains(need);
  }

  private List<String> refusedAtStart() {
    AccessException refused =
        catchThrowableOfType(
            AccessException.class,
            () -> Engine.open(config(0).stateDir(temp.resolve("refused")).build()).close());
    assertThat(refused).as("the start is refused").isNotNull();
    return refused.problems();
  }

  private List<AclBinding> printed(String purposes, String principal) throws Exception {
    assertThat(run("doctor", principal, "--acls", "--for=" + purposes)).as(err.toString()).isZero();
    return out.toString()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .flatMap(line -> SecureKafka.bindings(line).stream())
        .toList();
  }

  // ---------------------------------------------------------------- TLS and logins

  private record Wrong(String bootstrap, Map<String, String> kafka, String cause, String cure) {}

  @Test
  void aConnectionThatCannotBeMadeIsExplainedInOneLine() throws Exception {
    kafka.addUser(user);
    List<Wrong> cases =
        List.of(
            new Wrong(
                kafka.bootstrap(SecureKafka.EXPIRED),
                kafka.client(user),
                "their certificate has expired",
                "renew it"),
            new Wrong(
                kafka.bootstrap(SecureKafka.OTHERHOST),
                kafka.client(user),
                "their certificate is for another host",
                "use a name from the certificate"),
            new Wrong(
                kafka.bootstrap(SecureKafka.SECURE),
                kafka.clientWithOtherAuthority(user),
                "nobody who is trusted here",
                "kafka.ssl.truststore.location"),
            new Wrong(
                kafka.bootstrap(SecureKafka.SECURE),
                kafka.client(user, "wrong-password"),
                "refuse the login of User:" + user,
                "check user and password"),
            new Wrong(
                kafka.bootstrap(SecureKafka.SECURE),
                Map.of(),
                "want TLS, and security.protocol is PLAINTEXT",
                "set kafka.security.protocol to SSL, or to SASL_SSL"),
            new Wrong(
                kafka.plain(),
                kafka.client(user),
                "speak no TLS, and security.protocol is SASL_SSL",
                "set kafka.security.protocol to PLAINTEXT"));
    for (Wrong wrong : cases) {
      for (String command : List.of("serve", "doctor")) {
        explains(command, wrong);
      }
    }
  }

  private void explains(String command, Wrong wrong) {
    // As long as without it, only sooner: what says nothing is given up on. A machine that did not
    // come to shake hands in that time is given more.
    for (int timeoutMs = 3_000; ; timeoutMs *= 5) {
      try (Said said = new Said()) {
        long begunNanos = System.nanoTime();
        List<String> line =
            new ArrayList<>(
                List.of(
                    command,
                    "--port=0",
                    "--state-dir=" + temp.resolve("none"),
                    "--bootstrap=" + wrong.bootstrap,
                    "--kafka.admin.request.timeout.ms=" + (timeoutMs - 100),
                    "--kafka.admin.default.api.timeout.ms=" + timeoutMs));
        wrong.kafka.forEach((key, value) -> line.add("--kafka." + key + "=" + value));
        int code = run(line);
        double seconds = (System.nanoTime() - begunNanos) / 1e9;
        assertThat(code).as(out + "\n" + err).isEqualTo(command.equals("serve") ? 1 : 3);
        String told = command.equals("serve") ? err.toString() : out.toString();
        if (!told.contains(wrong.cause) && timeoutMs < 60_000) {
          continue;
        }
        assertThat(told.lines().filter(each -> each.contains(wrong.cause)))
            .as("%s of %s says in one line", command, told)
            .singleElement()
            .asString()
            .contains(wrong.cure, wrong.bootstrap);
        assertThat(told).doesNotContain("Exception");
        assertThat(seconds).isLessThan(timeoutMs / 1_000.0 + 30);
        assertThat(said.lines.size())
            .as("%s", said.lines)
            .isLessThan((int) (20 * Math.max(3, seconds)));
        return;
      }
    }
  }

  // ---------------------------------------------------------------- running

  private int run(String command, String principal, String... more) {
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

  private int run(List<String> line) {
    out = new StringWriter();
    err = new StringWriter();
    Shell shell =
        new Shell(
            new PrintWriter(out),
            new PrintWriter(err),
            false,
            new Environment(Map.of()),
            new Shutdown());
    int code = Main.run(line.toArray(new String[0]), shell);
    shell.out().flush();
    shell.err().flush();
    return code;
  }

  private EngineConfigBuilder config(int instance) {
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

  private void createPosts() {
    Topics.ensure(kafka.admin(), topic, 1, Map.of());
  }

  private void post(int count) {
    String post = "{\"text\":\"#every #one\",\"region\":\"EU-West\"}";
    send(topic, 0, post, count);
    posts += count;
  }

  private void postBad() {
    send(topic, 0, "not json", 1);
    bad++;
  }

  private void filler(int count) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      send(app + "-shuffle", partition, "nobody's", count);
    }
  }

  private static void send(String topic, int partition, String value, int count) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.plain()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        var unused =
            producer.send(
                new ProducerRecord<>(
                    topic, partition, null, value.getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  /** Everything posted is counted, what cannot be counted is passed, and nothing counts twice. */
  private void awaitCounted(Engine engine) {
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

  private long rejected() throws Exception {
    TopicPartition partition = new TopicPartition(app + "-rejected", 0);
    try (var consumer =
        new org.apache.kafka.clients.consumer.KafkaConsumer<byte[], byte[]>(
            Map.of("bootstrap.servers", kafka.plain(), "isolation.level", "read_committed"),
            new org.apache.kafka.common.serialization.ByteArrayDeserializer(),
            new org.apache.kafka.common.serialization.ByteArrayDeserializer())) {
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
  private void removeMembers() throws Exception {
    GroupMembers.removeAll(kafka.admin(), app);
  }

  /** What is logged as a warning or worse, by whom ever. */
  private static final class Said extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    Said() {
      root.addAppender(this);
      start();
    }

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
        lines.add(event.getFormattedMessage());
      }
    }

    @Override
    public void close() {
      root.detachAppender(this);
      stop();
    }
  }
}
