package io.streamsocial.cli;

import static io.streamsocial.http.fixture.Rules.ADMIN;
import static io.streamsocial.http.fixture.Rules.READ;
import static io.streamsocial.http.fixture.Rules.SECRET;
import static io.streamsocial.http.fixture.Rules.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestCertificates;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two instances as an operator closes them: processes, a real Kafka, a secret in every option. */
@Timeout(600)
final class SecurityIT {
  private static final String PASSWORD = "the-password-of-kafka";
  private static final String OTHER_PASSWORD = "the-password-of-the-trust-store";
  private static final String JAAS =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"me\" password=\"%s\";"
          .formatted(PASSWORD);

  @TempDir private Path directory;

  private final String topic = KafkaFixture.createTopic("posts", 4);
  private final String app = KafkaFixture.uniqueName("secured");
  private TestCertificates ours;
  private HttpClient client;
  private Path tokens;
  private Path secret;
  private SecuritySettings.TlsFiles tls;

  @BeforeEach
  void close() throws Exception {
    ours = new TestCertificates(directory, "ours");
    tls = ours.mutual(ours.issue("localhost"));
    client = HttpClient.newBuilder().sslContext(ours.client(null)).build();
    Rules rules = new Rules(directory);
    tokens = rules.write("tokens", "read %s\nwrite %s\nadmin %s\n".formatted(READ, WRITE, ADMIN));
    secret = rules.write("secret", SECRET);
  }

  private List<String> arguments(String command, int id, int port) {
    return new ArrayList<>(
        List.of(
            command,
            "--bootstrap=" + KafkaFixture.bootstrap(),
            "--app-id=" + app,
            "--topic=" + topic,
            "--instance-id=" + id,
            "--port=" + port,
            "--state-dir=" + directory.resolve("state"),
            "--tls-cert=" + tls.cert(),
            "--tls-key=" + tls.key(),
            "--tls-ca=" + tls.ca(),
            "--tls-client-ca=" + tls.clientCa(),
            "--peer-secret-file=" + secret,
            "--tokens-file=" + tokens,
            // This Kafka needs no login; they are given as secrets that must not leak.
            "--kafka.sasl.jaas.config=" + JAAS,
            "--kafka.ssl.keystore.password=" + PASSWORD,
            "--kafka.ssl.key.password=" + PASSWORD,
            "--kafka.consumer.ssl.truststore.password=" + OTHER_PASSWORD));
  }

  @Test
  void theyAnswerForEachOtherAndTellNobodyASecret() throws Exception {
    int first;
    StringBuilder told = new StringBuilder();
    try (CommandProcess one = CommandProcess.start(arguments("serve", 0, 0));
        CommandProcess two = CommandProcess.start(arguments("serve", 1, 0))) {
      first = one.awaitPort();
      int second = two.awaitPort();
      awaitReady(one, first);
      awaitReady(two, second);
      assertThat(one.output()).contains("listening on https://127.0.0.1:" + first);
      for (int port : List.of(first, second)) {
        await()
            .atMost(CommandProcess.PATIENCE)
            .pollInterval(Duration.ofMillis(200))
            .ignoreExceptionsInstanceOf(IOException.class)
            .until(() -> isShared(port));
      }
      post(first, 20);
      for (int port : List.of(first, second)) {
        await()
            .atMost(CommandProcess.PATIENCE)
            .ignoreExceptionsInstanceOf(IOException.class)
            .untilAsserted(() -> assertAllCounted(port));
      }
      for (String path : paths(first)) {
        for (String token : List.of("", READ, ADMIN)) {
          told.append(get(first, path, token));
        }
      }
      Path tokenFile = Files.writeString(directory.resolve("token"), READ);
      told.append(
          run(
              List.of(
                  "query",
                  "metadata",
                  "--api-url=https://localhost:" + first,
                  "--tls-ca=" + ours.ca(),
                  "--token-file=" + tokenFile)));
      assertThat(told).contains("localhost");
      String doctor = run(arguments("doctor", 0, first));
      assertThat(doctor).contains("is in use by this instance itself");
      told.append(doctor);
      Files.writeString(tokens, "read " + READ + "\nnonsense " + WRITE + "\n");
      await()
          .atMost(CommandProcess.PATIENCE)
          .until(() -> one.output().contains("line 2 is not 'read TOKEN'"));
      assertThat(one.terminate()).isZero();
      assertThat(two.terminate()).isZero();
      told.append(one.output()).append(two.output());
    }
    told.append(run(with(arguments("serve", 2, first), "--kafka.acks=1", "--threads=0")));
    told.append(
        run(
            with(
                arguments("serve", 2, first),
                "--kafka.sasl.mechanism=PLAIN",
                "--kafka.security.protocol=SASL_SSL",
                "--kafka.ssl.truststore.location=/none")));
    for (String each :
        List.of(READ, WRITE, ADMIN, SECRET, encoded(SECRET), PASSWORD, OTHER_PASSWORD)) {
      assertThat(told.indexOf(each))
          .as("where a secret was told: " + around(told, each))
          .isNegative();
    }
  }

