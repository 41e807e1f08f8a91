package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** /api/emerging and /api/regions, on one instance and over several. */
class EmergingApiTest {
  private static void story(InMemoryTrends trends) {
    for (int back = 1; back <= 6; back++) {
      for (String region : List.of("EU-West", "US-East")) {
        for (String tag : List.of("a", "bb", "ccc", "dddd")) {
          trends.add(tag, region, TestServer.W0 - back * TestServer.WINDOW_MS, 40);
        }
      }
    }
    for (String region : List.of("EU-West", "US-East")) {
      for (String tag : List.of("a", "bb", "ccc")) {
        trends.add(tag, region, TestServer.W0, 20);
      }
    }
    trends.add("dddd", "EU-West", TestServer.W0, 200);
    trends.add("eclipse", "US-East", TestServer.W0, 30);
  }

  @Test
  void whatBurstsIsNamedWithItsRegionCountAndExpectation() {
    try (TestServer server = new TestServer()) {
      story(server.trends);
      JsonNode body = server.json("/api/emerging");
      assertThat(body.path("scorer").asText()).isEqualTo("surprise");
      assertThat(body.path("partial").asBoolean()).isFalse();
      assertThat(body.path("emerging")).hasSize(2);
      assertThat(body.path("emerging").get(0).path("hashtag").asText()).isEqualTo("eclipse");
      JsonNode first = body.path("emerging").get(1);
      assertThat(first.path("hashtag").asText()).isEqualTo("dddd");
      assertThat(first.path("region").asText()).isEqualTo("EU-West");
      assertThat(first.path("count").asLong()).isEqualTo(200);
      assertThat(first.path("expected").asDouble()).isBetween(60.0, 70.0);
      assertThat(first.path("velocity").asLong()).isEqualTo(200);
      assertThat(
              server
                  .json("/api/emerging?region=US-East")
                  .path("emerging")
                  .get(0)
                  .path("hashtag")
                  .asText())
          .isEqualTo("eclipse");
      assertThat(server.json("/api/emerging?threshold=1000").path("emerging")).isEmpty();
      assertThat(server.json("/api/emerging?min_count=201").path("emerging")).isEmpty();
      assertThat(server.json("/api/emerging?scorer=signi").path("scorer").asText())
          .isEqualTo("signi");
    }
  }

  @Test
  void regionsAreListedWithTheirTotals() {
    try (TestServer server = new TestServer()) {
      story(server.trends);
      JsonNode body = server.json("/api/regions");
      assertThat(body.path("regions").get(0).path("region").asText()).isEqualTo("EU-West");
      assertThat(body.path("regions").get(0).path("total_count").asLong()).isEqualTo(1_220);
      assertThat(body.path("total_regions").asInt()).isEqualTo(2);
      assertThat(body.path("partial").asBoolean()).isFalse();
    }
  }

  @Test
  void aBadScorerIsRefusedWithAllThatIsWrong() {
    try (TestServer server = new TestServer()) {
      assertThat(server.get("/api/emerging?scorer=x&threshold=y&min_count=0").statusCode())
          .isEqualTo(400);
      assertThat(server.json("/api/emerging?scorer=x&threshold=y&min_count=0").path("errors"))
          .hasSize(3);
    }
  }

  @Test
  void anAnswerOverInstancesIsThatOfOne() {
    try (TestCluster cluster = new TestCluster(2)) {
      story(cluster.server(0).trends);
      cluster.route(TestCluster.Share.of(List.of(0, 1, 2, 3)), TestCluster.Share.of(List.of()));
      JsonNode alone = cluster.server(0).json("/api/emerging").path("emerging");
      JsonNode regions = cluster.server(0).json("/api/regions").path("regions");
      cluster.route(TestCluster.Share.of(List.of(0, 2)), TestCluster.Share.of(List.of(1, 3)));
      for (int i = 0; i < 2; i++) {
        JsonNode body = cluster.server(i).json("/api/emerging");
        assertThat(body.path("partial").asBoolean()).isFalse();
        assertThat(body.path("emerging")).isEqualTo(alone).isNotEmpty();
        assertThat(cluster.server(i).json("/api/regions").path("regions")).isEqualTo(regions);
      }
    }
  }
}
