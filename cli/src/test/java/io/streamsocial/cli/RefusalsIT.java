package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot go well ends with a message that says what to do, as an operator sees it. */
final class RefusalsIT {
  @TempDir Path directory;

  private final String topic = KafkaFixture.createTopic("posts", 4);
  private final String app = KafkaFixture.uniqueName("refusals");
  private final List<CommandProcess> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(CommandProcess::close);
  }

  private CommandProcess serve(String id, Path stateDir, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--bootstrap",
                KafkaFixture.bootstrap(),
                "--app-id",
                app,
                "--topic",
                topic,
                "--instance-id",
                id,
                "--state-dir",
                stateDir.toString()));
    if (!List.of(more).contains("--port")) {
      arguments.addAll(List.of("--port", "0"));
    }
    arguments.addAll(List.of(more));
    CommandProcess process = CommandProcess.start(arguments);
    started.add(process);
    return process;
  }

  private static void awaitOutput(CommandProcess process, String text) {
    await()
        .atMost(CommandProcess.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(process.isAlive()).as(process.output()).isTrue();
              assertThat(process.output()).contains(text);
            });
  }

  @Test
  void theSamePortOrStateDirectoryTwiceIsRefusedAtOnce() throws Exception {
    CommandProcess first = serve("0", directory);
    String port = Integer.toString(first.awaitPort());
    CommandProcess samePort = serve("1", directory, "--port", port);
    assertThat(samePort.awaitEnd()).isNotZero();
    assertThat(samePort.output()).contains("port " + port).contains("in use").contains("--port");
    CommandProcess sameState = serve("0", directory);
    assertThat(sameState.awaitEnd()).isNotZero();
    assertThat(sameState.output())
        .contains("pid " + first.handle().pid())
        .contains(directory.toString())
        .contains("own id or state directory");
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void ofTwoWithTheSameIdTheNewerGoesOn() throws Exception {
    CommandProcess older = serve("0", directory.resolve("a"));
    awaitOutput(older, "assigned [");
    CommandProcess newer = serve("0", directory.resolve("b"));
    assertThat(older.awaitEnd()).isNotZero();
    assertThat(older.output())
        .contains("instance id '0' is already used by another running process")
        .contains("--instance-id");
    awaitOutput(newer, "assigned [");
  }

  @Test
  void anotherNumberOfShufflePartitionsIsRefused() throws Exception {
    CommandProcess first = serve("0", directory);
    awaitOutput(first, "assigned [");
    CommandProcess other = serve("1", directory, "--shuffle-partitions", "8");
    assertThat(other.awaitEnd()).isNotZero();
    assertThat(other.output()).contains("has 4 partitions, configured are 8").contains("set 4");
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void settingsThatWouldCountOtherwiseAreRefusedByTheGroup() throws Exception {
    CommandProcess first = serve("0", directory);
    awaitOutput(first, "assigned [");
    CommandProcess other = serve("1", directory, "--grace", "30m");
    assertThat(other.awaitEnd()).isNotZero();
    assertThat(other.output()).contains("grace").contains("1800000").contains("3600000");
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void partitionsAddedWhileItRunsAreTakenIn() throws Exception {
    CommandProcess instance = serve("0", directory, "--kafka", "consumer.metadata.max.age.ms=1000");
    awaitOutput(instance, "assigned [");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", KafkaFixture.bootstrap()))) {
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(8))).all().get();
    }
    awaitOutput(instance, topic + " has 8 partitions now, it had 4");
    awaitOutput(instance, topic + "-7");
  }
}
