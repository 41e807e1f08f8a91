package io.streamsocial.http.peers;

import static io.streamsocial.http.fixture.FakePeer.statusOf;
import static io.streamsocial.http.fixture.TestCluster.metric;
import static io.streamsocial.http.fixture.TestServer.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.FakePeer;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.server.ServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that hang, die, lie or are somebody else. */
@Timeout(300)
class PeerFaultsTest {
  /** For one that never answers; all others have all the time that they need. */
  private static final long SHORT_MS = 400;

  private final TestCluster cluster = new TestCluster(2);

  @AfterEach
  void close() {
    cluster.close();
  }

  private TestServer asked() {
    return cluster.server(0);
  }

  private JsonNode trending() {
    return asked().json("/api/trending");
  }

  private JsonNode member(String id) {
    return member(asked(), id);
  }

  private static JsonNode member(TestServer asked, String id) {
    for (JsonNode each : asked.json("/api/metadata").path("instances")) {
      if (each.path("instance_id").asText("").equals(id)) {
        return each;
      }
    }
    throw new AssertionError("no instance " + id);
  }

  @Test
  void aHungPeerCostsNoMoreThanTheBudget() {
    try (TestCluster hasty = new TestCluster(2, TestServer.peers(SHORT_MS));
        FakePeer hung = FakePeer.hung()) {
      TestServer server = hasty.server(0);
      hasty.addTags(30);
      hasty.routeWithStranger(
          hung.port(), Share.of(List.of(3)), Share.of(List.of(0, 1)), Share.of(List.of(2)));
      // Nothing else than the budget ends this: that there is an answer is the proof.
      JsonNode body = server.json("/api/trending");
      assertThat(body.path("partitions").path("missing").toString()).contains("3");
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(metric(server, "streamsocial_peer_requests_total"))
                      .as("each was asked once")
                      .isEqualTo(2));
      // The other one may be late as well on a busy machine, but not for ever.
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  server
                      .json("/api/trending")
                      .path("partitions")
                      .path("missing")
                      .toString()
                      .equals("[3]"));
      await()
          .atMost(PATIENCE)
          .until(() -> member(server, "2").path("state").textValue().equals("UNREACHABLE"));
      assertThat(member(server, "2").path("last_seen_ms").isNull()).isTrue();
      assertThat(server.json("/api/health").path("status").textValue()).isEqualTo("degraded");
      await().atMost(PATIENCE).until(() -> server.get("/readyz").statusCode() == 200);
    }
  }

  @Test
  void aSlowPeersStandbyAnswersBeforeTheDeadline() {
    CountDownLatch never = new CountDownLatch(1);
    String held =
        "[{\"partition\": 3, \"role\": \"ACTIVE\", \"restoring\": false, \"shuffle_offset\": 1,"
            + " \"lag\": 0, \"restore_remaining\": 0}]";
    String status = statusOf("streamsocial-trending", "2", 1).replace("[]", held);
    try (TestCluster patient =
            new TestCluster(
                2, TestServer.peers(TestCluster.TIMEOUT_MS, SHORT_MS, TestCluster.TIMEOUT_MS));
        FakePeer slow =
            new FakePeer(
                exchange -> {
                  if (exchange.getRequestURI().getPath().equals(PeerClient.QUERY_PATH)) {
                    FakePeer.await(never);
                  }
                  FakePeer.send(exchange, 200, status);
                })) {
      patient.addTags(30);
      patient.routeWithStranger(
          slow.port(),
          Share.of(List.of(3)),
          Share.of(List.of(0, 1)),
          Share.of(List.of(2), List.of(3)));
      JsonNode body = patient.server(0).json("/api/trending");
      assertThat(body.path("partial").booleanValue()).isFalse();
      assertThat(body.path("partitions").path("standby").toString()).isEqualTo("[3]");
      assertThat(metric(patient.server(0), "streamsocial_peer_hedges_total")).isEqualTo(1);
      // Counted a moment after the answer has left.
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  metric(
                          patient.server(0),
                          "streamsocial_peer_requests_total{outcome=\"cancelled\"}")
                      == 1);
    }
  }

  @Test
  void aHungPeersBreakerOpensThoughNobodyAsks() {
    // The exchange alone is hasty: a query would wait for the hung one until all have given up.
    PeerOptions peers = TestServer.peers(TestCluster.TIMEOUT_MS, TestCluster.TIMEOUT_MS, SHORT_MS);
    try (TestCluster hasty = new TestCluster(2, peers);
        FakePeer hung = FakePeer.hung()) {
      TestServer server = hasty.server(0);
      hasty.routeWithStranger(
          hung.port(),
          Share.of(List.of(3)),
          Share.of(List.of(0, 1)),
          Share.of(List.of(2), List.of(3)));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  metric(server, "streamsocial_peers_open") == 1
                      && member(server, "1").path("state").textValue().equals("RUNNING"));
      // Nobody waits for it any more, not even for a hedge.
      assertThat(server.json("/api/trending").path("partial").booleanValue()).isFalse();
      assertThat(metric(server, "streamsocial_peer_hedges_total")).isZero();
    }
  }

  @Test
  void garbageIsRejectedAndNamed() {
    cluster.addTags(30);
    try (FakePeer liar = FakePeer.saying(200, "<html>hello</html>")) {
      cluster.routeWithStranger(
          liar.port(), Share.of(List.of(3)), Share.of(List.of(0, 1)), Share.of(List.of(2)));
      assertThat(trending().path("partitions").path("missing").toString()).isEqualTo("[3]");
      // The query or the exchange of statuses found out, whichever came first.
      await()
          .atMost(PATIENCE)
          .until(() -> member("2").path("state").textValue().equals("INCOMPATIBLE"));
      assertThat(member("2").path("problem").textValue())
          .contains("cannot be read")
          .doesNotContain("html");
      // It is known for what it is: nobody asks it again.
      assertThat(asked().json("/api/trending?limit=3").path("partial").booleanValue()).isTrue();
      assertThat(metric(asked(), "streamsocial_peer_requests_total{outcome=\"rejected\"}"))
          .isLessThanOrEqualTo(1);
    }
  }

  @Test
  void aHundredMegabytesAreNotRead() {
    FakePeer[] self = new FakePeer[1];
    try (FakePeer flood = new FakePeer(exchange -> self[0].flood(exchange, 100 << 20))) {
      self[0] = flood;
      cluster.routeWithStranger(
          flood.port(), Share.of(List.of(3)), Share.of(List.of(0, 1)), Share.of(List.of(2)));
      assertThat(trending().path("partitions").path("missing").toString()).isEqualTo("[3]");
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(member("2").path("problem").asText("")).contains("more than"));
      assertThat(flood.longestBody.get()).isLessThan(50L << 20);
    }
  }

  @Test
  void onlyTheInstanceThatTheTableNamesIsUsed() {
    Map<String, String> strangers =
        Map.of(
            statusOf("another-app", "2", 1),
            "application another-app",
            statusOf("streamsocial-trending", "9", 1),
            "it is instance 9",
            statusOf("streamsocial-trending", "2", 2),
            "speaks version 2",
            statusOf("streamsocial-trending", "2", 1).replace(": 4,", ": 8,"),
            "counts 8 partitions");
    strangers.forEach(
        (status, problem) -> {
          try (FakePeer stranger = FakePeer.saying(200, status)) {
            cluster.routeWithStranger(
                stranger.port(),
                Share.of(List.of(3)),
                Share.of(List.of(0, 1)),
                Share.of(List.of(2)));
            await()
                .atMost(PATIENCE)
                .untilAsserted(
                    () -> {
                      assertThat(member("2").path("problem").asText("")).contains(problem);
                      assertThat(member("2").path("state").textValue()).isEqualTo("INCOMPATIBLE");
                    });
            assertThat(trending().path("partitions").path("missing").toString()).isEqualTo("[3]");
          }
        });
    // Restarted within its session: the same member, and no newer table.
    String restarted =
        statusOf("streamsocial-trending", "2", 1)
            .replace(TestCluster.process(2).toString(), TestCluster.process(8).toString());
    try (FakePeer right = FakePeer.saying(200, restarted)) {
      cluster.routeWithStranger(
          right.port(), Share.of(List.of(3)), Share.of(List.of(0, 1)), Share.of(List.of(2)));
      await().atMost(PATIENCE).until(() -> member("2").path("state").textValue().equals("RUNNING"));
    }
  }

  @Test
  void aRedirectLeadsNowhere() {
    try (FakePeer target = FakePeer.saying(200, "{}");
        FakePeer cunning =
            new FakePeer(
                exchange -> {
                  exchange
                      .getResponseHeaders()
                      .add("Location", "http://localhost:" + target.port() + "/");
                  FakePeer.send(exchange, 302, "");
                })) {
      cluster.routeWithStranger(
          cunning.port(), Share.of(List.of(3)), Share.of(List.of(0, 1)), Share.of(List.of(2)));
      assertThat(trending().path("partial").booleanValue()).isTrue();
      await()
          .atMost(PATIENCE)
          .until(() -> member("2").path("problem").asText("").contains("status 302"));
      assertThat(target.requests).hasValue(0);
    }
  }

  @Test
  void theBreakerHealsWithTheExchange() throws IOException {
    cluster.addTags(30);
    cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2, 3)));
    int port = cluster.server(1).server.port();
    cluster.stop(1);
    assertThat(trending().path("partial").booleanValue()).isTrue();
    // The query may have met only a connection that had ended: then the exchange finds out.
    await().atMost(PATIENCE).until(() -> metric(asked(), "streamsocial_peers_open") == 1);
    assertThat(member("1").path("state").textValue()).isEqualTo("UNREACHABLE");
    // The same life is back at the same place, as after a network that was cut.
    InMemoryTrends trends = asked().trends.twin();
    trends.missing = List.of(0, 1);
    ServerOptions options =
        TestServer.options("1", HttpLimits.defaults(), TestServer.peers(TestCluster.TIMEOUT_MS));
    try (TestServer healed = once(port, () -> new TestServer(options.onPort(port), trends))) {
      healed.status = Statuses.in(cluster.table(), "1", Set.of());
      await().atMost(PATIENCE).until(() -> !trending().path("partial").booleanValue());
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(member("1").path("state").textValue()).isEqualTo("RUNNING");
                assertThat(asked().json("/api/health").path("status").textValue())
                    .isEqualTo("healthy");
              });
    }
  }

  /** A port that was given back may be somebody's for a moment: any connection may get it. */
  private static TestServer once(int port, Callable<TestServer> start) {
    AtomicReference<TestServer> started = new AtomicReference<>();
    await("port " + port)
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              started.set(start.call());
              return true;
            });
    return Objects.requireNonNull(started.get());
  }

  @Test
  void aPeerThatClosesEachConnectionIsAskedAgain() throws Exception {
    cluster.addTags(30);
    try (ServerSocket rude = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread closing =
          new Thread(
              () -> {
                try {
                  while (true) {
                    rude.accept().close();
                  }
                } catch (IOException e) {
                  // The test is over.
                }
              });
      closing.setDaemon(true);
      closing.start();
      cluster.routeWithStranger(
          rude.getLocalPort(),
          Share.of(List.of(3)),
          Share.of(List.of(0, 1)),
          Share.of(List.of(2), List.of(3)));
      JsonNode body = trending();
      assertThat(body.path("partial").booleanValue()).isFalse();
      assertThat(body.path("partitions").path("standby").toString()).isEqualTo("[3]");
    }
  }

  /** In a rolling restart that adds or removes a view. */
  @Test
  void aPeerWithoutAViewIsWellAndAnswersEverythingElse() {
    cluster.addTags(30);
    cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2, 3)));
    cluster.server(1).trends.views().lacking = Set.of("shops");
    for (int i = 0; i < 10; i++) {
      JsonNode top = asked().json("/api/stores/shops/top");
      assertThat(top.at("/partitions/missing").toString()).isEqualTo("[2,3]");
      assertThat(top.path("partial_because").textValue())
          .isEqualTo("instance 1: it does not count view shops");
      // No exchange of statuses has to heal anything in between.
      assertThat(trending().path("partial").booleanValue()).isFalse();
    }
    assertThat(asked().json("/api/stores/profiles/all").path("partial").booleanValue()).isFalse();
    assertThat(asked().get("/api/stores/shops/top?require=complete").body())
        .contains("/problems/partial", "instance 1: it does not count view shops");
    assertThat(member("1").has("problem")).isFalse();
    assertThat(metric(asked(), "streamsocial_peers_unused")).isZero();
    assertThat(metric(asked(), "streamsocial_peer_requests_total{outcome=\"unable\"}"))
        .isEqualTo(11);
    HttpResponse<String> told =
        cluster
            .server(1)
            .send(
                "POST",
                "/internal/v1/query",
                "{\"type\":\"view_active\",\"view\":\"shops\",\"partitions\":[2]}");
    assertThat(told.statusCode()).isEqualTo(404);
    assertThat(told.body()).contains("this instance has no view 'shops'");
  }

  /** One of a version without the question says 400, one whose extractor's state fails 500. */
  @Test
  void aPeerThatFailsInOneViewIsAskedForAllOthers() {
    for (int status : List.of(400, 500)) {
      try (FakePeer other =
          new FakePeer(
              exchange -> {
                if (exchange.getRequestURI().getPath().equals(PeerClient.QUERY_PATH)) {
                  FakePeer.sendProblem(exchange, status);
                } else {
                  FakePeer.send(exchange, 200, statusOf("streamsocial-trending", "2", 1));
                }
              })) {
        cluster.routeWithStranger(
            other.port(), Share.of(List.of(3)), Share.of(List.of(0, 1)), Share.of(List.of(2)));
        for (int i = 0; i < 2 * Breaker.FAILURES_MAX; i++) {
          JsonNode top = asked().json("/api/stores/shops/top");
          assertThat(top.at("/partitions/missing").toString()).isEqualTo("[3]");
          assertThat(top.path("partial_because").textValue()).contains("instance 2: it ");
        }
        assertThat(metric(asked(), "streamsocial_peers_unused")).isZero();
      }
    }
  }

  /** Until every instance can count it, no answer of it looks like a whole one. */
  @Test
  void aViewThatWaitsIsNotAnsweredAsComplete() {
    cluster.addTags(30);
    cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2, 3)));
    for (TestServer each : cluster.servers) {
      each.trends.views().waiting = Set.of("visits", "profiles");
    }
    String token = trending().path("token").textValue();
    JsonNode active = asked().json("/api/stores/visits/active");
    assertThat(active.path("partial").booleanValue()).isTrue();
    assertThat(active.at("/partitions/missing").toString()).isEqualTo("[0,1,2,3]");
    assertThat(active.path("partial_because").textValue())
        .isEqualTo("view visits waits for 2, which cannot count it");
    for (String path :
        List.of(
            "/api/stores/visits/active?require=complete",
            "/api/stores/visits/active?after=" + token,
            "/api/stores/profiles/all?after=" + token)) {
      HttpResponse<String> refused = asked().get(path);
      assertThat(refused.statusCode()).as(path).isEqualTo(503);
      assertThat(refused.body()).contains("/problems/partial", "waits for 2");
    }
    for (String path :
        List.of("/api/stores/profiles/keys/ann", "/api/stores/visits/sessions/ann")) {
      assertThat(asked().get(path).body())
          .contains("/problems/partition-unavailable", "waits for 2");
    }
    assertThat(metric(asked(), "streamsocial_peer_requests_total{outcome=\"unable\"}"))
        .as("nobody else knows more")
        .isZero();
    for (String path : List.of("/api/trending", "/api/stores/shops/top")) {
      assertThat(asked().get(path + "?require=complete&after=" + token).statusCode())
          .as(path)
          .isEqualTo(200);
    }
    // The other has not heard yet that it counts: it may not answer as if it did.
    asked().trends.views().waiting = Set.of();
    assertThat(asked().json("/api/stores/visits/active").at("/partitions/missing").toString())
        .isEqualTo("[2,3]");
  }

  @Test
  void aBadInternalQueryIsRefusedWithItsReason() {
    for (String body :
        List.of(
            "nonsense",
            "[]",
            "{}",
            "{\"partitions\":[]}",
            "{\"partitions\":[0,1],\"type\":\"hashtag\",\"hashtag\":\"a\"}",
            "{\"partitions\":[0],\"type\":\"trending\",\"limit\":1001}",
            "[".repeat(3_000))) {
      HttpResponse<String> refused = asked().send("POST", "/internal/v1/query", body);
      assertThat(refused.statusCode()).as(body).isEqualTo(400);
      assertThat(refused.body()).contains("the query cannot be read");
    }
  }
}
