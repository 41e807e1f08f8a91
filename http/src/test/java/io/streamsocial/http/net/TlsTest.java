package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.X509Bundle;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.RawWebSocket;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestCertificates;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.processor.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTPS, with certificates of a CA that only these tests know. */
@Timeout(300)
class TlsTest {
  @TempDir private Path directory;
  private TestCertificates ours;

  @BeforeEach
  void issue() throws Exception {
    ours = new TestCertificates(directory, "ours");
  }

  private TestServer start() throws Exception {
    return start(ours.issue("localhost"));
  }

  private TestServer start(X509Bundle bundle) throws Exception {
    TestServer server = new TestServer(new Rules(directory).tls(ours.write(bundle)).build());
    server.speak(ours.client(null));
    return server;
  }

  @Test
  void allIsAnsweredOverTlsAsWithout() throws Exception {
    try (TestServer server = start()) {
      server.trends.add("java", "US-East", TestServer.W0, 7);
      HttpResponse<String> trending = server.get("/api/trending");
      assertThat(trending.body()).contains("\"java\"");
      assertThat(trending.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
      assertThat(trending.headers().firstValue("Strict-Transport-Security"))
          .as("plain servers on loopback shall stay reachable")
          .isEmpty();
      assertThat(
              server
                  .send(
                      "POST", "/api/posts", "{\"text\":\"#a\"}", "Content-Type", "application/json")
                  .statusCode())
          .isEqualTo(202);
      HttpResponse<String> large = server.get("/metrics", "Accept-Encoding", "gzip");
      assertThat(large.headers().firstValue("Content-Encoding")).hasValue("gzip");
    }
  }

  @Test
  void browsersAreToldToStayWithTlsWhereItIsSpokenOnANetwork() {
    assertThat(ConnectionSetup.everyAnswer(true))
        .containsEntry("Strict-Transport-Security", "max-age=31536000");
    assertThat(ConnectionSetup.everyAnswer(false)).doesNotContainKey("Strict-Transport-Security");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void pipelinedRequestsAndWebSocketsWorkOverTls(String protocol) throws Exception {
    try (TestServer server = start()) {
      try (Socket socket = connect(server, protocol)) {
        String request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
        String last = request + "Connection: close\r\n\r\n";
        socket
            .getOutputStream()
            .write(
                (request + "\r\n" + request + "\r\n" + last).getBytes(StandardCharsets.US_ASCII));
        String answers =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(4);
      }
      try (RawWebSocket socket = new RawWebSocket(connect(server, protocol), "/ws", "")) {
        assertThat(socket.head).startsWith("HTTP/1.1 101 ");
        assertThat(socket.await(RawWebSocket.TEXT).text()).contains("trending_update");
      }
    }
  }

  private Socket connect(TestServer server, String protocol) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            ours.client(null).getSocketFactory().createSocket("localhost", server.server.port());
    socket.setSoTimeout((int) TestServer.PATIENCE.toMillis());
    socket.setEnabledProtocols(new String[] {protocol});
    return socket;
  }

  @Test
  void olderProtocolsAreRefused() throws Exception {
    SSLContext old = ours.client(null);
    try (TestServer server = start();
        SSLSocket socket =
            (SSLSocket) old.getSocketFactory().createSocket("localhost", server.server.port())) {
      socket.setEnabledProtocols(new String[] {"TLSv1.1"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
    }
  }

  @Test
  void plainHttpIsToldToSpeakTlsAndClosed() throws Exception {
    try (TestServer server = start()) {
      assertThat(server.raw(HttpRulesTest.request("GET", "/livez", "")))
          .startsWith("HTTP/1.1 400 ")
          .endsWith("This port speaks TLS: ask it with https://.\n");
      assertThat(server.raw("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ");
      assertThat(server.get("/livez").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aHandshakeThatDoesNotEndIsEnded() throws Exception {
    HttpLimits d = HttpLimits.defaults();
    HttpLimits hasty =
        new HttpLimits(
            d.maxBodyBytes(),
            d.requestMemoryBytes(),
            d.maxConnections(),
            d.maxStreams(),
            Duration.ofMillis(100),
            d.bodyTimeout(),
            d.writeTimeout(),
            Duration.ofSeconds(1),
            1,
            1);
    SecuritySettings rules = new Rules(directory).tls(ours.write(ours.issue("localhost"))).build();
    ServerOptions options =
        TestServer.options("0", hasty, TestServer.peers(PeerOptions.TIMEOUT_MS), rules);
    try (TestServer server = new TestServer(options, new InMemoryTrends(TestServer.WINDOW_MS))) {
      // The start of a ClientHello, and then nothing: a TLS record header of 100 bytes.
      assertThat(server.raw("\u0016\u0003\u0001\u0000d\u0001")).doesNotContain("HTTP");
      assertThat(server.raw("")).as("not a byte").isEmpty();
    }
  }

  @Test
  void whoDoesNotKnowTheCaOrAsksAnotherHostDoesNotTrustIt() throws Exception {
    try (TestServer server = start()) {
      server.speak(SSLContext.getDefault());
      assertUntrusted(server);
    }
    try (TestServer server = start(ours.issue("elsewhere.example"))) {
      assertUntrusted(server);
    }
  }

  private static void assertUntrusted(TestServer server) {
    assertThatThrownBy(() -> server.get("/livez"))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void aRotatedCertificateIsPresentedSoonAndABrokenOneNever() throws Exception {
    try (TestServer server = start()) {
      String first = presented(server);
      ours.writeHalf(ours.issue("localhost"));
      X509Bundle whole = ours.issue("localhost");
      assertThat(presented(server)).as("certificate and key are no pair").isEqualTo(first);
      ours.write(whole);
      String serial = whole.getCertificate().getSerialNumber().toString();
      await().atMost(TestServer.PATIENCE).until(() -> presented(server).equals(serial));
      assertThat(serial).isNotEqualTo(first);
    }
  }

  /** The serial number of what a new connection sees. */
  private String presented(TestServer server) throws Exception {
    try (SSLSocket socket = (SSLSocket) connect(server, "TLSv1.3")) {
      socket.startHandshake();
      return ((java.security.cert.X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSerialNumber()
          .toString();
    }
  }

  @Test
  void filesThatCannotWorkAreRefusedAtTheStart() throws Exception {
    TestCertificates other = new TestCertificates(directory, "other");
    SecuritySettings.TlsFiles mixed =
        new SecuritySettings.TlsFiles(
            ours.write(ours.issue("localhost")).cert(),
            other.write(other.issue("localhost")).key(),
            null,
            null);
    assertRefused(mixed, "tls-key is not the key of the certificate in tls-cert");
    Path nothing = Files.writeString(directory.resolve("nothing.pem"), "nothing");
    SecuritySettings.TlsFiles good = ours.write(ours.issue("localhost"));
    assertRefused(
        new SecuritySettings.TlsFiles(nothing, good.key(), null, null),
        "tls-cert holds no certificate");
    assertRefused(
        new SecuritySettings.TlsFiles(good.cert(), nothing, null, null),
        "holds no unencrypted PKCS#8 key");
    assertRefused(
        new SecuritySettings.TlsFiles(good.cert(), good.key(), nothing, null),
        "tls-ca holds no certificate");
    assertRefused(
        new SecuritySettings.TlsFiles(good.cert(), good.key(), null, directory.resolve("none.pem")),
        "there is no such file");
    Instant yesterday = Instant.now().minus(Duration.ofDays(1));
    assertRefused(
        ours.write(ours.issue("localhost", yesterday)), "the certificate in tls-cert ended at");
  }

  private void assertRefused(SecuritySettings.TlsFiles files, String reason) {
    assertThatThrownBy(() -> new TestServer(new Rules(directory).tls(files).build()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason);
    assertThat(Security.problems(new Rules(directory).tls(files).build())).hasSize(1);
  }
}
