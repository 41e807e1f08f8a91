package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several requests on one connection. */
@Timeout(300)
public class PipeliningTest {
  private final TestServer server = new TestServer();

  @AfterEach
  void close() {
    server.close();
  }

  private static String get(String path, String headers) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
  }

  @Test
  void oneConnectionServesRequestAfterRequest() throws IOException {
    try (Socket socket = server.connect()) {
      for (int i = 0; i < 5; i++) {
        socket.getOutputStream().write(get("/livez", "").getBytes(StandardCharsets.US_ASCII));
        assertThat(readUntil(socket.getInputStream(), "\r\n\r\nok\n")).startsWith("HTTP/1.1 200 ");
      }
    }
  }

  public static String readUntil(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (!text.toString().endsWith(end)) {
      int b = in.read();
      assertThat(b).as("end of stream after " + text).isNotNegative();
      text.append((char) b);
    }
    return text.toString();
  }

  @Test
  void answersComeInTheOrderOfTheRequestsThoughAnEarlierOneTakesLonger() {
    CountDownLatch release = new CountDownLatch(1);
    server.trends.beforeRead =
        () -> {
          // As long as nothing overtakes, nobody else would release it: then it goes on by itself.
          awaitAtMost(release, Duration.ofMillis(200));
        };
    String answer =
        server.raw(
            get("/api/trending/slow", "X-Request-Id: 1\r\n")
                + get("/livez", "X-Request-Id: 2\r\n")
                + get("/nowhere", "X-Request-Id: 3\r\n")
                + get("/readyz", "X-Request-Id: 4\r\nConnection: close\r\n"));
    assertThat(answer.replaceAll("(?s).*?X-Request-Id: (\\d)\r\n", "$1 ").replaceAll("\r.*", ""))
        .startsWith("1 2 3 4 ");
  }

  private static void awaitAtMost(CountDownLatch latch, Duration time) {
    try {
      assertThat(latch.await(time.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aThousandPipelinedRequestsAreAllAnswered() {
    String answer =
        server.raw(get("/livez", "").repeat(999) + get("/livez", "Connection: close\r\n"));
    assertThat(answer.split("HTTP/1.1 200 ", -1)).hasSize(1_001);
  }

  @Test
  void anErrorDoesNotOvertakeAnAnswer() {
    String answer =
        server.raw(
            get("/api/trending/slow", "")
                + "POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 200 ").contains("HTTP/1.1 413 ");
  }

  @Test
  void aRequestThatDoesNotArriveInTimeIsToldSo() {
    HttpLimits d = HttpLimits.defaults();
    HttpLimits hasty =
        new HttpLimits(
            d.maxBodyBytes(),
            d.requestMemoryBytes(),
            d.maxConnections(),
            d.maxStreams(),
            Duration.ofMillis(50),
            Duration.ofMillis(50),
            d.writeTimeout(),
            d.idleTimeout(),
            1,
            1);
    try (TestServer impatient = new TestServer(hasty)) {
      assertThat(impatient.raw("GET /livez HTTP/1.1\r\nHo")).startsWith("HTTP/1.1 408 ");
      assertThat(impatient.raw("POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{"))
          .startsWith("HTTP/1.1 408 ");
    }
  }

  @Test
  void oneConnectionTooManyIsTurnedAway() throws IOException {
    HttpLimits d = HttpLimits.defaults();
    HttpLimits one =
        new HttpLimits(
            d.maxBodyBytes(),
            d.requestMemoryBytes(),
            1,
            1,
            d.headerTimeout(),
            d.bodyTimeout(),
            d.writeTimeout(),
            d.idleTimeout(),
            1,
            1);
    try (TestServer small = new TestServer(one);
        Socket first = small.connect()) {
      first.getOutputStream().write(get("/livez", "").getBytes(StandardCharsets.US_ASCII));
      readUntil(first.getInputStream(), "ok\n");
      assertThat(small.raw("")).startsWith("HTTP/1.1 503 ");
    }
  }
}
