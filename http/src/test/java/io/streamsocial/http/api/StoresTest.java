package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The state as it is, through the API: what is held, one key, pages of keys. */
final class StoresTest {
  private static final String STORE = "/api/stores/hashtag-trends-store";

  private final TestCluster cluster = new TestCluster(3);
  private final TestServer server = cluster.server(0);

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

  @Test
  void anInstanceTellsWhatItHolds() {
    cluster.route(Share.of(List.of(0, 1, 2, 3)));
    JsonNode store = server.json(STORE);
    assertThat(server.json("/api/stores").path("stores").get(0)).isEqualTo(store);
    assertThat(store.path("kind").asText()).isEqualTo("window");
    assertThat(store.at("/windowing/size_ms").asLong()).isEqualTo(TestServer.WINDOW_MS);
    assertThat(store.path("held"))
        .hasSize(server.status.partitions().size())
        .isNotEmpty()
        .allSatisfy(each -> assertThat(each.at("/position/shuffle_offset").isNumber()).isTrue());
  }

  @Test
  void anUnknownStoreIsNotFoundAndTheOthersAreNamed() {
    HttpResponse<String> response = server.get("/api/stores/hashtag");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("hashtag-trends-store");
  }

  @Test
  void aKeyIsReadOnItsOwnerWithTheWindowsThatItHas() {
    server.trends.add("java", "US-East", TestServer.W0, 7);
    server.trends.add("java", "EU-West", TestServer.W0 - 600_000, 3);
    spread();
    for (TestServer each : cluster.servers) {
      JsonNode key = each.json(STORE + "/keys/%23Java");
      assertThat(key.path("key").asText()).isEqualTo("java");
      assertThat(key.path("windows").toString())
          .isEqualTo(
              "[{\"window\":%d,\"count\":3},{\"window\":%d,\"count\":7}]"
                  .formatted(TestServer.W0 - 600_000, TestServer.W0));
    }
    assertThat(server.json(STORE + "/keys/java?region=US-East").path("windows")).hasSize(1);
    assertThat(
            server
                .json(
                    STORE
                        + "/keys/java?from=%d&to=%d"
                            .formatted(TestServer.W0 - 600_000, TestServer.W0 - 1))
                .path("windows"))
        .hasSize(1);
    assertThat(server.json(STORE + "/keys/nothing").path("known").asBoolean()).isFalse();
  }

  @Test
  void pagesTogetherAreEveryKeyOnceInOrder() {
    cluster.addTags(200);
    spread();
    for (int limit : List.of(1, 7, 100, 1_000)) {
      List<String> keys = pages(STORE + "/range?limit=" + limit);
      assertThat(keys).hasSize(200);
      assertThat(keys).isEqualTo(new ArrayList<>(new TreeSet<>(keys)));
    }
  }

  private List<String> pages(String path) {
    List<String> keys = new ArrayList<>();
    JsonNode page = server.json(path);
    keys.addAll(keys(page));
    for (int i = 0; i < 1_000 && !page.path("next").isNull(); i++) {
      page = server.json(path + "&cursor=" + page.path("next").asText());
      keys.addAll(keys(page));
    }
    return keys;
  }

  private static List<String> keys(JsonNode page) {
    List<String> keys = new ArrayList<>();
    page.path("entries").forEach(entry -> keys.add(entry.path("key").asText()));
    return keys;
  }

  @Test
  void boundsAndPrefixNarrowAPage() {
    for (String tag : List.of("a", "ab", "abc", "b", "ba")) {
      server.trends.add(tag, "US-East", TestServer.W0, 1);
    }
    spread();
    assertThat(keys(server.json(STORE + "/range?prefix=ab"))).containsExactly("ab", "abc");
    assertThat(keys(server.json(STORE + "/range?from_key=AB&to_key=b")))
        .containsExactly("ab", "abc");
    assertThat(keys(server.json(STORE + "/range?prefix=a&from_key=abc"))).containsExactly("abc");
    assertThat(keys(server.json(STORE + "/range?region=Mars"))).isEmpty();
  }

  @Test
  void aPageWithoutAPartitionSaysSo() {
    cluster.addTags(50);
    cluster.route(Share.of(List.of(0, 1, 3)));
    JsonNode page = server.json(STORE + "/range");
    assertThat(page.path("partial").asBoolean()).isTrue();
    assertThat(page.at("/partitions/missing").toString()).isEqualTo("[2]");
    assertThat(server.get(STORE + "/range?require=complete").statusCode()).isEqualTo(503);
  }

  @Test
  void whatIsNotAllowedIsToldAtOnce() {
    HttpResponse<String> response =
        server.get(STORE + "/range?cursor=%25&limit=0&prefix=&from=12&frm=1");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(TestServer.parse(response.body()).path("errors")).hasSize(5);
    String turned =
        STORE + "/range?from=%d&to=%d".formatted(TestServer.W0, TestServer.W0 - 300_000);
    assertThat(server.get(turned).body()).contains("not after 'to'");
  }
}
