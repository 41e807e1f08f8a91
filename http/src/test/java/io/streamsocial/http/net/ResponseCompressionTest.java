package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets gzip, and how caches learn of it. */
class ResponseCompressionTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer();
  }

  @AfterAll
  static void close() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | true",
        "GZip | true",
        "x-gzip | true",
        "br, gzip | true",
        "br , gzip ; q=0.5 | true",
        "* | true",
        "gzip;Q=1.000 | true",
        "gzip;q=0.001 | true",
        "gzip;q=0.5, identity;q=0.5 | true",
        "gzip;q=0.5, identity;q=0 | true",
        "'' | false",
        "identity | false",
        "br, deflate, zstd | false",
        "gzip;q=0 | false",
        "GZIP;q=0.000 | false",
        "*;q=0 | false",
        "*, gzip;q=0 | false",
        "gzip;q=0.5, identity;q=0.8 | false",
        "notgzip | false",
        "gzip2 | false",
        "gzip;q= | false",
        "gzip;q=NaN | false",
        "gzip;q=2 | false",
        "gzip;q=0.0001 | false",
        "gzip;level=9 | false",
      })
  void gzipIsForThoseWhoAcceptIt(String accepted, boolean isGzip) {
    String answer =
        server
            .raw(HttpRulesTest.request("GET", "/metrics", "Accept-Encoding: " + accepted + "\r\n"))
            .toLowerCase(Locale.ROOT);
    String head = answer.substring(0, answer.indexOf("\r\n\r\n"));
    assertThat(head.contains("content-encoding: gzip")).isEqualTo(isGzip);
    assertThat(head).contains("\r\nvary: accept-encoding");
  }

  @Test
  void longAnswersAreCompressedForThoseWhoAsk() {
    HttpResponse<String> metrics = server.get("/metrics", "Accept-Encoding", "gzip");
    assertThat(metrics.headers().firstValue("Content-Encoding")).hasValue("gzip");
    HttpResponse<String> small = server.get("/livez", "Accept-Encoding", "gzip");
    assertThat(small.headers().firstValue("Content-Encoding")).isEmpty();
  }

  @Test
  void severalHeadersAreOneList() {
    String headers = "Accept-Encoding: br\r\nAccept-Encoding: gzip;q=0\r\nAccept-Encoding: *\r\n";
    assertThat(
            server.raw(HttpRulesTest.request("GET", "/metrics", headers)).toLowerCase(Locale.ROOT))
        .doesNotContain("content-encoding: gzip");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/trending",
    "HEAD, /api/trending",
    "GET, /livez",
    "GET, /nowhere",
    "GET, /web/dashboard.css",
    "GET, /api/trending?limit=x"
  })
  void shortAnswersAndProblemsVaryToo(String method, String path) {
    assertThat(vary(server.send(method, path, ""))).containsExactly("accept-encoding");
  }

  @Test
  void whatIsNotModifiedVariesAsItDid() {
    HttpResponse<String> first = server.get("/web/dashboard.css");
    HttpResponse<String> second =
        server.get(
            "/web/dashboard.css",
            "If-None-Match",
            first.headers().firstValue("ETag").orElseThrow());
    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(vary(second)).isEqualTo(vary(first));
    for (String name : List.of("ETag", "Cache-Control", "Content-Security-Policy")) {
      assertThat(second.headers().firstValue(name)).isEqualTo(first.headers().firstValue(name));
    }
  }

  private static List<String> vary(HttpResponse<String> response) {
    return response.headers().allValues("Vary");
  }
}
