package io.streamsocial.http.peers;

import static io.streamsocial.http.fixture.Rules.ADMIN;
import static io.streamsocial.http.fixture.Rules.READ;
import static io.streamsocial.http.fixture.Rules.SECRET;
import static io.streamsocial.http.fixture.Rules.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.netty.pkitesting.X509Bundle;
import io.streamsocial.http.auth.PeerSecret;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestCertificates;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Instances that know each other by a secret or by certificates, and strangers who do not. */
@Timeout(300)
class PeerSecurityTest {
  @TempDir private Path directory;

  private static void routeTwo(TestCluster cluster) {
    cluster.addTags(30);
    cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2, 3)));
  }

  private static JsonNode member(TestServer asked, String id, String... headers) {
    for (JsonNode each :
        TestServer.parse(asked.get("/api/metadata", headers).body()).path("instances")) {
      if (each.path("instance_id").asText("").equals(id)) {
        return each;
      }
    }
    throw new AssertionError("no instance " + id);
  }

  private static void assertAnswerForEachOther(TestCluster cluster) {
    for (TestServer each : cluster.servers) {
      await()
          .atMost(TestServer.PATIENCE)
          .untilAsserted(
              () -> {
                JsonNode body = TestServer.parse(each.get("/api/trending", bearer(READ)).body());
                assertThat(body.path("partial").booleanValue()).isFalse();
                assertThat(body.path("partitions").path("answered").intValue()).isEqualTo(4);
              });
    }
  }

  private static void assertRefused(TestServer asked, String id, String reason, String... headers) {
    await()
        .atMost(TestServer.PATIENCE)
        .untilAsserted(
            () -> {
              JsonNode member = member(asked, id, headers);
              assertThat(member.path("problem").asText("")).contains(reason);
              assertThat(member.path("state").textValue()).isEqualTo("INCOMPATIBLE");
            });
    JsonNode body = TestServer.parse(asked.get("/api/trending", headers).body());
    assertThat(body.path("partial").booleanValue()).isTrue();
  }

  @Test
  void instancesThatShareASecretAnswerForEachOtherAndForNobodyElse() {
    try (TestCluster cluster =
        new TestCluster(2, unused -> new Rules(directory).tokens().secret(SECRET).build())) {
      routeTwo(cluster);
      assertAnswerForEachOther(cluster);
      TestServer asked = cluster.server(0);
      String[] right = {PeerSecret.HEADER, encoded(SECRET)};
      assertThat(asked.get("/internal/v1/status", right).statusCode()).isEqualTo(200);
      HttpResponse<String> none = asked.get("/internal/v1/status");
      assertThat(none.statusCode()).isEqualTo(401);
      assertThat(none.headers().firstValue("WWW-Authenticate")).hasValue(PeerSecret.HEADER);
      assertThat(none.body()).contains("--peer-secret-file");
      for (String path : List.of("/internal/v1/query", "/api/query/local")) {
        assertThat(asked.send("POST", path, "{}").statusCode()).isEqualTo(401);
        assertThat(asked.send("POST", path, "{}", bearer(ADMIN)).statusCode())
            .as("an admin is no instance")
            .isEqualTo(401);
        HttpResponse<String> wrong =
            asked.send("POST", path, "{}", PeerSecret.HEADER, encoded("another secret of theirs"));
        assertThat(wrong.statusCode()).isEqualTo(403);
        assertThat(asked.send("POST", path, "{}", right).statusCode()).isEqualTo(400);
      }
      assertThat(asked.get("/metrics", bearer(READ)).body())
          .containsPattern("route=\"/internal/v1/query\",status=\"401\"");
    }
  }

  private static String encoded(String secret) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(secret.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void anInstanceWithAnotherSecretIsNamedWithTheReason() {
    try (TestCluster cluster =
        new TestCluster(
            2, i -> new Rules(directory).secret(SECRET + (i == 0 ? "" : "!")).build())) {
      routeTwo(cluster);
      assertRefused(cluster.server(0), "1", "status 403: it does not take this instance");
      assertRefused(cluster.server(1), "0", "--peer-secret-file");
    }
  }

  @Test
  void aSecretThatIsRotatedEverywhereIsInUseSoon() {
    Rules rules = new Rules(directory).secret(SECRET);
    try (TestCluster cluster = new TestCluster(2, unused -> rules.build())) {
      routeTwo(cluster);
      Path file = Objects.requireNonNull(rules.build().peerSecret());
      rules.write(String.valueOf(file.getFileName()), "the next secret of them");
      String[] next = {PeerSecret.HEADER, encoded("the next secret of them")};
      await()
          .atMost(TestServer.PATIENCE)
          .until(() -> cluster.server(0).get("/internal/v1/status", next).statusCode() == 200);
      assertAnswerForEachOther(cluster);
    }
  }

  @Test
  void withTokensAndNothingForInstancesTheirPathsAreForAdmins() {
    try (TestCluster cluster =
        new TestCluster(2, unused -> new Rules(directory).tokens().build())) {
      routeTwo(cluster);
      assertRefused(cluster.server(0), "1", "status 401", bearer(READ));
    }
  }

  @Test
  void instancesKnowEachOtherByCertificate() throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    SecuritySettings.TlsFiles files = ours.mutual(ours.issue("localhost"));
    SSLContext browser = ours.client(null);
    try (TestCluster cluster =
        new TestCluster(2, unused -> new Rules(directory).tls(files).build())) {
      cluster.servers.forEach(each -> each.speak(browser));
      routeTwo(cluster);
      assertAnswerForEachOther(cluster);
      TestServer asked = cluster.server(0);
      HttpResponse<String> stranger = asked.get("/internal/v1/status");
      assertThat(stranger.statusCode()).isEqualTo(401);
      assertThat(stranger.body()).contains("--tls-client-ca");
      asked.speak(ours.client(ours.issue("localhost")));
      assertThat(asked.get("/internal/v1/status").statusCode()).isEqualTo(200);
      TestCertificates theirs = new TestCertificates(directory, "theirs");
      asked.speak(ours.client(theirs.issue("localhost")));
      assertThat(asked.get("/internal/v1/status").statusCode())
          .as("a client does not present what the server did not ask for")
          .isEqualTo(401);
    }
  }

  @Test
  void certificatesAndKeysThatAreRotatedKeepInstancesTogether() throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    SecuritySettings.TlsFiles files = ours.mutual(ours.issue("localhost"));
    try (TestCluster cluster =
        new TestCluster(2, unused -> new Rules(directory).tls(files).build())) {
      SSLContext browser = ours.client(null);
      cluster.servers.forEach(each -> each.speak(browser));
      routeTwo(cluster);
      assertAnswerForEachOther(cluster);
      X509Bundle next = ours.issue("localhost");
      ours.write(next);
      await()
          .atMost(TestServer.PATIENCE)
          .until(
              () -> {
                HttpResponse<String> answer = freshly(cluster.server(0), ours).get("/livez");
                return answer
                    .sslSession()
                    .orElseThrow()
                    .getPeerCertificates()[0]
                    .equals(next.getCertificate());
              });
      assertAnswerForEachOther(cluster);
    }
  }

  /** The same server, on a connection that is not there yet. */
  private static TestServer freshly(TestServer server, TestCertificates ours) throws Exception {
    server.speak(ours.client(null));
    return server;
  }

  @Test
  void anInstanceThatIsNotTrustedIsNamedWithTheReason() throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    TestCertificates theirs = new TestCertificates(directory, "theirs");
    SecuritySettings.TlsFiles good = ours.write(ours.issue("localhost"));
    SecuritySettings.TlsFiles other = theirs.write(theirs.issue("localhost"));
    try (TestCluster cluster =
        new TestCluster(2, i -> new Rules(directory).tls(i == 0 ? good : other).build())) {
      cluster.server(0).speak(ours.client(null));
      routeTwo(cluster);
      assertRefused(cluster.server(0), "1", "TLS with it fails");
    }
  }

  @Test
  void anInstanceForAnotherHostOrOfYesterdayIsNotTrusted() throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    SecuritySettings.TlsFiles good = ours.write(ours.issue("localhost"));
    Instant yesterday = Instant.now().minus(Duration.ofDays(1));
    for (X509Bundle bad :
        List.of(ours.issue("elsewhere.example"), ours.issue("localhost", yesterday))) {
      SSLContext presenting = SSLContext.getInstance("TLS");
      presenting.init(bad.toKeyManagerFactory().getKeyManagers(), null, null);
      HttpsServer stranger =
          HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      stranger.setHttpsConfigurator(new HttpsConfigurator(presenting));
      stranger.start();
      try (TestCluster cluster =
          new TestCluster(1, unused -> new Rules(directory).tls(good).build())) {
        cluster.server(0).speak(ours.client(null));
        cluster.routeWithStranger(
            stranger.getAddress().getPort(), Share.of(List.of(2, 3)), Share.of(List.of(0, 1)));
        assertRefused(cluster.server(0), "1", "TLS with it fails");
      } finally {
        stranger.stop(0);
      }
    }
  }

  @Test
  void oneThatSpeaksTlsAndOneThatDoesNotSayIt() throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    SecuritySettings.TlsFiles files = ours.write(ours.issue("localhost"));
    try (TestCluster cluster =
        new TestCluster(
            2, i -> i == 0 ? SecuritySettings.OPEN : new Rules(directory).tls(files).build())) {
      cluster.server(1).speak(ours.client(null));
      routeTwo(cluster);
      assertRefused(cluster.server(0), "1", "perhaps it has --tls-cert");
      assertRefused(cluster.server(1), "0", "TLS with it fails");
    }
  }
}
