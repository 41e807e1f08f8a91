package io.streamsocial.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.TopicDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 600, unit = SECONDS)
class LocalBrokerIT {

  @Test
  void oneNodeServesTransactionsAndLeavesNothing() throws Exception {
    LocalBroker broker = LocalBroker.start();
    long pid = broker.pid(1);
    try (broker) {
      assertThat(Topics.ensure(broker.bootstrap(), "lines", 2, Map.of("retention.ms", "-1")))
          .isTrue();
      assertThat(Topics.ensure(broker.bootstrap(), "lines", 2, Map.of())).isFalse();
      Lines.write(broker.bootstrap(), "lines", true, "a", "b");
      Lines.write(broker.bootstrap(), "lines", false, "never");
      Lines.write(broker.bootstrap(), "lines", true, "c");
      awaitLines(broker, "a", "b", "c");

      assertThat(finalizedLevel(broker, "transaction.version")).isGreaterThanOrEqualTo(2);
      // Chatting, it would have said hundreds of lines; a stalled machine is worth a warning.
      assertThat(log(broker)).as("a healthy broker is quiet").hasSizeLessThan(50);
    }
    assertThat(isRunning(pid)).isFalse();
    assertThat(broker.dataDir()).doesNotExist();
    broker.close();
  }

  @Test
  void threeNodesSurviveTheKillOfOne() throws Exception {
    try (LocalBroker broker = LocalBroker.start(BrokerConfig.defaults().nodes(3))) {
      Topics.ensure(broker.bootstrap(), "lines", 1, Map.of());
      Lines.write(broker.bootstrap(), "lines", true, "before");
      awaitNodes(broker, 3);

      int leader = leaderOfPartition0(broker, "lines");
      broker.kill(leader);
      assertThat(broker.isAlive(leader)).isFalse();
      awaitNodes(broker, 2);
      Lines.write(broker.bootstrap(), "lines", true, "while one is away");

      broker.restart(leader);
      awaitNodes(broker, 3);
      Lines.write(broker.bootstrap(), "lines", true, "after");
      awaitLines(broker, "before", "while one is away", "after");
    }
  }

  @Test
  void givenDirectoryKeepsItsDataAndIdentity(@TempDir Path dir) throws Exception {
    Path data = dir.resolve("with space");
    String id;
    try (LocalBroker broker = LocalBroker.start(BrokerConfig.defaults().dataDir(data))) {
      id = broker.clusterId();
      Topics.ensure(broker.bootstrap(), "lines", 1, Map.of());
      Lines.write(broker.bootstrap(), "lines", true, "kept");
      // At once: the commit is acknowledged, and its marker not yet in the partition.
      broker.kill(1);
      broker.restart(1);
      awaitLines(broker, "kept");
      Lines.write(broker.bootstrap(), "lines", true, "too");
      awaitLines(broker, "kept", "too");
    }
    assertThat(data.resolve("node-1/data/.kafka_cleanshutdown"))
        .as("stopped in order: nothing to recover")
        .exists();
    try (LocalBroker broker = LocalBroker.start(BrokerConfig.defaults().dataDir(data))) {
      assertThat(broker.clusterId()).isEqualTo(id);
      awaitLines(broker, "kept", "too");
    }
    assertThatThrownBy(() -> LocalBroker.start(BrokerConfig.defaults().dataDir(data).nodes(3)))
        .isInstanceOf(BrokerException.class)
        .hasMessageContaining("holds a cluster of 1 node(s), 3 asked for");
  }

