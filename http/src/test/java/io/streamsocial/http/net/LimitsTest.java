package io.streamsocial.http.net;

import static io.streamsocial.http.fixture.TestServer.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.embedded.EmbeddedChannel;
import io.streamsocial.http.auth.AddressLimits;
import io.streamsocial.http.auth.PeerSecret;
import io.streamsocial.http.auth.UnusableFileException;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one address may take. */
@Timeout(300)
class LimitsTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @TempDir private Path directory;

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void aSecondsWorthMayComeAtOnceAndThenAtTheRate() {
    RateLimit limit = new RateLimit(10);
    InetAddress one = address("192.0.2.1");
    long now = Long.MAX_VALUE - SECOND; // nanoTime may overflow while it counts
    for (int i = 0; i < 10; i++) {
      assertThat(limit.take(one, now)).isZero();
    }
    assertThat(limit.take(one, now)).isEqualTo(SECOND / 10);
    assertThat(limit.take(one, now + SECOND / 10)).isZero();
    assertThat(limit.take(one, now + SECOND / 10)).isEqualTo(SECOND / 10);
    long later = now + 100 * SECOND;
    for (int i = 0; i < 10; i++) {
      assertThat(limit.take(one, later)).isZero();
    }
    assertThat(limit.take(one, later)).as("a pause saves up no more than a second").isPositive();
  }

  @Test
  void anAddressDoesNotPayForAnotherButAnIpv6NetworkIsOne() {
    RateLimit limit = new RateLimit(1);
    assertThat(limit.take(address("192.0.2.1"), 0)).isZero();
    assertThat(limit.take(address("192.0.2.2"), 0)).isZero();
    assertThat(limit.take(address("192.0.2.1"), 0)).isPositive();
    assertThat(limit.take(address("2001:db8::1"), 0)).isZero();
    assertThat(limit.take(address("2001:db8::ffff:2"), 0)).isPositive();
    assertThat(limit.take(address("2001:db8:0:1::1"), 0)).isZero();
    assertThat(new RateLimit(0).take(address("192.0.2.1"), 0)).isZero();
  }

  private TestServer start(AddressLimits limits) {
    return new TestServer(new Rules(directory).addresses(limits).secret(Rules.SECRET).build());
  }

  @Test
  void oneTooManyIsToldWhenToComeBack() {
    try (TestServer server = start(new AddressLimits(5, 1, 0, false))) {
      for (int i = 0; i < 5; i++) {
        assertThat(server.get("/api/trending").statusCode()).isEqualTo(200);
      }
      assertThat(tooMany(() -> server.get("/api/trending")).body()).contains("requests a second");
      HttpResponse<String> post = post(server);
      assertThat(post.statusCode()).as("posts are counted apart").isEqualTo(202);
      int[] accepted = {1};
      HttpResponse<String> refused =
          tooMany(
              () -> {
                HttpResponse<String> next = post(server);
                accepted[0] += next.statusCode() == 202 ? 1 : 0;
                return next;
              });
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(TestServer.parse(refused.body()).path("type").textValue())
          .isEqualTo("/problems/too-many-requests");
      assertThat(server.posts.written).hasSize(accepted[0]);
    }
  }

  /** The first answer that is 429: a machine may pause for the second after which one more may. */
  private static HttpResponse<String> tooMany(Callable<HttpResponse<String>> request) {
    return await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(request, answer -> answer.statusCode() == 429);
  }

  private static HttpResponse<String> post(TestServer server) {
    return server.send(
        "POST", "/api/posts", "{\"text\":\"#a\"}", "Content-Type", "application/json");
  }

  @Test
  void instancesAndThisMachineHaveNoLimit() {
    PeerSecret secret;
    try {
      secret = PeerSecret.parse(Rules.SECRET.getBytes(StandardCharsets.UTF_8));
    } catch (UnusableFileException e) {
      throw new AssertionError(e);
    }
    try (TestServer server = start(new AddressLimits(1, 1, 0, false))) {
      for (int i = 0; i < 10; i++) {
        assertThat(
                server.get("/internal/v1/status", PeerSecret.HEADER, secret.header()).statusCode())
            .isEqualTo(200);
      }
      int denied = server.get("/internal/v1/status").statusCode();
      assertThat(denied).isEqualTo(401);
      assertThat(tooMany(() -> server.get("/internal/v1/status")).statusCode())
          .as("who guesses has a limit")
          .isEqualTo(429);
    }
    try (TestServer server = start(new AddressLimits(1, 1, 1, true))) {
      for (int i = 0; i < 10; i++) {
        assertThat(server.get("/api/trending").statusCode()).isEqualTo(200);
        assertThat(post(server).statusCode()).isEqualTo(202);
      }
    }
  }

  @Test
  void anAddressMayHaveSoManyConnectionsOpen() throws IOException {
    try (TestServer server = start(new AddressLimits(0, 0, 2, false))) {
      try (Socket first = server.connect();
          Socket second = server.connect()) {
        answered(first);
        answered(second);
        assertThat(server.raw("")).startsWith("HTTP/1.1 503 ");
      }
      // Who is turned away before he has asked may lose the answer with the connection.
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(UncheckedIOException.class)
          .until(
              () ->
                  server
                      .raw(HttpRulesTest.request("GET", "/livez", ""))
                      .startsWith("HTTP/1.1 200 "));
    }
  }

  /** So that the server has certainly taken the connection. */
  private static void answered(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(socket.getInputStream().read()).isEqualTo('H');
  }

  @Test
  void probesAreAnsweredBesideACrowdThatTakesEveryConnection() throws IOException {
    List<Socket> crowd = new ArrayList<>();
    try (TestServer server = start(new AddressLimits(0, 0, 2, false))) {
      for (int i = 0; i < 200; i++) {
        crowd.add(server.connect()); // two of them are within the bound, the others say nothing
      }
      for (int i = 0; i < 10; i++) {
        assertThat(server.raw(HttpRulesTest.request("GET", "/livez", "")))
            .startsWith("HTTP/1.1 200 ");
        assertThat(server.raw(HttpRulesTest.request("GET", "/readyz", "")))
            .startsWith("HTTP/1.1 200 ");
      }
      String other = server.raw(HttpRulesTest.request("GET", "/api/trending", ""));
      assertThat(other).startsWith("HTTP/1.1 503 ");
      assertThat(TestServer.parse(HttpRulesTest.body(other)).path("detail").textValue())
          .contains("2000 in all (--max-connections)", "2 from one address");
      assertThat(server.raw("")).startsWith("HTTP/1.1 503 ").contains("problem+json");
    } finally {
      for (Socket each : crowd) {
        each.close();
      }
    }
  }

  @Test
  void anAddressIsForgottenWithItsLastConnection() {
    AddressConnections connections = new AddressConnections(new AddressLimits(0, 0, 1, true));
    EmbeddedChannel first = new Remote("192.0.2.1");
    assertThat(connections.admit(first)).isTrue();
    assertThat(connections.admit(new Remote("192.0.2.1"))).isFalse();
    assertThat(connections.admit(new Remote("192.0.2.2"))).isTrue();
    first.close().syncUninterruptibly();
    first.runPendingTasks();
    assertThat(connections.admit(new Remote("192.0.2.1"))).isTrue();
    assertThat(connections.admit(new Remote("127.0.0.1"))).isTrue();
    assertThat(connections.admit(new Remote("127.0.0.1"))).isTrue();
    connections.instanceAt(address("192.0.2.1"));
    assertThat(connections.admit(new Remote("192.0.2.1"))).as("an instance asks there").isTrue();
  }

  private static final class Remote extends EmbeddedChannel {
    private final String from;

    Remote(String from) {
      this.from = from;
    }

    @Override
    protected SocketAddress remoteAddress0() {
      return new InetSocketAddress(address(from), 1);
    }
  }

  @Test
  void anAnswerThatDoesNotFitIsRefusedAndProbesAreNot() {
    HttpLimits d = HttpLimits.defaults();
    HttpLimits small =
        new HttpLimits(
            d.maxBodyBytes(),
            20_000,
            d.maxConnections(),
            d.maxStreams(),
            d.headerTimeout(),
            d.bodyTimeout(),
            d.writeTimeout(),
            d.idleTimeout(),
            1,
            8);
    try (TestServer server = new TestServer(small)) {
      HttpResponse<String> answer = server.get("/metrics");
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(TestServer.parse(answer.body()).path("detail").textValue())
          .contains("20000 bytes", "--request-memory", "ask for less");
      assertThat(server.get("/livez").statusCode()).isEqualTo(200);
      assertThat(server.send("HEAD", "/metrics", "").statusCode()).isEqualTo(200);
      String body = "{\"text\":\"" + "a".repeat(20_000) + "\"}";
      HttpResponse<String> post =
          server.send("POST", "/api/posts", body, "Content-Type", "application/json");
      assertThat(post.statusCode()).isEqualTo(413);
      assertThat(post.body()).contains("10000 bytes", "--request-memory");
    }
  }

  /** Silence is in PipeliningTest; this is who sends byte after byte and never ends. */
  @Test
  void aTrickleOfHeadersIsEndedAndOthersAreAnswered() throws IOException {
    HttpLimits d = HttpLimits.defaults();
    HttpLimits hasty =
        new HttpLimits(
            d.maxBodyBytes(),
            d.requestMemoryBytes(),
            d.maxConnections(),
            d.maxStreams(),
            Duration.ofMillis(300),
            d.bodyTimeout(),
            d.writeTimeout(),
            d.idleTimeout(),
            1,
            8);
    ScheduledExecutorService drips = Executors.newSingleThreadScheduledExecutor();
    try (TestServer server = new TestServer(hasty);
        Socket slow = server.connect()) {
      OutputStream out = slow.getOutputStream();
      out.write("GET /livez HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.US_ASCII));
      Future<?> dripping =
          drips.scheduleAtFixedRate(() -> drip(out), 20, 20, TimeUnit.MILLISECONDS);
      assertThat(server.get("/livez").statusCode()).isEqualTo(200);
      byte[] answer = slow.getInputStream().readNBytes(13);
      assertThat(new String(answer, StandardCharsets.ISO_8859_1)).isEqualTo("HTTP/1.1 408 ");
      dripping.cancel(false);
    } finally {
      drips.shutdownNow();
    }
  }

  private static void drip(OutputStream out) {
    try {
      out.write('a');
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the server has closed: no more of it
    }
  }
}
