package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.RequestId;
import io.streamsocial.http.Trace;
import io.streamsocial.http.fixture.FakePeer;
import io.streamsocial.http.fixture.LogLines;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One request is known by one name on every instance that has a part in its answer. */
@Timeout(300)
final class TraceTest {
  private static final String ID = "req-42.a:b_c";
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @Test
  void aRequestIdIsEchoedAndOneThatCouldHarmIsReplaced() {
    try (TestServer server = new TestServer()) {
      assertThat(id(server.get("/api/regions", RequestId.HEADER, ID))).isEqualTo(ID);
      String made = id(server.get("/api/regions"));
      assertThat(made).matches("[0-9a-f]{16}");
      assertThat(id(server.get("/api/regions", RequestId.HEADER, "a b"))).matches("[0-9a-f]{16}");
      assertThat(id(server.get("/api/regions", RequestId.HEADER, "x".repeat(129)))).hasSize(16);
      HttpResponse<String> problem = server.get("/nothing", RequestId.HEADER, ID);
      assertThat(id(problem)).isEqualTo(ID);
      assertThat(TestServer.parse(problem.body()).get("request_id").asText()).isEqualTo(ID);
    }
  }

  private static String id(HttpResponse<String> response) {
    return response.headers().firstValue(RequestId.HEADER).orElseThrow();
  }

  @Test
  void bothInstancesLogAFailureUnderTheSameRequestId() {
    try (TestCluster cluster = new TestCluster(2);
        LogLines log = new LogLines()) {
      cluster.addTags(20);
      cluster.route(Share.of(List.of(0, 1)), Share.of(List.of(2, 3)));
      cluster.server(1).trends.bug = new IllegalStateException("planted");
      JsonNode answer =
          TestServer.parse(cluster.server(0).get("/api/trending", RequestId.HEADER, ID).body());
      assertThat(answer.get("partial").asBoolean()).isTrue();
      await()
          .atMost(TestServer.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(log.with("request_id", ID))
                      .extracting(ILoggingEvent::getFormattedMessage)
                      .anyMatch("/internal/v1/query failed"::equals)
                      .anyMatch(line -> line.startsWith("instance 1 gave no answer")));
    }
  }

  @Test
  void peersAreToldRequestIdAndTraceparentAsTheyCame() {
    Queue<List<String>> seen = new ConcurrentLinkedQueue<>();
    try (TestCluster cluster = new TestCluster(1);
        FakePeer peer =
            new FakePeer(
                exchange -> {
                  if (!exchange.getRequestURI().getPath().equals(PeerClient.QUERY_PATH)) {
                    // Whoever has no status to tell is soon not asked any more.
                    FakePeer.send(
                        exchange, 200, FakePeer.statusOf("streamsocial-trending", "1", 1));
                  } else {
                    seen.add(
                        List.of(
                            exchange.getRequestHeaders().getFirst(RequestId.HEADER),
                            String.valueOf(
                                exchange.getRequestHeaders().getFirst(Trace.PARENT_HEADER))));
                    FakePeer.send(exchange, 503, "");
                  }
                })) {
      cluster.routeWithStranger(peer.port(), Share.of(List.of(2, 3)), Share.of(List.of(0, 1)));
      TestServer server = cluster.server(0);
      server.get("/api/trending", RequestId.HEADER, ID, Trace.PARENT_HEADER, PARENT);
      assertThat(seen).isNotEmpty().allMatch(List.of(ID, PARENT)::equals);
      seen.clear();
      server.get("/api/regions", RequestId.HEADER, ID, Trace.PARENT_HEADER, "00-forged");
      assertThat(seen).isNotEmpty().allMatch(List.of(ID, "null")::equals);
    }
  }
}
