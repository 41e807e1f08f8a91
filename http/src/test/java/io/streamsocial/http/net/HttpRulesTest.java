package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.util.Version;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules that hold for every path. */
class HttpRulesTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer();
  }

  @AfterAll
  static void close() {
    server.close();
  }

  @Test
  void allBadParametersAreToldAtOnce() {
    HttpResponse<String> response =
        server.get("/api/trending?limt=5&limit=0&windows=x&region=&at=12&require=most&limit=3");
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode problem = TestServer.parse(response.body());
    long now = TestServer.NOW;
    assertThat(problem)
        .isEqualTo(
            TestServer.parse(
                """
                {"type": "/problems/bad-parameters", "title": "Parameters are not valid", "status": 400,
                 "detail": "7 to correct: see errors", "instance": "/api/trending", "request_id": "ID",
                 "errors": [
                  {"parameter": "limt", "value": "5",
                   "allowed": "known parameters are limit, windows, region, at, after, wait_ms, max_staleness_ms, require", "suggestion": "limit"},
                  {"parameter": "limit", "value": "0", "allowed": "an integer from 1 to 1000"},
                  {"parameter": "windows", "value": "x", "allowed": "an integer from 1 to 13"},
                  {"parameter": "region", "value": "", "allowed": "1 to 64 bytes of UTF-8 without NUL"},
                  {"parameter": "at", "value": "12", "allowed": "epoch milliseconds within retention: MIN to MAX"},
                  {"parameter": "require", "value": "most", "allowed": "'complete'"},
                  {"parameter": "limit", "value": "3", "allowed": "the parameter once"}]}
                """
                    .replace("ID", problem.path("request_id").textValue())
                    .replace("MIN", Long.toString(now - 3_600_000))
                    .replace("MAX", Long.toString(TestServer.W0 + 299_999))));
  }

  @ParameterizedTest
  @CsvSource({"limt, limit", "windw, windows", "regoin, region", "ta, at", "zzzzzz, ''"})
  void anUnknownParameterComesWithTheClosestKnownName(String given, String suggested) {
    JsonNode error = server.json("/api/trending?" + given + "=1").path("errors").path(0);
    assertThat(error.path("parameter").textValue()).isEqualTo(given);
    assertThat(error.path("suggestion").asText("")).isEqualTo(suggested);
  }

  @Test
  void aBrokenEscapeNamesItsParameter() {
    String answer = server.raw(request("GET", "/api/trending?region=%zz&limit=x", ""));
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    JsonNode errors = TestServer.parse(body(answer)).path("errors");
    assertThat(errors.path(0).path("parameter").textValue()).isEqualTo("region");
    assertThat(errors.path(1).path("parameter").textValue()).isEqualTo("limit");
  }

  @Test
  void tooManyParametersAreRefusedUnread() {
    assertThat(server.get("/api/trending?" + "a=1&".repeat(31) + "limit=1").body())
        .contains("known parameters");
    assertThat(server.get("/api/trending?" + "a=1&".repeat(32) + "limit=1").body())
        .contains("at most 32 query parameters");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /web/x/, 404",
    "GET, /apis, 404",
    "GET, /api/trending/, 404",
    "GET, /api/trending/a/b, 404",
    "GET, /web/..%2f..%2fetc/passwd, 404",
    "GET, /API/trending, 404",
    "POST, /api/trending, 405",
    "DELETE, /api/health, 405",
    "GET, /api/posts, 405",
    "HEAD, /api/posts, 405",
    "OPTIONS, /nowhere, 404"
  })
  void whatIsNotThereIsAProblem(String method, String path, int status) {
    HttpResponse<String> response = server.send(method, path, "");
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    if (status == 405) {
      assertThat(response.headers().firstValue("Allow"))
          .hasValue(path.equals("/api/posts") ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");
    }
    if (!method.equals("HEAD")) {
      assertThat(TestServer.parse(response.body()).path("instance").textValue()).isEqualTo(path);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nowhere/%ff",
        "/%c0%ae%c0%ae/etc",
        "/web/%zz",
        "/api/%ed%a0%80",
        "/api/trending/%e2%82",
        "/api/trending/%",
        "/a%2",
        "/\u00e9"
      })
  void aPathThatIsNoTextIs400(String path) {
    String answer = server.raw(request("GET", path, ""));
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(TestServer.parse(body(answer)).path("detail").textValue()).contains("UTF-8");
    assertThat(server.raw(request("GET", "/nowhere/%c3%a9", ""))).startsWith("HTTP/1.1 404 ");
  }

  @ParameterizedTest
  @CsvSource({
    "/web, /web/dashboard.html",
    "/web/, /web/dashboard.html",
    "/docs/, /docs",
    "/api, /docs",
    "/api/, /docs"
  })
  void pathsThatPeopleTryLeadSomewhere(String path, String to) {
    HttpResponse<String> response = server.get(path);
    assertThat(response.statusCode()).isEqualTo(302);
    assertThat(response.headers().firstValue("Location")).hasValue(to);
    assertThat(server.get(to).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "/api/trending",
    "/api/trending/java",
    "/api/metadata",
    "/api/health",
    "/livez",
    "/readyz",
    "/metrics"
  })
  void headIsGetWithoutABody(String path) {
    HttpResponse<String> get = server.get(path);
    HttpResponse<String> head = server.send("HEAD", path, "");
    assertThat(head.statusCode()).isEqualTo(get.statusCode());
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("Content-Type"))
        .isEqualTo(get.headers().firstValue("Content-Type"));
    HttpResponse<String> options = server.send("OPTIONS", path, "");
    assertThat(options.statusCode()).isEqualTo(204);
    assertThat(options.headers().firstValue("Allow")).hasValue("GET, HEAD, OPTIONS");
  }

  @Test
  void everyAnswerHasARequestIdAndCannotBeSniffed() {
    HttpResponse<String> given = server.get("/api/trending", "X-Request-Id", "abc-1.2");
    assertThat(given.headers().firstValue("X-Request-Id")).hasValue("abc-1.2");
    assertThat(given.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    HttpResponse<String> harmful = server.get("/nowhere", "X-Request-Id", "a b<script>");
    String generated = harmful.headers().firstValue("X-Request-Id").orElseThrow();
    assertThat(generated).matches("[0-9a-f]{16}");
    assertThat(TestServer.parse(harmful.body()).path("request_id").textValue())
        .isEqualTo(generated);
  }

  @Test
  void aBugIsA500WithoutAStackTrace() {
    server.trends.bug = new IllegalStateException("secret detail");
    try {
      HttpResponse<String> response = server.get("/api/trending");
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).doesNotContain("secret", "Exception", "at io.");
    } finally {
      server.trends.bug = null;
    }
  }

  /** One row: what is sent, the status that must come, and whether the connection must end. */
  record Row(String name, String bytes, int status) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> malformed() {
    String post = "POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    return Stream.of(
        new Row(
            "length and chunked",
            post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
        new Row(
            "two equal lengths", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n{}   ", 400),
        new Row("signed length", post + "Content-Length: +5\r\n\r\n{}   ", 400),
        new Row("negative length", post + "Content-Length: -1\r\n\r\n", 400),
        new Row("unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        new Row(
            "coding behind chunked",
            post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            400),
        new Row(
            "chunked in HTTP/1.0",
            post.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
        new Row(
            "coding with a space before the colon",
            post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            400),
        new Row(
            "line feed in a chunk's extension",
            post + "Transfer-Encoding: chunked\r\n\r\n2;a\n{}\r\n0\r\n\r\n",
            400),
        new Row("method that is none", "G@T /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        new Row("space before colon", "GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        new Row("bare line feeds", "GET /livez HTTP/1.1\nHost: a\n\n", 400),
        new Row("NUL in a value", "GET /livez HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        new Row("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n", 400),
        new Row("bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        new Row("folded header", "GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
        new Row("folded by tab", "GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", 400),
        new Row("fold after the first line", "GET /livez HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        new Row("no host", "GET /livez HTTP/1.1\r\n\r\n", 400),
        new Row("two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        new Row("version 9.9", "GET /livez HTTP/9.9\r\nHost: a\r\n\r\n", 505),
        new Row("long line", "GET /" + "a".repeat(5_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        new Row(
            "long header",
            "GET /livez HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(9_000) + "\r\n\r\n",
            431),
        new Row(
            "many headers",
            "GET /livez HTTP/1.1\r\nHost: a\r\n" + "X: 1\r\n".repeat(100) + "\r\n",
            431),
        new Row(
            "2,000 tiny headers",
            "GET /livez HTTP/1.1\r\nHost: a\r\n" + "a:\r\n".repeat(2_000) + "\r\n",
            431),
        new Row("body by length", post + "Content-Length: 1048577\r\n\r\n{", 413),
        new Row(
            "body by chunks",
            post
                + "Transfer-Encoding: chunked\r\n\r\n"
                + ("40000\r\n" + "a".repeat(0x40000) + "\r\n").repeat(5),
            413),
        new Row(
            "announced body",
            post + "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n",
            413));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void malformedRequestsAreAnsweredAndTheConnectionEnds(Row row) {
    String answer = server.raw(row.bytes());
    assertThat(answer).startsWith("HTTP/1.1 " + row.status() + " ");
    assertThat(answer.toLowerCase(Locale.ROOT)).contains("connection: close");
    assertThat(answer.split("HTTP/1.1 [1-5]", -1)).hasSize(2);
    assertThat(TestServer.parse(body(answer)).path("status").intValue()).isEqualTo(row.status());
  }

  @Test
  void harmlessOddRequestsAreAnswered() {
    assertThat(server.raw("GET http://else/livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
    assertThat(server.raw("GET /livez HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    String body = "{\"text\":\r\n \"a body may have lines that start with a space\"}";
    String post =
        "POST /api/posts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ";
    assertThat(server.raw(post + body.length() + "\r\n\r\n" + body))
        .startsWith("HTTP/1.1 100 ")
        .contains("HTTP/1.1 202 ");
  }

  @Test
  void aFoldCutAcrossPacketsIsSeen() throws IOException {
    try (Socket socket = server.connect()) {
      for (char c : "GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n".toCharArray()) {
        socket.getOutputStream().write(c);
        socket.getOutputStream().flush();
      }
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
          .startsWith("HTTP/1.1 400 ");
    } catch (SocketException e) {
      // The refusal came before all was written.
    }
  }

  @Test
  void theDecoderIsPastItsKnownHoles() {
    assertThat(Version.identify())
        .extractingByKey("netty-codec-http")
        .extracting(Version::artifactVersion)
        .asString()
        .startsWith("4.2.20");
  }

  static String request(String method, String target, String headers) {
    return method
        + " "
        + target
        + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        + headers
        + "\r\n";
  }

  static String body(String answer) {
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }
}
