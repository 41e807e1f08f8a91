package io.streamsocial.http.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.RawWebSocket;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.net.HttpLimits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSockets and event streams: what they tell, whom they refuse, and how they end. */
@Timeout(300)
final class StreamsTest {
  /** Nobody here answers pings, and no test shall last until that is noticed. */
  private static final Duration LONG = Duration.ofMinutes(30);

  private TestServer server;

  @BeforeEach
  void start() {
    server = new TestServer(limits(10, LONG));
    server.trends.still = true;
    server.trends.add("java", "EU-West", TestServer.NOW, 7);
    server.trends.add("kafka", "US-East", TestServer.NOW, 9);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static HttpLimits limits(int streams, Duration idle) {
    return limits(streams, idle, HttpLimits.defaults().writeTimeout());
  }

  static HttpLimits limits(int streams, Duration idle, Duration write) {
    HttpLimits d = HttpLimits.defaults();
    return new HttpLimits(
        d.maxBodyBytes(),
        d.requestMemoryBytes(),
        d.maxConnections(),
        streams,
        d.headerTimeout(),
        d.bodyTimeout(),
        write,
        idle,
        d.readThreads(),
        d.readQueue());
  }

  private RawWebSocket open(String target) throws IOException {
    RawWebSocket socket = new RawWebSocket(server.connect(), target, "");
    assertThat(socket.head).startsWith("HTTP/1.1 101 ");
    return socket;
  }

  private static JsonNode message(RawWebSocket socket) throws IOException {
    return TestServer.parse(socket.await(RawWebSocket.TEXT).text());
  }

  /** The next that says something new; on a slow machine heartbeats may come before it. */
  private static JsonNode update(RawWebSocket socket) throws IOException {
    JsonNode message = message(socket);
    while (!message.path("type").asText().equals("trending_update")) {
      message = message(socket);
    }
    return message;
  }

  @Test
  void theFirstMessageComesAtOnceWithAllThatTrendingTells() throws IOException {
    try (RawWebSocket socket = open("/ws?limit=1")) {
      JsonNode message = message(socket);
      assertThat(message.path("type").asText()).isEqualTo("trending_update");
      JsonNode answer = server.json("/api/trending?limit=1");
      answer.properties().forEach(e -> assertThat(message.get(e.getKey())).isEqualTo(e.getValue()));
      assertThat(message.at("/metrics/topics").asInt()).isEqualTo(1);
      assertThat(message.at("/metrics/mentions").asInt()).isEqualTo(9);
      assertThat(message.path("metrics").has("posts_per_second")).isTrue();
    }
  }

  @Test
  void aFrameIsTheBodyOfTrendingWithItsTypeBeforeAndMetricsBehind() throws IOException {
    String body = server.get("/api/trending").body();
    try (RawWebSocket socket = open("/ws")) {
      assertThat(socket.await(RawWebSocket.TEXT).text())
          .isEqualTo(
              "{\"type\":\"trending_update\","
                  + body.substring(1, body.length() - 1)
                  + ",\"metrics\":{\"topics\":2,\"mentions\":16,"
                  + "\"posts_per_second\":null,\"clients\":1}}");
    }
  }

  @Test
  void onlyWhatChangedIsSentAndOnceEncodedForAll() throws IOException {
    try (RawWebSocket one = open("/ws");
        RawWebSocket two = open("/ws?limit=10");
        RawWebSocket region = open("/ws?region=EU-West")) {
      assertThat(message(one).path("trending")).hasSize(2);
      assertThat(message(two).path("trending")).hasSize(2);
      assertThat(message(region).path("trending")).hasSize(1);
      assertThat(server.server.streamMetrics().encodings()).isEqualTo(2);
      server.trends.add("new", "EU-West", TestServer.NOW, 70);
      server.trends.publish(server.trends.asOf);
      assertThat(update(one).at("/trending/0/hashtag").asText()).isEqualTo("new");
      assertThat(update(two).at("/trending/0/hashtag").asText()).isEqualTo("new");
      assertThat(update(region).at("/trending/0/hashtag").asText()).isEqualTo("new");
      assertThat(server.server.streamMetrics().encodings()).isEqualTo(4);
    }
    await().atMost(TestServer.PATIENCE).until(() -> server.server.streamMetrics().clients() == 0);
  }

  @Test
  void silenceIsBrokenByAHeartbeat() throws IOException {
    try (RawWebSocket socket = open("/ws")) {
      assertThat(message(socket).path("type").asText()).isEqualTo("trending_update");
      JsonNode heartbeat = message(socket);
      assertThat(heartbeat.path("type").asText()).isEqualTo("heartbeat");
      assertThat(heartbeat.path("staleness_ms").isNumber()).isTrue();
    }
  }

  @Test
  void pagesOfOtherSitesAreRefusedBeforeTheUpgrade() throws IOException {
    for (String origin : new String[] {"http://evil.example", "null", "http://127.0.0.1:1"}) {
      try (RawWebSocket socket =
          new RawWebSocket(server.connect(), "/ws", "Origin: " + origin + "\r\n")) {
        assertThat(socket.head).as(origin).startsWith("HTTP/1.1 403 ");
      }
    }
    String own = "Origin: http://127.0.0.1:" + server.server.port() + "\r\n";
    try (RawWebSocket socket = new RawWebSocket(server.connect(), "/ws", own)) {
      assertThat(socket.head).startsWith("HTTP/1.1 101 ");
    }
    assertThat(server.get("/api/stream", "Origin", "http://evil.example").statusCode())
        .isEqualTo(403);
  }

  @Test
  void whoDoesNotUpgradeIsToldHow() {
    HttpResponse<String> response = server.get("/ws");
    assertThat(response.statusCode()).isEqualTo(426);
    assertThat(response.headers().firstValue("Sec-WebSocket-Version")).hasValue("13");
    assertThat(response.headers().firstValue("Upgrade")).hasValue("websocket");
    assertThat(server.get("/ws?limt=3").statusCode()).isEqualTo(400);
  }

  private String handshake(String version, String headers) {
    String head =
        "GET /ws HTTP/%s\r\nHost: 127.0.0.1:%d\r\nConnection: keep-alive, Upgrade\r\n%s\r\n";
    try (Socket socket = server.connect()) {
      socket
          .getOutputStream()
          .write(
              head.formatted(version, server.server.port(), headers)
                  .getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theHandshakeIsThatOfRfc6455() {
    String version = "Sec-WebSocket-Version: 13\r\n";
    String key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (String upgrade :
        new String[] {"websocket", "WebSocket", "h2c, websocket", "h2c\r\nUpgrade: websocket"}) {
      assertThat(handshake("1.1", "Upgrade: " + upgrade + "\r\n" + version + key))
          .as(upgrade)
          .isEqualTo("HTTP/1.1 101");
    }
    String upgrade = "Upgrade: websocket\r\n";
    assertThat(handshake("1.0", upgrade + version + key)).isEqualTo("HTTP/1.1 426");
    assertThat(handshake("1.1", "Upgrade: h2c\r\n" + version + key)).isEqualTo("HTTP/1.1 426");
    assertThat(handshake("1.1", upgrade + "Sec-WebSocket-Version: 8\r\n" + key))
        .isEqualTo("HTTP/1.1 426");
    assertThat(handshake("1.1", upgrade + version)).isEqualTo("HTTP/1.1 400");
    assertThat(handshake("1.1", upgrade + version + "Sec-WebSocket-Key: short\r\n"))
        .isEqualTo("HTTP/1.1 400");
  }

  @Test
  void noProxyHoldsEventsBack() throws IOException {
    try (Socket socket = server.connect()) {
      socket
          .getOutputStream()
          .write("GET /api/stream HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String head = new String(socket.getInputStream().readNBytes(400), StandardCharsets.US_ASCII);
      assertThat(head.toLowerCase(Locale.ROOT))
          .contains("x-accel-buffering: no", "cache-control: no-store");
    }
  }

  @Test
  void oneTooManyIsRefusedUntilAnotherLeaves() throws IOException {
    server.close();
    server = new TestServer(limits(1, LONG));
    try (RawWebSocket first = open("/ws")) {
      try (RawWebSocket second = new RawWebSocket(server.connect(), "/ws", "")) {
        assertThat(second.head).startsWith("HTTP/1.1 503 ").contains("Retry-After: 5");
      }
      assertThat(first.await(RawWebSocket.TEXT).text()).contains("trending_update");
    }
    await().atMost(TestServer.PATIENCE).until(() -> server.server.streamMetrics().clients() == 0);
    try (RawWebSocket third = open("/ws")) {
      assertThat(third.await(RawWebSocket.TEXT).text()).contains("trending_update");
    }
  }

  @Test
  void whatBreaksTheProtocolIsClosedWithItsCode() throws IOException {
    byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
    assertThat(closedAfter(RawWebSocket.TEXT, hello, false)).as("unmasked").isEqualTo(1002);
    byte[] notUtf8 = {(byte) 0xc3, (byte) 0x28};
    assertThat(closedAfter(RawWebSocket.TEXT, notUtf8, true)).as("not UTF-8").isEqualTo(1007);
    byte[] large = new byte[1 << 20];
    assertThat(closedAfter(RawWebSocket.TEXT, large, true)).as("1 MiB").isEqualTo(1009);
  }

  private int closedAfter(int opcode, byte[] payload, boolean masked) throws IOException {
    try (RawWebSocket socket = open("/ws")) {
      try {
        socket.send(opcode, payload, masked);
      } catch (SocketException e) {
        // Refused before all was written: the reason is still to be read.
      }
      return socket.await(RawWebSocket.CLOSE).closeCode();
    }
  }

  @Test
  void whoTalksTooMuchIsClosed() throws IOException {
    try (RawWebSocket socket = open("/ws")) {
      try {
        // Far more, as a machine that pauses may find some of them in another second.
        for (int i = 0; i < 20 * WebSocketClient.MESSAGES_PER_SECOND_MAX; i++) {
          socket.send(RawWebSocket.TEXT, new byte[] {'a'}, true);
        }
      } catch (SocketException e) {
        // Refused before all was written: the reason is still to be read.
      }
      RawWebSocket.Frame close = socket.await(RawWebSocket.CLOSE);
      assertThat(close.closeCode()).isEqualTo(1008);
      assertThat(close.text()).contains("messages a second");
    }
  }

  @Test
  void whoDoesNotAnswerAPingIsClosed() throws IOException {
    server.close();
    server = new TestServer(limits(10, Duration.ofMillis(300)));
    try (RawWebSocket socket = open("/ws")) {
      assertThat(socket.await(RawWebSocket.PING).payload().remaining()).isZero();
      assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1008);
    }
  }

  /** With which words is in WebSocketClientTest: this client would not read them. */
  @Test
  void whoReadsNothingIsClosed() throws IOException {
    server.close();
    server = new TestServer(limits(10, LONG, Duration.ofMillis(1)));
    for (int i = 0; i < 1_000; i++) {
      server.trends.add("t".repeat(100) + i, "EU-West", TestServer.NOW, 7);
    }
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4_096);
      socket.setSoTimeout((int) TestServer.PATIENCE.toMillis());
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()));
      try (RawWebSocket deaf = new RawWebSocket(socket, "/ws?limit=1000", "")) {
        assertThat(deaf.head).startsWith("HTTP/1.1 101 ");
        // The first message is more than the sockets hold; the next finds that it was not taken.
        await()
            .atMost(TestServer.PATIENCE)
            .until(
                () -> {
                  server.trends.add("news", "EU-West", TestServer.NOW, 1);
                  return server.server.streamMetrics().clients() == 0;
                });
      }
    }
  }

