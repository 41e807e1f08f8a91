package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.auth.AddressLimits;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the head of a request is enough to refuse is refused before its body is read. */
@Timeout(300)
class HeadFirstTest {
  @TempDir private static Path directory;

  private record Row(String name, Rules rules, String head, int status) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> refusedHeads() {
    String posts = "POST /api/posts HTTP/1.1\r\nContent-Type: application/json\r\n";
    return Stream.of(
        new Row("no token", new Rules(directory).tokens(), posts + "Host: a\r\n", 401),
        new Row(
            "weak token",
            new Rules(directory).tokens(),
            posts + "Host: a\r\nAuthorization: Bearer " + Rules.READ + "\r\n",
            403),
        new Row("other host", new Rules(directory).hosts("b"), posts + "Host: a\r\n", 400),
        new Row(
            "no peer",
            new Rules(directory).secret(Rules.SECRET),
            "POST /internal/v1/query HTTP/1.1\r\nHost: a\r\n",
            401),
        new Row("no path", new Rules(directory), "POST /nowhere HTTP/1.1\r\nHost: a\r\n", 404),
        new Row("no method", new Rules(directory), "POST /livez HTTP/1.1\r\nHost: a\r\n", 405),
        new Row(
            "other expectation", new Rules(directory), posts + "Host: a\r\nExpect: x\r\n", 417));
  }

  @ParameterizedTest
  @MethodSource("refusedHeads")
  void theBodyIsNotWaitedFor(Row row) {
    try (TestServer server = new TestServer(row.rules().build())) {
      String answer = server.raw(row.head() + "Content-Length: 1000000\r\n\r\n[");
      assertThat(answer).startsWith("HTTP/1.1 " + row.status() + " ");
      assertThat(TestServer.parse(HttpRulesTest.body(answer)).path("status").intValue())
          .isEqualTo(row.status());
    }
  }

  @ParameterizedTest
  @MethodSource("refusedHeads")
  void noneIsToldToGoOn(Row row) {
    if (row.head().contains("Expect")) {
      return;
    }
    try (TestServer server = new TestServer(row.rules().build())) {
      assertThat(server.raw(row.head() + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"))
          .startsWith("HTTP/1.1 " + row.status() + " ");
    }
  }

  @Test
  void neitherIsOneWhoPostsTooMuch() {
    SecuritySettings one =
        new Rules(directory).addresses(new AddressLimits(0, 1, 0, false)).build();
    String head =
        "POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n";
    try (TestServer server = new TestServer(one)) {
      String answer =
          server.raw(head + "\r\n{\"text\":\"a\"}" + head + "Expect: 100-continue\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 202 ").contains("HTTP/1.1 429 ");
      assertThat(answer).doesNotContain("HTTP/1.1 100 ");
    }
  }

  @Test
  void afterAShortBodyTheConnectionGoesOn() throws IOException {
    String body = "a".repeat(50_000);
    try (TestServer server = new TestServer();
        Socket socket = server.connect()) {
      String head = "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n";
      socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
      socket
          .getOutputStream()
          .write(HttpRulesTest.request("GET", "/livez", "").getBytes(StandardCharsets.US_ASCII));
      String answers =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(answers).startsWith("HTTP/1.1 404 ").contains("HTTP/1.1 200 ");
    }
  }

  @Test
  void aBodyThatNoEndpointReadsHasItsBoundToo() {
    try (TestServer server = new TestServer()) {
      String chunks = ("40000\r\n" + "a".repeat(0x40000) + "\r\n").repeat(5);
      assertThat(
              server.raw(
                  "GET /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))
          .startsWith("HTTP/1.1 413 ");
    }
  }
}