  @Test
  void brokerDiesWhenItsParentIsKilled() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                ParentMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(parent.getInputStream(), UTF_8))) {
      String line = out.readLine();
      assertThat(line).as("the parent's broker started").isNotNull();
      long pid = Long.parseLong(line.substring(0, line.indexOf(' ')));
      Path dir = Path.of(line.substring(line.indexOf(' ') + 1));
      assertThat(dir).isDirectory();
      assertThat(isRunning(pid)).isTrue();
      parent.destroyForcibly();
      try {
        await().atMost(Duration.ofMinutes(1)).until(() -> !isRunning(pid));
        assertThat(dir).as("its temporary directory is gone with it").doesNotExist();
      } finally {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      }
    } finally {
      parent.destroyForcibly().waitFor(60, SECONDS);
    }
  }

  @Test
  void takenPortIsRefusedOrAvoided(@TempDir Path dir) throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, Ports.address(0).getAddress())) {
      int port = other.getLocalPort();
      assertThatThrownBy(() -> LocalBroker.start(BrokerConfig.defaults().port(port).dataDir(dir)))
          .isInstanceOf(BrokerException.class)
          .hasMessageContaining("port " + port + " on 127.0.0.1 is in use");
      try (LocalBroker broker = LocalBroker.start(BrokerConfig.defaults().preferPort(port))) {
        assertThat(broker.port(1)).isNotEqualTo(port);
        awaitNodes(broker, 1);
      }
    }
  }

  @Test
  void failedStartShowsTheEndOfTheLogAndLeavesNoProcess() {
    Set<Long> before = children();
    assertThatThrownBy(
            () -> LocalBroker.start(BrokerConfig.defaults().property("num.io.threads", "none")))
        .isInstanceOf(BrokerException.class)
        .hasMessageContaining("Kafka node 1 ended with exit code")
        .hasMessageContaining("num.io.threads");
    assertThatThrownBy(() -> LocalBroker.start(BrokerConfig.defaults().classPath("nowhere.jar")))
        .isInstanceOf(BrokerException.class)
        .hasMessageContaining("BrokerProcess");
    assertThat(before).containsAll(children());
  }

  @Test
  void fixtureSharesOneKafka() {
    String topic = KafkaFixture.createTopic("lines", 1);
    Lines.write(KafkaFixture.bootstrap(), topic, true, "x");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> Lines.read(KafkaFixture.bootstrap(), topic).equals(List.of("x")));
    assertThat(KafkaFixture.uniqueName("a")).isNotEqualTo(KafkaFixture.uniqueName("a"));
  }

  /** Markers follow their commit after a moment. */
  private static void awaitLines(LocalBroker broker, String... lines) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> assertThat(Lines.read(broker.bootstrap(), "lines")).containsExactly(lines));
  }

  /** A node whose heartbeats are late is away for a moment; one that was killed, for good. */
  private static void awaitNodes(LocalBroker broker, int nodes) {
    await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptions()
        .until(() -> nodesSeen(broker) == nodes);
  }

  private static List<String> log(LocalBroker broker) throws IOException {
    return Files.readAllLines(broker.dataDir().resolve("node-1/broker.log"));
  }

  private static int nodesSeen(LocalBroker broker) throws Exception {
    try (Admin admin = admin(broker)) {
      return admin.describeCluster().nodes().get(60, SECONDS).size();
    }
  }

  private static int leaderOfPartition0(LocalBroker broker, String topic) throws Exception {
    try (Admin admin = admin(broker)) {
      TopicDescription description =
          Objects.requireNonNull(
              admin.describeTopics(List.of(topic)).allTopicNames().get(60, SECONDS).get(topic));
      return description.partitions().get(0).leader().id();
    }
  }

  private static int finalizedLevel(LocalBroker broker, String feature) throws Exception {
    try (Admin admin = admin(broker)) {
      FeatureMetadata features = admin.describeFeatures().featureMetadata().get(60, SECONDS);
      FinalizedVersionRange range = features.finalizedFeatures().get(feature);
      return range == null ? 0 : range.maxVersionLevel();
    }
  }

  private static Admin admin(LocalBroker broker) {
    return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrap()));
  }

  private static boolean isRunning(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static Set<Long> children() {
    return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
  }
}
