package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.Version;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.EngineState;
import java.net.http.HttpResponse;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole bodies, field by field: what is asserted here is frozen for the clients. */
class ResponseBodiesTest {
  private final TestServer server = new TestServer();

  @BeforeEach
  void mentions() {
    server.trends.add("java", "US-East", TestServer.W0, 7);
    server.trends.add("java", "EU-West", TestServer.W0 - 1, 3);
    server.trends.add("kafka", "US-East", TestServer.W0 - 600_000, 5);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private String filled(String template) {
    return template
        .replace("PORT", Integer.toString(server.server.port()))
        .replace("NOW", Long.toString(TestServer.NOW))
        .replace("W0", Long.toString(TestServer.W0))
        .replace("W1", Long.toString(TestServer.W0 - 300_000))
        .replace("W2", Long.toString(TestServer.W0 - 600_000));
  }

  private void assertBody(HttpResponse<String> response, int status, String expected) {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(TestServer.parse(response.body())).isEqualTo(TestServer.parse(filled(expected)));
  }

  @Test
  void trendingListsTheTopWithEveryWindowOldestFirst() {
    assertBody(
        server.get("/api/trending"),
        200,
        """
        {"trending": [
           {"hashtag": "java", "count": 10, "velocity": 10, "trend": "up",
            "rate_per_minute": 1.71, "change_percent": null, "direction": "up",
            "windows": [{"window": W2, "count": 0}, {"window": W1, "count": 3}, {"window": W0, "count": 7}]},
           {"hashtag": "kafka", "count": 5, "velocity": -5, "trend": "down",
            "rate_per_minute": 0, "change_percent": -100, "direction": "down",
            "windows": [{"window": W2, "count": 5}, {"window": W1, "count": 0}, {"window": W0, "count": 0}]}],
         "timestamp": NOW, "window_size_minutes": 5, "window_elapsed": 0.4833,
         "partial": false, "partitions": {"answered": 4, "expected": 4, "missing": [], "standby": []},
         "staleness_ms": 42, "as_of": {"0": 17, "1": 4},
         "token": "AQAAAAAAAAAAAAAAEQAAAAEAAAAAAAAABA"}
        """);
  }

  @Test
  void trendingIsTheSameWhenTheHeadsDoNotSuffice() {
    String direct = server.get("/api/trending").body();
    server.trends.headsSuffice = false;
    assertThat(server.get("/api/trending").body()).isEqualTo(direct);
  }

  @Test
  void trendingUsesItsParameters() {
    assertBody(
        server.get("/api/trending?limit=1&windows=1&region=EU-West&at=" + (TestServer.W0 - 1)),
        200,
        """
        {"trending": [
           {"hashtag": "java", "count": 3, "velocity": 3, "trend": "up",
            "rate_per_minute": 0.6, "change_percent": null, "direction": "flat",
            "windows": [{"window": W1, "count": 3}]}],
         "timestamp": NOW, "window_size_minutes": 5, "window_elapsed": 1,
         "partial": false, "partitions": {"answered": 4, "expected": 4, "missing": [], "standby": []},
         "staleness_ms": 42, "as_of": {"0": 17, "1": 4},
         "token": "AQAAAAAAAAAAAAAAEQAAAAEAAAAAAAAABA"}
        """);
  }

  @Test
  void anEmptyTrendingIsAnEmptyList() {
    assertThat(server.json("/api/trending?region=Mars").path("trending")).isEmpty();
  }

  @Test
  void aPartialAnswerSaysSoAndIsRefusedOnlyWhenCompleteIsRequired() {
    server.trends.missing = List.of(2);
    assertThat(server.json("/api/trending").path("partial").booleanValue()).isTrue();
    assertThat(server.json("/api/trending").path("partitions").toString())
        .isEqualTo("{\"answered\":3,\"expected\":4,\"missing\":[2],\"standby\":[]}");
    HttpResponse<String> refused = server.get("/api/trending?require=complete");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
    server.trends.missing = List.of();
    assertThat(server.get("/api/trending?require=complete").statusCode()).isEqualTo(200);
  }

  @Test
  void hashtagTellsEachWindowTotalAndAverage() {
    assertBody(
        server.get("/api/trending/%23Java?windows=3"),
        200,
        """
        {"hashtag": "java",
         "stats": {"windows": [
             {"window": W2, "count": 0, "timestamp": W2},
             {"window": W1, "count": 3, "timestamp": W1},
             {"window": W0, "count": 7, "timestamp": W0}],
           "total_count": 10, "average": 3.33},
         "timestamp": NOW, "known": true,
         "owner": {"instance_id": 0, "host": "localhost", "port": PORT, "partition": 0},
         "partial": false, "partitions": {"answered": 1, "expected": 1, "missing": [], "standby": []},
         "staleness_ms": 42, "as_of": {"0": 17, "1": 4},
         "token": "AQAAAAAAAAAAAAAAEQAAAAEAAAAAAAAABA"}
        """);
  }

  @Test
  void anUnknownHashtagIsZeros() {
    var body = server.json("/api/trending/Nothing_here");
    assertThat(body.path("hashtag").textValue()).isEqualTo("nothing_here");
    assertThat(body.path("known").booleanValue()).isFalse();
    assertThat(body.path("stats").path("windows")).hasSize(6);
    assertThat(body.path("stats").path("total_count").intValue()).isZero();
    assertThat(body.path("stats").path("average").toString()).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource({
    "%23, empty",
    "%23%23java, U+0023",
    "a%20b, U+0020",
    "%20, U+0020",
    "nothing%2Fhere, U+002F",
    "%F0%9F%8E%89, U+1F389"
  })
  void aHashtagThatNoPostCanHaveIs400(String tag, String reason) {
    HttpResponse<String> refused = server.get("/api/trending/" + tag);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(TestServer.parse(refused.body()).path("detail").textValue()).contains(reason);
  }

  @Test
  void aHashtagOfMoreThan100CharactersIs400() {
    assertThat(server.get("/api/trending/" + "a".repeat(100)).statusCode()).isEqualTo(200);
    HttpResponse<String> refused = server.get("/api/trending/" + "a".repeat(101));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("more than 100 characters");
  }

  @Test
  void aHashtagWhosePartitionIsMissingIs503() {
    server.trends.missing = List.of(InMemoryTrends.partition("java"));
    HttpResponse<String> refused = server.get("/api/trending/java");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(TestServer.parse(refused.body()).path("type").textValue())
        .isEqualTo("/problems/partition-unavailable");
    assertThat(server.get("/api/trending/other").statusCode()).isEqualTo(200);
  }

  @Test
  void metadataIsThisInstance() {
    assertBody(
        server.get("/api/metadata"),
        200,
        """
        {"instances": [{"instance_id": 0, "host": "localhost", "port": PORT, "state": "RUNNING",
           "active": [0, 1], "standby": [], "lag": 5, "last_seen_ms": NOW}],
         "total_instances": 1, "epoch": null, "stores": ["hashtag-trends-store"]}
        """);
  }

  @Test
  void healthTellsItsChecks() {
    assertBody(
        server.get("/api/health"),
        200,
        """
        {"status": "healthy",
         "instance": {"instance_id": 0, "host": "localhost", "port": PORT, "state": "RUNNING"},
         "timestamp": NOW, "version": "VERSION", "uptime_ms": 60000,
         "checks": [
           {"name": "state", "status": "ok", "detail": "RUNNING"},
           {"name": "loop loop-0", "status": "ok", "detail": "RUNNING, last step 20 ms ago"},
           {"name": "partitions", "status": "ok",
            "detail": "2 of 2 here, 0 of them restoring, 0 changelog records to go"}]}
        """
            .replace("VERSION", Version.TEXT));
    assertThat(Version.TEXT).matches("[0-9].*");
  }

  @Test
  void healthFollowsTheState() {
    server.status = Statuses.of(EngineState.RESTORING, TestServer.NOW, 0);
    assertThat(server.get("/api/health").statusCode()).isEqualTo(200);
    assertThat(server.json("/api/health").path("status").textValue()).isEqualTo("degraded");
    server.status = Statuses.of(EngineState.FAILED, TestServer.NOW, TestServer.NOW);
    assertThat(server.get("/api/health").statusCode()).isEqualTo(503);
    assertThat(server.get("/api/health").body()).contains("unhealthy", "loop-0: disk is gone");
  }

  @Test
  void readinessIsOnlyForRestoredPartitions() {
    assertThat(server.get("/readyz").body()).isEqualTo("ok\n");
    server.status = Statuses.of(EngineState.REBALANCING, 0, TestServer.NOW);
    assertThat(server.get("/readyz").statusCode()).isEqualTo(200);
    for (EngineState state :
        List.of(
            EngineState.STARTING,
            EngineState.RESTORING,
            EngineState.STOPPING,
            EngineState.FAILED)) {
      server.status = Statuses.of(state, 0, TestServer.NOW);
      assertThat(server.get("/readyz").statusCode()).as(state.name()).isEqualTo(503);
    }
    server.status = Statuses.of(EngineState.RESTORING, 0, TestServer.NOW);
    assertThat(server.get("/readyz?verbose").body())
        .isEqualTo(
            """
            [-] state: RESTORING
            [+] loop loop-0: RESTORING, last step 0 ms ago
            [-] partitions: 2 of 2 here, 1 of them restoring, 30 changelog records to go
            not ok
            """);
  }

  @Test
  void livenessIsOnlyAboutTurningLoops() {
    for (long lastTurnMs : new long[] {0, TestServer.NOW, TestServer.NOW - 30_000}) {
      server.status = Statuses.of(EngineState.RESTORING, 0, lastTurnMs);
      assertThat(server.get("/livez").body()).isEqualTo("ok\n");
    }
    server.status = Statuses.of(EngineState.RUNNING, 0, TestServer.NOW - 30_001);
    assertThat(server.get("/livez").statusCode()).isEqualTo(503);
    server.status = Statuses.of(EngineState.FAILED, 0, TestServer.NOW);
    assertThat(server.get("/livez").statusCode()).isEqualTo(503);
  }

  @Test
  void metricsTellTheStatusAndTheRequests() {
    server.get("/api/trending");
    server.get("/no/such/path");
    String text = server.get("/metrics").body();
    assertThat(text)
        .contains(
            "streamsocial_posts_total 100.0",
            "streamsocial_late_total 10.0",
            "streamsocial_rejected_total{reason=\"not_json\"} 3.0",
            "streamsocial_rejected_total{reason=\"empty\"} 0.0",
            "streamsocial_posts_lag 5.0",
            "streamsocial_shuffle_lag 2.0",
            "streamsocial_sst_bytes 8192.0",
            "streamsocial_state{state=\"RUNNING\"} 1.0",
            "streamsocial_state{state=\"FAILED\"} 0.0",
            "streamsocial_http_requests_seconds_count{method=\"GET\",route=\"/api/trending\",status=\"200\"}"
                + " 1",
            "route=\"none\",status=\"404\"",
            "jvm_memory_used_bytes")
        .doesNotContain("java\"", "no/such");
  }

  @Test
  void theTokenOfAnAnswerIsRefusedOnceThePostsAreInAnotherTopic() {
    for (String path :
        List.of(
            "/api/trending?limit=3",
            "/api/trending/java?windows=2",
            "/api/emerging?limit=3",
            "/api/regions?limit=3",
            "/api/stores/hashtag-trends-store/keys/java?to=" + TestServer.NOW,
            "/api/stores/hashtag-trends-store/range?limit=3")) {
      server.status = Statuses.withTopic(server.status, Uuid.randomUuid());
      String token = TestServer.parse(server.get(path).body()).path("token").textValue();
      assertThat(server.get(path + "&after=" + token).statusCode()).as(path).isEqualTo(200);
      server.status = Statuses.withTopic(server.status, Uuid.randomUuid());
      assertThat(server.get(path + "&after=" + token).statusCode()).as(path).isEqualTo(400);
    }
  }
}
