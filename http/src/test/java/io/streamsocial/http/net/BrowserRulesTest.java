package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.RawWebSocket;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What browsers are told: who else's pages may use the API, and what ours may do. */
@Timeout(300)
class BrowserRulesTest {
  private static final String ALLOW = "access-control-allow-origin: ";

  @TempDir private static Path directory;
  private static TestServer closed;
  private static TestServer listed;
  private static TestServer open;

  @BeforeAll
  static void start() {
    closed = new TestServer(new Rules(directory).build());
    listed =
        new TestServer(
            new Rules(directory)
                .tokens()
                .origins("https://a.example", "http://b.example:81")
                .build());
    open = new TestServer(new Rules(directory).origins("*").build());
  }

  @AfterAll
  static void close() {
    closed.close();
    listed.close();
    open.close();
  }

  private static String ask(TestServer server, String method, String path, String headers) {
    return server.raw(HttpRulesTest.request(method, path, headers)).toLowerCase(Locale.ROOT);
  }

  /** As a browser asks before it sends a token or JSON. */
  @ParameterizedTest
  @CsvSource({
    "closed, https://a.example, ''",
    "listed, https://a.example, https://a.example",
    "listed, http://b.example:81, http://b.example:81",
    "listed, http://b.example, ''",
    "listed, https://a.example.evil.example, ''",
    "listed, http://a.example, ''",
    "listed, null, ''",
    "open, https://anybody.example, *"
  })
  void aPreflightAllowsTheListedOrigins(String which, String origin, String allowed) {
    TestServer server = which.equals("closed") ? closed : which.equals("listed") ? listed : open;
    String answer =
        ask(
            server,
            "OPTIONS",
            "/api/posts",
            "Origin: "
                + origin
                + "\r\nAccess-Control-Request-Method: POST\r\n"
                + "Access-Control-Request-Headers: authorization,content-type,idempotency-key\r\n");
    assertThat(answer).startsWith("http/1.1 20");
    if (allowed.isEmpty()) {
      assertThat(answer).doesNotContain("access-control-allow-origin");
    } else {
      assertThat(answer)
          .contains(ALLOW + allowed + "\r\n", "access-control-max-age: 600")
          .containsPattern("access-control-allow-methods: .*post")
          .containsPattern("access-control-allow-headers: .*authorization")
          .containsPattern("access-control-allow-headers: .*idempotency-key")
          .doesNotContain("access-control-allow-credentials");
    }
  }

  @Test
  void aPreflightKeepsItsPlaceAmongPipelinedRequests() {
    String get = "GET /livez HTTP/1.1\r\nHost: a\r\n";
    String preflight =
        String.join(
            "\r\n",
            "OPTIONS /api/posts HTTP/1.1",
            "Host: a",
            "Origin: https://a.example",
            "Access-Control-Request-Method: POST",
            "",
            "");
    String answers =
        listed.raw(
            get
                + "\r\n"
                + preflight
                + get
                + "\r\n"
                + preflight
                + get
                + "Connection: close\r\n\r\n");
    assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(6);
    assertThat(answers.split("ok\n", -1)).hasSize(4);
    assertThat(answers.indexOf("ok\n")).isLessThan(answers.toLowerCase(Locale.ROOT).indexOf(ALLOW));
  }

  @Test
  void answersAndRefusalsCanBeReadByListedOrigins() {
    String refused = ask(listed, "GET", "/api/trending", "Origin: https://a.example\r\n");
    assertThat(refused).startsWith("http/1.1 401 ").contains(ALLOW + "https://a.example\r\n");
    String token = "Authorization: Bearer " + Rules.READ + "\r\n";
    assertThat(ask(listed, "GET", "/api/trending", token + "Origin: https://a.example\r\n"))
        .startsWith("http/1.1 200 ")
        .contains(ALLOW + "https://a.example\r\n");
    assertThat(ask(listed, "GET", "/api/trending", token + "Origin: https://c.example\r\n"))
        .doesNotContain("access-control-allow-origin");
  }

  @ParameterizedTest
  @CsvSource({
    "closed, https://a.example, 403",
    "listed, https://a.example, 101",
    "listed, https://c.example, 403",
    "open, https://c.example, 101"
  })
  void aWebSocketObeysTheSameList(String which, String origin, int status) throws IOException {
    TestServer server = which.equals("closed") ? closed : which.equals("listed") ? listed : open;
    String headers = "Origin: " + origin + "\r\nAuthorization: Bearer " + Rules.READ + "\r\n";
    try (RawWebSocket socket = new RawWebSocket(server.connect(), "/ws", headers)) {
      assertThat(socket.head).startsWith("HTTP/1.1 " + status + " ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/trending",
        "/livez",
        "/nowhere",
        "/web/dashboard.html",
        "/web/api.js",
        "/docs"
      })
  void everyAnswerTellsTheBrowserWhatNotToDo(String path) {
    HttpHeaders headers = closed.get(path).headers();
    assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(headers.firstValue("Referrer-Policy")).hasValue("no-referrer");
    assertThat(headers.firstValue("Cross-Origin-Resource-Policy")).hasValue("same-origin");
    assertThat(headers.firstValue("Content-Security-Policy").orElseThrow())
        .contains("frame-ancestors 'none'");
    assertThat(headers.firstValue("Strict-Transport-Security")).as("not over HTTP").isEmpty();
    assertThat(headers.firstValue("Server")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "trends.example, /api/trending, 200",
    "TRENDS.example:8080, /api/trending, 200",
    "127.0.0.1, /api/trending, 200",
    "evil.example, /api/trending, 400",
    "trends.example.evil.example, /api/trending, 400",
    "evil.example, /livez, 200",
    "evil.example, /internal/v1/status, 200"
  })
  void onlyWhoCallsItByItsNameIsAnswered(String host, String path, int status) {
    try (TestServer named =
        new TestServer(new Rules(directory).hosts("trends.example", "127.0.0.1").build())) {
      String request =
          "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      assertThat(named.raw(request)).startsWith("HTTP/1.1 " + status + " ");
    }
  }
}
