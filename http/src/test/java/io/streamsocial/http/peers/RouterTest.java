package io.streamsocial.http.peers;

import static io.streamsocial.http.fixture.TestCluster.metric;
import static io.streamsocial.http.fixture.TestServer.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.RoutingTable;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several instances answer as one. */
@Timeout(300)
class RouterTest {
  private final TestCluster cluster = new TestCluster(3);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void spread() {
    cluster.route(
        Share.of(List.of(0), List.of(2)),
        Share.of(List.of(1, 3), List.of(0)),
        Share.of(List.of(2), List.of(1, 3)));
  }

  private static JsonNode trending(TestServer server, String query) {
    return server.json("/api/trending" + query);
  }

  @Test
  void anyInstanceAnswersWhatOneThatHoldsAllWould() {
    cluster.addTags(200);
    List<String> queries =
        List.of("", "?limit=1", "?limit=7&windows=1", "?limit=1000", "?region=EU-West&limit=20");
    for (String query : queries) {
      cluster.route(Share.of(List.of(0, 1, 2, 3)));
      JsonNode alone = trending(cluster.server(0), query);
      assertThat(alone.path("trending")).isNotEmpty();
      spread();
      for (TestServer server : cluster.servers) {
        assertThat(trending(server, query)).isEqualTo(alone);
      }
    }
  }

  @Test
  void anOwnerIsAskedOnceAndSendsNoMoreRowsThanTheLimit() {
    cluster.addTags(200);
    spread();
    TestServer asked = cluster.server(0);
    assertThat(trending(asked, "?limit=5").path("trending")).hasSize(5);
    // Counted a moment after the answer has left.
    await().atMost(PATIENCE).until(() -> metric(asked, "streamsocial_peer_requests_total") == 2);
    assertThat(metric(asked, "streamsocial_peer_requests_total{outcome=\"ok\"}")).isEqualTo(2);
    assertThat(metric(asked, "streamsocial_peer_rows_total")).isLessThanOrEqualTo(10);
    assertThat(metric(cluster.server(1), "streamsocial_peer_requests_total")).isZero();
    assertThat(metric(cluster.server(2), "streamsocial_peer_requests_total")).isZero();
  }

  @Test
  void aHashtagMakesOneHopAndNamesItsOwner() {
    cluster.server(0).trends.add("a", "US-East", TestServer.W0, 3);
    spread();
    TestServer asked = cluster.server(0);
    JsonNode body = asked.json("/api/trending/%23A");
    assertThat(body.path("known").booleanValue()).isTrue();
    assertThat(body.path("stats").path("total_count").intValue()).isEqualTo(3);
    assertThat(body.path("owner").path("instance_id").intValue()).isEqualTo(1);
    assertThat(body.path("owner").path("port").intValue())
        .isEqualTo(cluster.server(1).server.port());
    // Counted a moment after the answer has left.
    await().atMost(PATIENCE).until(() -> metric(asked, "streamsocial_peer_requests_total") == 1);
    assertThat(metric(cluster.server(1), "streamsocial_peer_requests_total")).isZero();
    JsonNode direct = cluster.server(1).json("/api/trending/a");
    assertThat(direct).isEqualTo(body);
  }

  @Test
  void aDeadOwnersStandbyAnswersAndIsNamed() {
    cluster.addTags(50);
    spread();
    JsonNode healthy = trending(cluster.server(0), "");
    cluster.stop(1);
    cluster.server(0).trends.publish(cluster.server(0).trends.asOf);
    JsonNode body = trending(cluster.server(0), "");
    assertThat(body.path("partial").booleanValue()).isFalse();
    assertThat(body.path("partitions").toString())
        .isEqualTo("{\"answered\":4,\"expected\":4,\"missing\":[],\"standby\":[1,3]}");
    assertThat(body.path("trending")).isEqualTo(healthy.path("trending"));
    // By the query, or by the exchange when the query met only a connection that had ended.
    await().atMost(PATIENCE).until(() -> metric(cluster.server(0), "streamsocial_peers_open") == 1);
    // The breaker is open: nobody pays for the dead one again.
    double refused =
        metric(cluster.server(0), "streamsocial_peer_requests_total{outcome=\"refused\"}");
    assertThat(trending(cluster.server(0), "?limit=3").path("partial").booleanValue()).isFalse();
    assertThat(metric(cluster.server(0), "streamsocial_peer_requests_total{outcome=\"refused\"}"))
        .isEqualTo(refused);
    assertThat(cluster.server(0).get("/api/trending/a").statusCode()).isEqualTo(200);
  }

