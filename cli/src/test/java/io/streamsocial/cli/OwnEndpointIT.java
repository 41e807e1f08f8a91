package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.example.regions.RegionBoard;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.http.server.Server;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.loop.Engine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server as a program embeds it, with a path of the program, on a real Kafka. */
@Timeout(300)
final class OwnEndpointIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path stateDir;

  private final String app = KafkaFixture.uniqueName("board");
  private final String topic = KafkaFixture.createTopic("posts", 2);
  private final List<Engine> engines = new ArrayList<>();
  private final List<Server> servers = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();

  private Engine open(int instance) {
    Engine engine =
        Engine.open(
            EngineConfig.defaults()
                .bootstrap(KafkaFixture.bootstrap())
                .appId(app)
                .topic(topic)
                .instanceId(Integer.toString(instance))
                .stateDir(stateDir)
                .replicationFactor((short) 1)
                .build());
    engines.add(engine);
    return engine;
  }

  @AfterEach
  void close() {
    engines.forEach(Engine::close);
    servers.forEach(Server::close);
  }

  private HttpResponse<String> ask(Server server, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private int post(Server server, String text) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + "/api/posts");
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(text))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  @Test
  void aPathOfTheProgramAnswersForAllInstancesOnEachOfThem() throws Exception {
    for (int i = 0; i < 2; i++) {
      servers.add(RegionBoard.start(open(i), 0));
    }
    Server one = servers.get(0);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                engines.get(0).status().routing().instances().size() == 2
                    && ask(one, "/readyz").statusCode() == 200
                    && ask(servers.get(1), "/readyz").statusCode() == 200);
    String tags = "#a #b #c #d #e #f #g #h";
    // The first one looks for the topic's brokers, which may take longer than it waits.
    await()
        .atMost(PATIENCE)
        .until(() -> post(one, "{\"text\":\"" + tags + "\",\"region\":\"EU\"}") == 202);
    for (Server server : servers) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                // On a busy machine another instance may be too slow for a single question.
                assertThat(ask(server, "/api/board/EU").body().lines().toList())
                    .hasSize(8)
                    .allMatch(line -> line.matches("#[a-h] \\d+"));
                assertThat(ask(server, "/api/board/EU?limit=3").body().lines().toList())
                    .hasSize(3)
                    .allMatch(line -> line.startsWith("#"));
                assertThat(ask(server, "/api/board/nowhere").body()).isEmpty();
              });
      assertThat(ask(server, "/api/board/EU?limit=0").statusCode()).isEqualTo(400);
      assertThat(ask(server, "/openapi.json").body()).contains("The hashtags of one region");
    }
  }

  @Test
  void anOpenServerBeyondLoopbackIsRefusedAndASecondJoinToo() throws Exception {
    Engine engine = open(0);
    assertThatThrownBy(() -> Server.builder(engine).listen("0.0.0.0", 0).start())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host is 0.0.0.0, so everybody who reaches it could read and post");
    assertThatThrownBy(
            () ->
                Server.builder(engine)
                    .listen("127.0.0.1", 0)
                    .endpoint("GET", "/api/trending", call -> new CompletableFuture<>())
                    .start())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("which the server answers itself");
    servers.add(RegionBoard.start(engine, 0));
    assertThatThrownBy(() -> engine.join(InstanceAddress.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("has joined its group already");
  }
}
