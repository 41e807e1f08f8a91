package io.streamsocial.http.peers;

import static io.streamsocial.http.fixture.TestCluster.metric;
import static io.streamsocial.http.fixture.TestServer.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.FakePeer;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.net.HttpLimits;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a reader may ask of the state: that it includes posts, is fresh, is complete. */
@Timeout(300)
class ReadOptionsTest {
  /** Not yet included: the state starts at 17 and 4. */
  private static final Map<Integer, Long> LATER = Map.of(0, 18L, 1, 4L);

  private static final String TOKEN = PositionToken.of(LATER).encode();

  private final TestCluster cluster = new TestCluster(2);

  @BeforeEach
  void spread() {
    cluster.addTags(30);
    cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2, 3)));
    for (TestServer server : cluster.servers) {
      server.trends.still = true;
    }
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private TestServer asked() {
    return cluster.server(0);
  }

  private static String type(HttpResponse<String> response) {
    return TestServer.parse(response.body()).path("type").asText();
  }

  @Test
  void postsThatAreIncludedNeedNoWait() {
    String included = PositionToken.of(Map.of(0, 17L, 1, 4L)).encode();
    assertThat(asked().get("/api/trending?after=" + included).statusCode()).isEqualTo(200);
    assertThat(asked().get("/api/trending/a?after=" + included).statusCode()).isEqualTo(200);
    assertThat(metric(asked(), "streamsocial_query_waiting")).isZero();
  }

  @Test
  void aStateThatIsBehindSaysWhichPartitionsAre() {
    assertThat(asked().get("/api/trending").statusCode()).isEqualTo(200);
    cluster.server(0).trends.publish(LATER);
    HttpResponse<String> behind = asked().get("/api/trending?after=" + TOKEN + "&wait_ms=50");
    assertThat(behind.statusCode()).isEqualTo(503);
    assertThat(type(behind)).isEqualTo("/problems/behind");
    assertThat(behind.headers().firstValue("Retry-After")).isPresent();
    assertThat(behind.body()).contains("partitions [2, 3] do not include");
    HttpResponse<String> key = asked().get("/api/trending/two?after=" + TOKEN);
    assertThat(type(key)).isEqualTo("/problems/behind");
    assertThat(asked().get("/api/trending/a?after=" + TOKEN).statusCode()).isEqualTo(200);
  }

  @Test
  void aReaderWaitsHereAndThereUntilItsPostsAreIncluded() throws Exception {
    for (String path : List.of("/api/trending?limit=3&after=", "/api/trending/two?after=")) {
      cluster.servers.forEach(server -> server.trends.publish(Map.of(0, 17L, 1, 4L)));
      CompletableFuture<HttpResponse<String>> answer =
          CompletableFuture.supplyAsync(() -> asked().get(path + TOKEN + "&wait_ms=10000"));
      TestServer owner = cluster.server(1);
      await().atMost(PATIENCE).until(() -> metric(owner, "streamsocial_query_waiting") == 1);
      assertThat(answer).isNotDone();
      cluster.servers.forEach(server -> server.trends.publish(LATER));
      assertThat(answer.get().statusCode()).isEqualTo(200);
      assertThat(TestServer.parse(answer.get().body()).path("as_of").toString())
          .isEqualTo("{\"0\":18,\"1\":4}");
      for (TestServer server : cluster.servers) {
        await().atMost(PATIENCE).until(() -> metric(server, "streamsocial_query_waiting") == 0);
      }
    }
  }

  @Test
  void anOldAnswerInTheCacheDoesNotHideNewPosts() {
    assertThat(asked().get("/api/trending").statusCode()).isEqualTo(200);
    // The version here stands still: only the other instance has gone on.
    cluster.servers.forEach(server -> server.trends.asOf = LATER);
    JsonNode body = asked().json("/api/trending?after=" + TOKEN);
    assertThat(body.path("as_of").path("0").intValue()).isEqualTo(18);
  }

  @Test
  void theTokenOfAnAnswerLetsNoLaterAnswerGoBack() {
    cluster.servers.forEach(server -> server.trends.publish(LATER));
    for (String path : List.of("/api/trending", "/api/trending/two", "/api/emerging")) {
      cluster.server(1).trends.publish(LATER);
      String token = asked().json(path).path("token").textValue();
      assertThat(asked().get(path + "?after=" + token).statusCode()).isEqualTo(200);
      // The other instance has restarted from what it had checkpointed. An answer of before that is
      // remembered would do, so this asks for another one.
      cluster.server(1).trends.publish(Map.of(0, 17L, 1, 4L));
      assertThat(type(asked().get(path + "?region=EU&after=" + token)))
          .as(path)
          .isEqualTo("/problems/behind");
      assertThat(asked().get(path).statusCode()).as("who does not insist").isEqualTo(200);
    }
  }

  @Test
  void aStalerPartIsMissingUnlessAFresherHolderHasIt() {
    cluster.server(1).trends.freshMs = TestServer.NOW - 5_000;
    JsonNode body = asked().json("/api/trending?max_staleness_ms=1000");
    assertThat(body.path("partitions").path("missing").toString()).isEqualTo("[2,3]");
    assertThat(body.path("staleness_ms").intValue()).isEqualTo(42);
    HttpResponse<String> required =
        asked().get("/api/trending?max_staleness_ms=1000&require=complete");
    assertThat(type(required)).isEqualTo("/problems/partial");
    assertThat(required.body()).contains("[2, 3] have state staler than max_staleness_ms=1000");
    HttpResponse<String> key = asked().get("/api/trending/two?max_staleness_ms=1000");
    assertThat(type(key)).isEqualTo("/problems/partition-unavailable");
    assertThat(asked().json("/api/trending?max_staleness_ms=6000").path("partial").booleanValue())
        .isFalse();
    // This instance follows them, and is fresher.
    cluster.route(Share.of(List.of(0, 1), List.of(2, 3)), Share.of(List.of(2, 3)));
    JsonNode fresh = asked().json("/api/trending?max_staleness_ms=1000");
    assertThat(fresh.path("partial").booleanValue()).isFalse();
    assertThat(fresh.path("partitions").path("standby").toString()).isEqualTo("[2,3]");
    assertThat(asked().get("/api/trending/two?max_staleness_ms=1000").statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsNotAllowedIsToldAtOnce() {
    HttpResponse<String> refused =
        asked().get("/api/trending?after=x&wait_ms=10001&max_staleness_ms=-1");
    assertThat(refused.statusCode()).isEqualTo(400);
    JsonNode errors = TestServer.parse(refused.body()).path("errors");
    assertThat(errors).hasSize(3);
    assertThat(errors.toString())
        .contains(
            "the token of an answer",
            "an integer from 0 to 10000",
            "an integer from 0 to 2147483647");
    for (String path : List.of("/api/trending", "/api/trending/a")) {
      HttpResponse<String> alone = asked().get(path + "?wait_ms=5");
      assertThat(alone.statusCode()).isEqualTo(400);
      assertThat(alone.body()).contains("only together with after");
    }
  }

  @Test
  void tooManyWaitersAreRefusedAtOnce() throws Exception {
    PeerOptions few = new PeerOptions("localhost", 0, 500, 100, 1, 256);
    InMemoryTrends trends = new InMemoryTrends(TestServer.WINDOW_MS);
    trends.still = true;
    try (TestServer server =
        new TestServer(TestServer.options("0", HttpLimits.defaults(), few), trends)) {
      String path = "/api/trending?wait_ms=10000&after=" + TOKEN;
      CompletableFuture<HttpResponse<String>> waits =
          CompletableFuture.supplyAsync(() -> server.get(path));
      await().atMost(PATIENCE).until(() -> metric(server, "streamsocial_query_waiting") == 1);
      HttpResponse<String> refused = server.get(path);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(type(refused)).isEqualTo("/problems/overloaded");
      trends.publish(LATER);
      assertThat(waits.get().statusCode()).isEqualTo(200);
    }
  }

  @Test
  void tooManyQueriesToOthersAreRefusedAtOnce() throws Exception {
    PeerOptions few = new PeerOptions("localhost", 0, 60_000, 100, 10, 1);
    InMemoryTrends trends = asked().trends.twin();
    trends.missing = List.of(2, 3);
    try (FakePeer hung = FakePeer.hung();
        TestServer server =
            new TestServer(TestServer.options("0", HttpLimits.defaults(), few), trends)) {
      cluster.routeWithStranger(hung.port(), Share.of(List.of(2, 3)), Share.of(List.of(0, 1)));
      server.status = asked().status;
      CompletableFuture<HttpResponse<String>> hangs =
          CompletableFuture.supplyAsync(() -> server.get("/api/trending"));
      await().atMost(PATIENCE).until(() -> metric(server, "streamsocial_query_underway") == 1);
      HttpResponse<String> refused = server.get("/api/trending?limit=3");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(type(refused)).isEqualTo("/problems/overloaded");
      assertThat(server.get("/api/trending/a").statusCode()).as("all of it is here").isEqualTo(200);
      assertThat(hangs).isNotDone();
    }
  }
}
