package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.IdempotencyKey;
import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** POST /api/posts with an Idempotency-Key. */
@Timeout(300)
final class IdempotencyKeyTest {
  private static final String POSTS = "[{\"text\":\"#a\"},{\"text\":\"#b\"}]";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static HttpResponse<String> post(String key) {
    return server.send(
        "POST", "/api/posts", POSTS, "Content-Type", "application/json", "Idempotency-Key", key);
  }

  @Test
  void theKeyIsBareOrAQuotedString() {
    assertThat(IdempotencyKey.read(List.of())).hasValue("");
    assertThat(IdempotencyKey.read(List.of("8e03978e-40d5"))).hasValue("8e03978e-40d5");
    assertThat(IdempotencyKey.read(List.of("\"8e03978e-40d5\""))).hasValue("8e03978e-40d5");
    assertThat(IdempotencyKey.read(List.of("\"a\\\"b\\\\\""))).hasValue("a\"b\\");
    assertThat(IdempotencyKey.read(List.of("k".repeat(255)))).hasValue("k".repeat(255));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"",
        "\"\"",
        "\"a",
        "a b",
        "\"a b\"",
        "é",
        "\"a\"b\"",
        "\"a\\b\"",
        "\"a\\\"",
        "\"a\\",
        "\"a\", \"b\"",
        "\"a\";v=1",
        "a\u007f"
      })
  void anythingElseIsRefused(String value) {
    assertThat(IdempotencyKey.read(List.of(value))).isEmpty();
  }

  @Test
  void eachPostOfTheRequestHasTheKeyAndItsPlace() {
    server.posts.written.clear();
    assertThat(post("\"k\"").statusCode()).isEqualTo(202);
    assertThat(post("k").statusCode()).isEqualTo(202);
    assertThat(server.posts.written)
        .extracting(written -> written.idempotencyKey().orElse(""))
        .containsExactly("k/0", "k/1", "k/0", "k/1");
  }

  @Test
  void theRefusalSaysWhatIsAllowedAndNothingIsWritten() {
    server.posts.written.clear();
    for (String[] values : new String[][] {{"k".repeat(256)}, {"a", "a"}}) {
      StringBuilder headers = new StringBuilder("Content-Type: application/json\r\n");
      for (String value : values) {
        headers.append("Idempotency-Key: ").append(value).append("\r\n");
      }
      String answer =
          server.raw(
              "POST /api/posts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s"
                  .formatted(POSTS.length(), headers, POSTS));
      assertThat(answer).startsWith("HTTP/1.1 400 ");
      JsonNode problem =
          TestServer.parse(answer.substring(answer.indexOf("\r\n\r\n") + 4)).path("errors").get(0);
      assertThat(problem.path("parameter").textValue()).isEqualTo("Idempotency-Key");
      assertThat(problem.path("allowed").textValue()).contains("1 to 255 visible ASCII");
    }
    assertThat(server.posts.written).isEmpty();
  }

  @Test
  void anUnacknowledgedWriteSaysWhetherASecondTryIsSafe() {
    server.posts.away = true;
    try {
      assertThat(post("k").body()).contains("same Idempotency-Key, and each counts once");
      HttpResponse<String> without =
          server.send("POST", "/api/posts", POSTS, "Content-Type", "application/json");
      assertThat(without.statusCode()).isEqualTo(503);
      assertThat(without.body())
          .contains("can count those twice, unless each try has the same Idempotency-Key");
    } finally {
      server.posts.away = false;
    }
  }
}
