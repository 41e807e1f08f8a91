package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Instances of one application, each a process of its own, on a real Kafka. */
final class ProcessCluster implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = CommandProcess.PATIENCE;
  // Long: a query that hangs shows in the longest time without an answer, not here.
  private static final Duration ANSWER = Duration.ofMinutes(1);

  final String topic;
  private final String app;
  private final Path stateDir;
  private final Duration session;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<Integer, Integer> ports = new ConcurrentHashMap<>();
  private final Map<Integer, CommandProcess> running = new TreeMap<>();

  /**
   * @param session after so long the group gives up a member that is silent
   */
  ProcessCluster(Path stateDir, int partitions, Duration session) {
    this.session = session;
    this.stateDir = stateDir;
    this.topic = KafkaFixture.createTopic("posts", partitions);
    this.app = KafkaFixture.uniqueName("cluster");
  }

  /** Starts an instance, on the port of its former life if it had one. */
  void start(int id, String... more) throws IOException {
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
                "--state-dir",
                stateDir.toString(),
                "--instance-id",
                Integer.toString(id),
                "--port",
                Integer.toString(ports.getOrDefault(id, 0)),
                "--standbys",
                "1",
                "--checkpoint-ms",
                "2000",
                // Longer than a machine stands still, so that a slow instance is waited for; a
                // standby
                // is queried after a third of it.
                "--peer-timeout-ms",
                "6000",
                "--kafka",
                "consumer.session.timeout.ms=" + session.toMillis()));
    arguments.addAll(List.of(more));
    running.put(id, CommandProcess.start(arguments));
  }

  /** A command on the state of an instance that does not run, with these options besides. */
  List<String> offline(String command, int id, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--bootstrap",
                KafkaFixture.bootstrap(),
                "--app-id",
                app,
                "--topic",
                topic,
                "--state-dir",
                stateDir.toString(),
                "--instance-id",
                Integer.toString(id)));
    arguments.addAll(List.of(more));
    return arguments;
  }

  /** Where its stores are. */
  Path directory(int id) {
    return stateDir.resolve(app).resolve(Integer.toString(id));
  }

  /** Waits until it listens, if this is its first life. */
  int port(int id) {
    Integer known = ports.get(id);
    if (known == null) {
      known = process(id).awaitPort();
      ports.put(id, known);
    }
    return known;
  }

  CommandProcess process(int id) {
    CommandProcess process = running.get(id);
    if (process == null) {
      throw new AssertionError("instance " + id + " does not run");
    }
    return process;
  }

  /** SIGTERM: an orderly end, with exit code 0. */
  void terminate(int id) throws InterruptedException {
    CommandProcess process = process(id);
    assertThat(process.terminate()).as(process.output()).isZero();
    running.remove(id);
  }

  /** kill -9. */
  void kill(int id) {
    CommandProcess process = process(id);
    process.close();
    process.handle().onExit().join();
    running.remove(id);
  }

  void signal(int id, String name) throws IOException, InterruptedException {
    long pid = process(id).handle().pid();
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Whether it was ended or only stopped. */
  void comeBack(int id) throws IOException, InterruptedException {
    if (running.containsKey(id)) {
      signal(id, "CONT");
    } else {
      start(id);
    }
  }

  HttpResponse<String> get(int id, String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri(id, path)).timeout(ANSWER).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  JsonNode json(int id, String path) throws IOException, InterruptedException {
    HttpResponse<String> response = get(id, path);
    assertThat(response.statusCode()).as(path + ": " + response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  /** Whatever the status of the answer. */
  JsonNode jsonOfAny(int id, String path) throws IOException, InterruptedException {
    return JSON.readTree(get(id, path).body());
  }

  JsonNode post(int id, String body) throws IOException, InterruptedException {
    HttpResponse<String> response = send(id, "/api/posts", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    return JSON.readTree(response.body());
  }

  /**
   * Posts JSON, whatever becomes of it.
   *
   * @param headers names and values by turns
   */
  HttpResponse<String> send(int id, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(id, path))
            .header("Content-Type", "application/json")
            .timeout(ANSWER)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(int id, String path) {
    return URI.create("http://localhost:" + port(id) + path);
  }

  void awaitReady(int id) {
    process(id).awaitUntil(() -> get(id, "/readyz").statusCode() == 200);
  }

  /** All of these run, share the partitions evenly, and each partition has its standby. */
  void awaitBalance(int partitions, Integer... ids) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () -> {
              for (int id : ids) {
                JsonNode metadata = json(id, "/api/metadata");
                List<Integer> active = new ArrayList<>();
                List<Integer> standby = new ArrayList<>();
                assertThat(metadata.path("instances")).hasSize(ids.length);
                for (JsonNode instance : metadata.path("instances")) {
                  assertThat(instance.path("state").asText())
                      .as(metadata.toString())
                      .isEqualTo("RUNNING");
                  assertThat(instance.path("active").size())
                      .as(metadata.toString())
                      .isBetween(partitions / ids.length, (partitions - 1) / ids.length + 1);
                  instance.path("active").forEach(p -> active.add(p.asInt()));
                  instance.path("standby").forEach(p -> standby.add(p.asInt()));
                }
                assertThat(active).hasSize(partitions).doesNotHaveDuplicates();
                if (ids.length > 1) {
                  assertThat(standby).containsAll(active);
                }
              }
            });
  }

  /** All of these have their part of every partition they hold from a checkpoint, standbys too. */
  void awaitCheckpoints(Integer... ids) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () -> {
              for (int id : ids) {
                JsonNode held = json(id, "/api/stores/hashtag-trends-store").path("held");
                assertThat(held).isNotEmpty();
                for (JsonNode each : held) {
                  assertThat(each.path("position").path("changelog_offset").asLong())
                      .as(each.toString())
                      .isPositive();
                }
              }
            });
  }

  /** The sum of a metric's samples on one instance. */
  double metric(int id, String name) throws IOException, InterruptedException {
    return get(id, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Override
  public void close() {
    running.values().forEach(CommandProcess::close);
  }
}