  @Test
  void withoutAStandbyTheAnswerIsPartialAndAKeyIsRefused() {
    cluster.addTags(50);
    cluster.route(Share.of(List.of(0, 2)), Share.of(List.of(1, 3)));
    cluster.stop(1);
    TestServer asked = cluster.server(0);
    JsonNode body = trending(asked, "");
    assertThat(body.path("partial").booleanValue()).isTrue();
    assertThat(body.path("partitions").path("missing").toString()).isEqualTo("[1,3]");
    HttpResponse<String> refused = asked.get("/api/trending?require=complete");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    HttpResponse<String> key = asked.get("/api/trending/a");
    assertThat(key.statusCode()).isEqualTo(503);
    assertThat(key.body()).contains("/problems/partition-unavailable", "partition 1 holds #a");
    assertThat(asked.get("/api/trending/even").statusCode()).isEqualTo(200);
  }

  @Test
  void aHandedOverPartitionIsAnsweredByItsOldOwner() {
    cluster.addTags(50);
    spread();
    JsonNode before = trending(cluster.server(0), "?limit=20");
    // Partition 2 goes from instance 2 to 0, which still restores; the old owner keeps it readable.
    cluster.route(
        Share.of(List.of(0, 2)), Share.of(List.of(1, 3), List.of(0)), Share.of(List.of()));
    cluster.hold(0, List.of(0), List.of());
    cluster.server(0).status = Statuses.in(cluster.table(), "0", Set.of(2));
    cluster.hold(2, List.of(), List.of(2));
    cluster.server(2).status =
        Statuses.in(
            new RoutingTable(
                cluster.table().epoch(),
                List.of(
                    new RoutingTable.Instance(
                        "2",
                        TestCluster.process(2),
                        io.streamsocial.processor.InstanceAddress.NONE,
                        "",
                        List.of(),
                        List.of(2)))),
            "2",
            Set.of());
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              JsonNode body = trending(cluster.server(0), "?limit=20");
              assertThat(body.path("trending")).isEqualTo(before.path("trending"));
              assertThat(body.path("partitions").path("standby").toString()).isEqualTo("[2]");
            });
    // As soon as it has heard of instance 1, too.
    await().atMost(PATIENCE).until(() -> cluster.server(0).get("/readyz").statusCode() == 200);
  }

  @Test
  void whoDoesNotHoldItSaysSoAndFreshRoutesAreLookedUpOnce() {
    cluster.addTags(50);
    spread();
    JsonNode before = trending(cluster.server(0), "");
    // Partition 1 went from instance 1 to 2 in an epoch that instance 0 has not heard of yet.
    var stale = cluster.server(0).status;
    cluster.route(
        Share.of(List.of(0), List.of(2)),
        Share.of(List.of(3), List.of(0)),
        Share.of(List.of(1, 2)));
    cluster.server(0).status = stale;
    cluster.server(0).trends.publish(cluster.server(0).trends.asOf);
    JsonNode body = trending(cluster.server(0), "");
    assertThat(body).isEqualTo(before);
    assertThat(body.path("partitions").path("standby")).isEmpty();
    HttpResponse<String> refused =
        cluster
            .server(1)
            .send(
                "POST",
                "/api/query/local",
                "{\"type\":\"trending\",\"epoch\":1,\"partitions\":[1],\"limit\":5,\"windows\":3,"
                    + "\"at\":"
                    + TestServer.NOW
                    + ",\"deadline_ms\":500}");
    assertThat(refused.statusCode()).isEqualTo(421);
    assertThat(refused.headers().firstValue("Routing-Epoch")).hasValue("2");
  }

  @Test
  void equalQueriesInFlightAreOne() throws Exception {
    cluster.addTags(50);
    spread();
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    cluster.server(1).trends.headsSuffice = false;
    cluster.server(1).trends.beforeRead =
        () -> {
          entered.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    // No rival may answer before the owner does.
    cluster.hold(2, List.of(2), List.of());
    ExecutorService clients = Executors.newCachedThreadPool();
    try {
      List<CompletableFuture<JsonNode>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        answers.add(CompletableFuture.supplyAsync(() -> trending(cluster.server(0), ""), clients));
      }
      entered.await();
      await()
          .atMost(PATIENCE)
          .until(() -> metric(cluster.server(0), "streamsocial_query_shared_total") == 7);
      release.countDown();
      for (CompletableFuture<JsonNode> answer : answers) {
        assertThat(answer.get()).isEqualTo(answers.get(0).get());
      }
      assertThat(cluster.server(1).trends.answers).hasValue(1);
    } finally {
      release.countDown();
      clients.shutdownNow();
    }
  }

  @Test
  void aPollerGets304FromWhicheverInstanceItAsks() {
    cluster.addTags(50);
    spread();
    String etag = cluster.server(0).get("/api/trending").headers().firstValue("ETag").orElseThrow();
    for (TestServer server : cluster.servers) {
      assertThat(server.get("/api/trending", "If-None-Match", etag).statusCode()).isEqualTo(304);
    }
    cluster.server(1).trends.publish(Map.of(0, 18L, 1, 5L));
    cluster.server(0).trends.publish(cluster.server(0).trends.asOf);
    cluster.server(0).trends.add("t", "x", TestServer.W0, 1_000);
    cluster.server(2).trends.publish(cluster.server(0).trends.asOf);
    assertThat(cluster.server(2).get("/api/trending", "If-None-Match", etag).statusCode())
        .isEqualTo(200);
    String key =
        cluster.server(0).get("/api/trending/a").headers().firstValue("ETag").orElseThrow();
    assertThat(cluster.server(1).get("/api/trending/a", "If-None-Match", key).statusCode())
        .isEqualTo(304);
  }

  @Test
  void everyInstanceTellsOfAllInstances() {
    spread();
    for (TestServer server : cluster.servers) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                JsonNode metadata = server.json("/api/metadata");
                assertThat(metadata.path("total_instances").intValue()).isEqualTo(3);
                assertThat(metadata.path("epoch").intValue()).isEqualTo(1);
                for (JsonNode each : metadata.path("instances")) {
                  int i = each.path("instance_id").intValue();
                  assertThat(each.path("port").intValue())
                      .isEqualTo(cluster.server(i).server.port());
                  assertThat(each.path("host").textValue()).isEqualTo("localhost");
                  assertThat(each.path("state").textValue()).isEqualTo("RUNNING");
                  assertThat(each.path("active").toString())
                      .isEqualTo(List.of("[0]", "[1,3]", "[2]").get(i));
                  assertThat(each.path("standby").toString())
                      .isEqualTo(List.of("[2]", "[0]", "[1,3]").get(i));
                  assertThat(each.path("lag").intValue()).isEqualTo(5);
                  assertThat(each.path("last_seen_ms").longValue()).isEqualTo(TestServer.NOW);
                  assertThat(each.has("problem")).isFalse();
                }
              });
      JsonNode health = server.json("/api/health");
      assertThat(health.path("status").textValue()).isEqualTo("healthy");
      assertThat(health.path("checks").path(3).path("detail").textValue())
          .isEqualTo(
              "3 instances, not usable: []; partitions without an owner: [], without an answer:"
                  + " []");
    }
  }

  @Test
  void aPartitionWithoutAnOwnerIsNotHealthyThoughItsStandbyAnswers() {
    cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2), List.of(3)));
    TestServer asked = cluster.server(0);
    await()
        .atMost(PATIENCE)
        .until(() -> asked.json("/api/health").toString().contains("without an answer: []"));
    JsonNode health = asked.json("/api/health");
    assertThat(health.path("status").textValue()).isEqualTo("degraded");
    assertThat(health.toString()).contains("without an owner: [3]");
    assertThat(trending(asked, "").path("partitions").path("standby").toString()).isEqualTo("[3]");
    JsonNode owner = asked.json("/api/trending/two").path("owner");
    assertThat(owner.toString()).isEqualTo("{\"partition\":3}");
  }

  @Test
  void whoStopsIsNotReadyButAnswersTheOthers() {
    cluster.addTags(20);
    spread();
    JsonNode before = trending(cluster.server(0), "?limit=20");
    cluster.server(1).server.announceStop();
    assertThat(cluster.server(1).get("/readyz").statusCode()).isEqualTo(503);
    assertThat(trending(cluster.server(2), "?limit=20")).isEqualTo(before);
    await()
        .atMost(PATIENCE)
        .until(() -> cluster.server(0).json("/api/metadata").toString().contains("STOPPING"));
  }

  @Test
  void whoHoldsNothingAnswersLikeTheOthers() {
    cluster.addTags(20);
    cluster.route(Share.of(List.of(0, 1, 2, 3)), Share.of(List.of()), Share.of(List.of()));
    assertThat(trending(cluster.server(2), "")).isEqualTo(trending(cluster.server(0), ""));
    // As soon as it has heard of the others.
    await().atMost(PATIENCE).until(() -> cluster.server(2).get("/readyz").statusCode() == 200);
  }
}