  @Test
  void aServerThatStopsSaysSo() throws IOException {
    try (RawWebSocket socket = open("/ws")) {
      assertThat(message(socket).path("type").asText()).isEqualTo("trending_update");
      server.server.drain(Duration.ofMillis(100));
      assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1001);
    }
  }

  @Test
  void tooManyDifferentQuestionsAreNotFollowed() throws IOException {
    server.close();
    server = new TestServer(limits(100, LONG));
    RawWebSocket[] all = new RawWebSocket[TrendStreams.FEEDS_MAX];
    try {
      for (int i = 0; i < all.length; i++) {
        all[i] = open("/ws?limit=" + (i + 1));
        assertThat(message(all[i]).path("type").asText()).isEqualTo("trending_update");
      }
      try (RawWebSocket oneMore = open("/ws?limit=999")) {
        assertThat(oneMore.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1013);
      }
    } finally {
      for (RawWebSocket each : all) {
        if (each != null) {
          each.close();
        }
      }
    }
  }

  @Test
  void theSameIsToldByServerSentEvents() throws IOException {
    try (Socket socket = server.connect()) {
      socket
          .getOutputStream()
          .write(
              "GET /api/stream?limit=1 HTTP/1.0\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
                  .getBytes(StandardCharsets.ISO_8859_1));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertThat(in.readLine()).startsWith("HTTP/1.1 200 ");
      assertThat(lineWith(in, "content-type: ")).isEqualTo("text/event-stream");
      assertThat(TestServer.parse(lineWith(in, "data: ")).at("/trending/0/hashtag").asText())
          .isEqualTo("kafka");
      server.trends.add("new", "EU-West", TestServer.NOW, 70);
      server.trends.publish(server.trends.asOf);
      assertThat(update(in).at("/trending/0/hashtag").asText()).isEqualTo("new");
    }
    assertThat(server.raw("HEAD /api/stream HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("\r\n\r\n");
    await().atMost(TestServer.PATIENCE).until(() -> server.server.streamMetrics().clients() == 0);
  }

  private static JsonNode update(BufferedReader in) throws IOException {
    JsonNode message = TestServer.parse(lineWith(in, "data: "));
    while (!message.path("type").asText().equals("trending_update")) {
      message = TestServer.parse(lineWith(in, "data: "));
    }
    return message;
  }

  private static String lineWith(BufferedReader in, String start) throws IOException {
    String line = in.readLine();
    while (line != null && !line.startsWith(start)) {
      line = in.readLine();
    }
    assertThat(line).isNotNull();
    return line.substring(start.length());
  }
}
