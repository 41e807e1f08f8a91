package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every answer says how it may be cached. */
class CacheControlTest {
  private static final String READ = "max-age=1, stale-while-revalidate=5";

  private final TestServer server = new TestServer();

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/trending",
    "HEAD, /api/trending",
    "GET, /api/trending/java",
    "GET, /api/emerging",
    "GET, /api/regions"
  })
  void aReadIsGoodForASecond(String method, String path) {
    assertThat(policy(server.send(method, path, ""))).containsExactly(READ);
    assertThat(policy(server.send(method, path + "?max_staleness_ms=5000", "")))
        .containsExactly("no-store");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /nowhere",
    "GET, /api/trending?limit=x",
    "DELETE, /api/trending",
    "OPTIONS, /api/trending",
    "POST, /api/posts",
    "GET, /api/health",
    "GET, /api/metadata",
    "GET, /livez",
    "GET, /readyz",
    "GET, /metrics",
    "GET, /internal/v1/status",
    "GET, /ws",
    "GET, /"
  })
  void whatIsNoReadIsNotStored(String method, String path) {
    assertThat(policy(server.send(method, path, ""))).containsExactly("no-store");
  }

  @Test
  void aPostIsNotStored() {
    HttpResponse<String> accepted =
        server.send("POST", "/api/posts", "{\"text\":\"#a\"}", "Content-Type", "application/json");
    assertThat(accepted.statusCode()).isEqualTo(202);
    assertThat(policy(accepted)).containsExactly("no-store");
  }

  @Test
  void aPartialAnswerIsNotStored() {
    server.trends.missing = List.of(2);
    for (String path : List.of("/api/trending", "/api/emerging", "/api/regions")) {
      assertThat(policy(server.get(path))).as(path).containsExactly("no-store");
    }
  }

  @Test
  void whatIsNotModifiedIsGoodForAnotherSecond() {
    String etag = server.get("/api/trending").headers().firstValue("ETag").orElseThrow();
    HttpResponse<String> second = server.get("/api/trending", "If-None-Match", etag);
    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(policy(second)).containsExactly(READ);
  }

  @Test
  void filesAreAskedForEachTime() {
    for (String path : List.of("/web/dashboard.html", "/docs", "/openapi.json")) {
      assertThat(policy(server.get(path))).as(path).containsExactly("no-cache");
    }
  }

  private static List<String> policy(HttpResponse<String> response) {
    return response.headers().allValues("Cache-Control");
  }
}