  private static List<String> with(List<String> arguments, String... more) {
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static String encoded(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String around(CharSequence text, String part) {
    int at = text.toString().indexOf(part);
    return at < 0
        ? ""
        : text.subSequence(Math.max(0, at - 200), Math.min(text.length(), at + 100)).toString();
  }

  @Test
  void anInstanceWithoutTheSecretAndAStrangerAreRefused() throws Exception {
    try (CommandProcess one = CommandProcess.start(arguments("serve", 0, 0))) {
      int first = one.awaitPort();
      awaitReady(one, first);
      Path wrong = Files.writeString(directory.resolve("wrong"), "a secret of somebody else");
      List<String> intruder = arguments("serve", 1, 0);
      intruder.replaceAll(
          each -> each.startsWith("--peer-secret-file") ? "--peer-secret-file=" + wrong : each);
      try (CommandProcess two = CommandProcess.start(intruder)) {
        int second = two.awaitPort();
        await()
            .atMost(CommandProcess.PATIENCE)
            .ignoreExceptionsInstanceOf(IOException.class)
            .untilAsserted(
                () -> {
                  assertThat(two.isAlive()).as(two.output()).isTrue();
                  assertThat(get(second, "/api/metadata", READ))
                      .contains("status 403", "--peer-secret-file");
                });
        // The intruder may know before it is written here, and read from the pipe.
        await()
            .atMost(CommandProcess.PATIENCE)
            .until(() -> one.output().contains("as an instance would and was refused by 403"));
        assertThat(status(first, "/internal/v1/status", ADMIN)).isEqualTo(401);
        assertThat(status(first, "/internal/v1/snapshot/none", ADMIN)).isEqualTo(401);
        assertThat(two.terminate()).isZero();
      }
      assertThat(one.terminate()).isZero();
    }
  }

  private static String run(List<String> arguments) throws Exception {
    try (CommandProcess process = CommandProcess.start(arguments)) {
      int unused = process.awaitEnd();
      return process.output();
    }
  }

  private List<String> paths(int port) throws Exception {
    JsonNode described = TestServer.parse(get(port, "/openapi.json", READ));
    List<String> paths = new ArrayList<>();
    described
        .path("paths")
        .fieldNames()
        .forEachRemaining(
            path -> {
              boolean isStream = path.equals("/ws") || path.equals("/api/stream");
              if (!isStream) {
                paths.add(path.replaceAll("\\{.*}", "tag1"));
              }
            });
    return Stream.concat(paths.stream(), Stream.of("/nowhere", "/readyz?verbose")).toList();
  }

  private boolean isShared(int port) throws Exception {
    JsonNode instances = TestServer.parse(get(port, "/api/metadata", READ)).path("instances");
    int sharing = 0;
    for (JsonNode each : instances) {
      boolean runs = each.path("state").asText().equals("RUNNING");
      sharing += runs && !each.path("active").isEmpty() ? 1 : 0;
    }
    return sharing == 2;
  }

  private void assertAllCounted(int port) throws Exception {
    JsonNode body = TestServer.parse(get(port, "/api/trending?limit=100&require=complete", READ));
    assertThat(body.path("partial").asBoolean(true)).isFalse();
    assertThat(body.path("trending")).hasSize(20);
  }

  private void post(int port, int tags) throws Exception {
    StringBuilder posts = new StringBuilder();
    for (int i = 0; i < tags; i++) {
      posts.append("{\"text\":\"#tag").append(i).append("\"}\n");
    }
    HttpRequest.Builder request =
        request(port, "/api/posts", WRITE)
            .header("Content-Type", "application/x-ndjson")
            .POST(HttpRequest.BodyPublishers.ofString(posts.toString()));
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
  }

  private static HttpRequest.Builder request(int port, String path, String token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
            .timeout(Duration.ofMinutes(1));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  /** Of a client that trusts the CA and presents nothing. */
  private HttpResponse<String> answer(int port, String path, String token)
      throws IOException, InterruptedException {
    return client.send(request(port, path, token).build(), HttpResponse.BodyHandlers.ofString());
  }

  private String get(int port, String path, String token) throws IOException, InterruptedException {
    return answer(port, path, token).body();
  }

  private int status(int port, String path, String token) throws IOException, InterruptedException {
    return answer(port, path, token).statusCode();
  }

  private void awaitReady(CommandProcess instance, int port) {
    await()
        .atMost(CommandProcess.PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              assertThat(instance.isAlive()).as(instance.output()).isTrue();
              return status(port, "/readyz", "") == 200;
            });
  }
}
