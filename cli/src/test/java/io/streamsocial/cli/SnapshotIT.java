package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.store.StateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An instance that has lost its state gets it from the one that has it. */
@Timeout(600)
final class SnapshotIT {
  private static final int PARTITIONS = 2;
  private static final int TAGS = 100_000;
  private static final int TAGS_A_POST = 10;
  private static final Duration SESSION = Duration.ofSeconds(10);
  private static final Duration PATIENCE = CommandProcess.PATIENCE;
  private static final String[] FAST = {
    "--fetch-state-above", "1", "--shuffle-partitions", Integer.toString(PARTITIONS)
  };
  // Its state takes several seconds then.
  private static final String[] SLOW = {
    "--fetch-state-above",
    "1",
    "--shuffle-partitions",
    Integer.toString(PARTITIONS),
    "--snapshot-bytes-per-second",
    "1048576"
  };

  @TempDir Path stateDir;

  @Test
  void lostStateComesFromThePeerAndWhereThatDiesFromTheChangelog() throws Exception {
    try (ProcessCluster cluster = new ProcessCluster(stateDir, PARTITIONS, SESSION)) {
      cluster.start(0, FAST);
      cluster.awaitReady(0);
      cluster.start(1, SLOW);
      cluster.awaitReady(1);
      cluster.awaitBalance(PARTITIONS, 0, 1);
      produce(cluster.topic);
      awaitExact(cluster, 0);
      cluster.awaitCheckpoints(0, 1);

      lose(cluster, 1);
      cluster.start(1, SLOW);
      cluster.awaitReady(1);
      cluster.awaitBalance(PARTITIONS, 0, 1);
      assertThat(cluster.process(1).output())
          .contains("has its state from instance 0")
          .doesNotContain("got none from another instance")
          .doesNotContain("from offset 0:");
      assertThat(cluster.metric(1, "streamsocial_snapshot_fetched_total")).isEqualTo(PARTITIONS);
      assertThat(cluster.metric(0, "streamsocial_snapshot_bytes_total")).isPositive();

      restoreFromPeer(cluster, 0);

      // What it has fetched is all that it answers from, once it is alone.
      lose(cluster, 0);
      cluster.awaitBalance(PARTITIONS, 1);
      awaitExact(cluster, 1);

      cluster.start(0, FAST);
      await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> isHalfWay(cluster));
      cluster.kill(1);
      cluster.awaitBalance(PARTITIONS, 0);
      awaitExact(cluster, 0);
      assertThat(cluster.process(0).output())
          .containsPattern(
              "has no state here and got none from another instance: instance 1 at .*"
                  + "bytes had come.*restoring it from the changelog");
      assertThat(cluster.directory(0).resolve("incoming").resolve("task-0")).doesNotExist();
      assertThat(cluster.directory(0).resolve("incoming").resolve("task-1")).doesNotExist();
    }
  }

  /** Into the state directory of an instance that never ran. */
  private static void restoreFromPeer(ProcessCluster cluster, int peer) throws Exception {
    int other = 7;
    String url = "http://localhost:" + cluster.port(peer);
    try (CommandProcess restore =
        CommandProcess.start(cluster.offline("restore", other, "--from-peer", url))) {
      assertThat(restore.awaitEnd()).as(restore.output()).isZero();
      assertThat(restore.output()).contains("2 of 2 partitions came from the peer");
    }
    try (CommandProcess verify = CommandProcess.start(cluster.offline("verify", other))) {
      assertThat(verify.awaitEnd()).as(verify.output()).isZero();
    }
    String nobody = "http://" + KafkaFixture.bootstrap(); // which does not speak HTTP
    try (CommandProcess restore =
        CommandProcess.start(
            cluster.offline(
                "restore", other + 1, "--json", "--parallel", "1", "--from-peer", nobody))) {
      assertThat(restore.awaitEnd()).as(restore.output()).isZero();
      assertThat(restore.output())
          .containsOnlyOnce("got none from another instance: the instance at " + nobody)
          .contains("it is not asked again")
          .contains("no other instance is known to have it")
          .containsPattern("\"fetched_bytes\" ?: ?0");
    }
  }

  private static void lose(ProcessCluster cluster, int id) {
    cluster.kill(id);
    StateDirectory.delete(cluster.directory(id));
  }

  private static boolean isHalfWay(ProcessCluster cluster) throws InterruptedException {
    try {
      JsonNode health = cluster.jsonOfAny(0, "/api/health?verbose=true");
      return health.toString().matches(".*fetched from other instances, [1-9].*");
    } catch (IOException e) {
      return false; // it starts
    }
  }

  private static void produce(String topic) {
    SplittableRandom random = new SplittableRandom(5);
    long nowMs = System.currentTimeMillis();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", KafkaFixture.bootstrap(), "linger.ms", "5"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int first = 0; first < TAGS; first += TAGS_A_POST) {
        StringBuilder text = new StringBuilder("#every");
        for (int i = first; i < first + TAGS_A_POST; i++) {
          // Behind the number what cannot be compressed, so that the files are large.
          text.append(" #t%dx%016x%016x".formatted(i, random.nextLong(), random.nextLong()));
        }
        String post = "{\"text\":\"%s\",\"region\":\"EU\",\"timestamp\":%d}".formatted(text, nowMs);
        Future<RecordMetadata> unused =
            producer.send(
                new ProducerRecord<>(
                    topic,
                    first / TAGS_A_POST % PARTITIONS,
                    null,
                    post.getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  /** All posts are included, and every one of the other tags is there once. */
  private static void awaitExact(ProcessCluster cluster, int id) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () -> {
              JsonNode regions = cluster.json(id, "/api/regions");
              assertThat(regions.path("partial").asBoolean(true)).isFalse();
              assertThat(regions.path("regions").get(0).path("total_count").asLong())
                  .as(regions.toString())
                  .isEqualTo(TAGS + TAGS / TAGS_A_POST);
              JsonNode trending = cluster.json(id, "/api/trending?limit=2&windows=6");
              assertThat(trending.path("trending").get(0).path("count").asLong())
                  .as(trending.toString())
                  .isEqualTo(TAGS / TAGS_A_POST);
              assertThat(trending.path("trending").get(1).path("count").asLong()).isEqualTo(1);
            });
  }
}
