package io.streamsocial.http.api;

import static io.streamsocial.http.fixture.InMemoryViews.PROFILES;
import static io.streamsocial.http.fixture.InMemoryViews.SHOPS;
import static io.streamsocial.http.fixture.TestServer.W0;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Resource;
import io.streamsocial.http.fixture.InMemoryViews;
import io.streamsocial.http.fixture.TestCluster;
import io.streamsocial.http.fixture.TestCluster.Share;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.views.ViewBuilder;
import io.streamsocial.processor.views.ViewKey;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Views of a program, asked through the API of several instances. */
final class ViewsTest {
  private static final String STORE = "/api/stores/shops";
  private static final ViewKey BYTES = ViewKey.of(new byte[] {(byte) 0xFF, 0, 'x'});

  private final TestCluster cluster = new TestCluster(3);
  private final TestServer server = cluster.server(0);
  private final InMemoryViews views = server.trends.views();

  @BeforeEach
  void spread() {
    cluster.route(
        Share.of(List.of(0), List.of(2)),
        Share.of(List.of(1, 3), List.of(0)),
        Share.of(List.of(2), List.of(1, 3)));
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private void order(String country, String shop, long timeMs, long cents) {
    views.add(SHOPS, country, ViewKey.of(shop), timeMs, 1, cents, timeMs);
  }

  private static JsonNode post(TestServer asked, String path, String body) {
    HttpResponse<String> response =
        asked.send("POST", path, body, "Content-Type", "application/json");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.parse(response.body());
  }

  @Test
  void everyViewIsAmongTheStoresWithItsFields() {
    JsonNode stores = server.json("/api/stores").path("stores");
    assertThat(stores)
        .extracting(store -> store.path("store").asText())
        .containsExactly("hashtag-trends-store", "shops", "profiles", "visits");
    assertThat(stores)
        .extracting(store -> store.path("kind").asText())
        .containsExactly("window", "window", "key_value", "session");
    JsonNode shops = server.json(STORE);
    assertThat(shops).isEqualTo(stores.get(1));
    assertThat(shops.path("group").asText()).isEqualTo("country");
    assertThat(shops.path("ranked_by").asText()).isEqualTo("cents");
    assertThat(shops.path("fields").toString())
        .isEqualTo(
            "[{\"name\":\"orders\",\"merge\":\"sum\"},{\"name\":\"cents\",\"merge\":\"sum\"},{\"name\":\"last_ms\",\"merge\":\"max\"}]");
    assertThat(shops.at("/held/0/position/changelog_offset").asLong()).isEqualTo(21);
    assertThat(server.get("/api/stores/shop").body())
        .contains("hashtag-trends-store, shops, profiles, visits");
  }

  @Test
  void aKeyHasItsRowsByWindowWithTheFieldsByName() {
    order("DE", "a/b", W0, 300);
    order("AT", "a/b", W0 + 5, 50);
    order("DE", "a/b", W0 - 300_000, 7);
    for (TestServer each : cluster.servers) {
      JsonNode key = each.json(STORE + "/keys/a%2Fb");
      assertThat(key.path("key").asText()).isEqualTo("a/b");
      assertThat(key.path("known").asBoolean()).isTrue();
      assertThat(key.path("windows").toString())
          .isEqualTo(
              "[{\"window\":%d,\"orders\":1,\"cents\":7,\"last_ms\":%d},{\"window\":%d,\"orders\":2,\"cents\":350,\"last_ms\":%d}]"
                  .formatted(W0 - 300_000, W0 - 300_000, W0, W0 + 5));
      assertThat(each.json(STORE + "/keys/a%2Fb?country=AT").at("/windows/0/cents").asInt())
          .isEqualTo(50);
    }
    assertThat(server.json(STORE + "/keys/a%2Fb?from=" + W0).path("windows")).hasSize(1);
    JsonNode none = server.json(STORE + "/keys/nothing");
    assertThat(none.path("known").asBoolean()).isFalse();
    assertThat(none.path("windows")).isEmpty();
  }

  @Test
  void aRowWithoutWindowsIsThatOfItsKey() {
    views.add(PROFILES, "", ViewKey.of("ann"), W0, 1, 7);
    views.add(PROFILES, "", ViewKey.of("ann"), W0 + 9, 1, 4);
    assertThat(server.json("/api/stores/profiles/keys/ann").path("row").toString())
        .isEqualTo("{\"time_ms\":%d,\"visits\":2,\"plan\":4}".formatted(W0 + 9));
    assertThat(server.json("/api/stores/profiles/keys/bob").path("row").isNull()).isTrue();
    assertThat(server.json("/api/stores/profiles/all").at("/entries/0/row/visits").asInt())
        .isEqualTo(2);
    assertThat(server.json("/api/stores/profiles/top").path("top").toString())
        .isEqualTo("[{\"key\":\"ann\",\"total\":2}]");
    assertThat(server.get("/api/stores/profiles/keys/ann?from=1").statusCode()).isEqualTo(400);
  }

  @Test
  void aKeyThatIsNoTextIsBase64InAFieldOfItsOwn() {
    views.add(SHOPS, "DE", BYTES, W0, 1, 5, W0);
    JsonNode key = server.json(STORE + "/keys/" + BYTES.toBase64Url() + "?encoding=base64url");
    assertThat(key.has("key")).isFalse();
    assertThat(key.path("key_base64").asText()).isEqualTo("_wB4");
    assertThat(key.path("known").asBoolean()).isTrue();
    JsonNode page = server.json(STORE + "/range?encoding=base64url&from_key=_w");
    assertThat(page.at("/entries/0/key_base64").asText()).isEqualTo("_wB4");
    assertThat(server.json(STORE + "/top").at("/top/0/key_base64").asText()).isEqualTo("_wB4");
    assertThat(
            post(server, STORE + "/query", "{\"keys_base64\":[\"_wB4\"]}").at("/entries/0/known"))
        .isEqualTo(key.path("known"));
  }

  @Test
  void pagesTogetherAreEveryKeyOnceInOrder() {
    for (int i = 0; i < 150; i++) {
      order(i % 3 == 0 ? "DE" : "AT", "s".repeat(1 + i % 7) + i, W0 - i % 4 * 300_000L, i);
    }
    for (String path : List.of("/range?limit=", "/all?limit=")) {
      for (int limit : List.of(1, 7, 1_000)) {
        List<String> keys = new ArrayList<>();
        String next = "";
        for (int page = 0; page <= 150 && next != null; page++) {
          JsonNode body = cluster.server(page % 3).json(STORE + path + limit + next);
          body.path("entries").forEach(entry -> keys.add(entry.path("key").asText()));
          next = body.path("next").isNull() ? null : "&cursor=" + body.path("next").asText();
        }
        assertThat(keys).hasSize(150).isEqualTo(new ArrayList<>(new TreeSet<>(keys)));
      }
    }
    assertThat(server.json(STORE + "/range?prefix=ss&to_key=sss&country=DE").path("entries"))
        .isNotEmpty()
        .allSatisfy(entry -> assertThat(entry.path("key").asText()).matches("ss\\d+"));
  }

  @Test
  void theTopIsRankedOverAllInstances() {
    for (int i = 0; i < 60; i++) {
      order(i % 2 == 0 ? "DE" : "AT", "s".repeat(1 + i % 5) + i, W0 - i % 3 * 300_000L, i);
    }
    for (TestServer each : cluster.servers) {
      JsonNode top = each.json(STORE + "/top?limit=3&windows=3&country=DE");
      assertThat(top.path("by").asText()).isEqualTo("cents");
      assertThat(top.path("top"))
          .extracting(row -> row.path("total").asLong())
          .containsExactly(58L, 56L, 54L);
      assertThat(top.at("/top/0/windows").toString())
          .isEqualTo(
              "[{\"window\":%d,\"cents\":0},{\"window\":%d,\"cents\":58},{\"window\":%d,\"cents\":0}]"
                  .formatted(W0 - 600_000, W0 - 300_000, W0));
      assertThat(each.json(STORE + "/top?by=orders&limit=2").at("/top/0/total").asLong())
          .isEqualTo(1);
    }
  }

  @Test
  void aScanThatWouldBeTooLargeIsRefused() {
    order("DE", "ab", W0, 1);
    cluster.servers.forEach(each -> each.trends.views().tooLarge = Set.of(2));
    HttpResponse<String> refused = server.get(STORE + "/top?by=orders");
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(refused.body()).contains("/problems/scan-too-large", "partitions [2]", "rankedBy");
    assertThat(server.get(STORE + "/top").statusCode()).isEqualTo(200);
    cluster.servers.forEach(each -> each.trends.views().tooLarge = Set.of());
    cluster.servers.forEach(each -> each.trends.views().tooSlow = Set.of(2));
    HttpResponse<String> late = server.get(STORE + "/top?by=orders");
    assertThat(late.statusCode()).isEqualTo(503);
    assertThat(late.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(late.body()).contains("/problems/too-slow", "partitions [2]", "rankedBy");
    assertThat(server.get(STORE + "/top").statusCode()).isEqualTo(200);
  }

  @Test
  void aBatchAsksEachOwnerOnceAndKeepsTheOrder() {
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      String shop = "s".repeat(1 + i % 4) + (i + 100);
      keys.append(i == 0 ? "" : ",").append('"').append(shop).append('"');
      if (i % 2 == 0) {
        order("DE", shop, W0, i);
      }
    }
    JsonNode body = post(server, STORE + "/query?country=DE", "{\"keys\":[" + keys + "]}");
    assertThat(body.path("entries")).hasSize(100);
    for (int i = 0; i < 100; i++) {
      JsonNode entry = body.path("entries").get(i);
      assertThat(entry.path("key").asText()).endsWith(Integer.toString(i + 100));
      assertThat(entry.path("known").asBoolean()).isEqualTo(i % 2 == 0);
    }
    assertThat(TestCluster.metric(server, "streamsocial_peer_requests_total{outcome=\"ok\"}"))
        .isLessThanOrEqualTo(2);
    cluster.route(Share.of(List.of(0, 1, 3)));
    JsonNode partial = post(server, STORE + "/query", "{\"keys\":[\"ab\",\"abc\"]}");
    assertThat(partial.path("partial").asBoolean()).isTrue();
    assertThat(partial.at("/entries/0/known").isNull()).isTrue();
    assertThat(partial.at("/entries/1/known").asBoolean(true)).isFalse();
  }

  @Test
  void aPartitionThatDoesNotAnswerIsMissing() {
    order("DE", "ab", W0, 1);
    cluster.route(Share.of(List.of(0, 1, 3)));
    assertThat(server.get(STORE + "/keys/ab").statusCode()).isEqualTo(503);
    for (String path : List.of("/all?", "/top?")) {
      JsonNode body = server.json(STORE + path);
      assertThat(body.at("/partitions/missing").toString()).isEqualTo("[2]");
      assertThat(server.get(STORE + path + "require=complete").statusCode()).isEqualTo(503);
    }
  }

  @Test
  void whatAClientHasIsNotSentAgain() {
    order("DE", "ab", W0, 1);
    for (String path : List.of("/keys/ab", "/all", "/top")) {
      HttpResponse<String> first = cluster.server(1).get(STORE + path);
      String etag = first.headers().firstValue("ETag").orElseThrow();
      assertThat(cluster.server(2).get(STORE + path, "If-None-Match", etag).statusCode())
          .as(path)
          .isEqualTo(304);
    }
  }

  @Test
  void whatIsNotAllowedIsToldAtOnce() {
    HttpResponse<String> top = server.get(STORE + "/top?by=last_ms&limit=0&windows=0&group=DE");
    assertThat(top.statusCode()).isEqualTo(400);
    assertThat(TestServer.parse(top.body()).path("errors")).hasSize(4);
    String turned = "?from=%d&to=%d&encoding=base64url".formatted(W0, W0 - 300_000);
    HttpResponse<String> key = server.get(STORE + "/keys/%25" + turned);
    assertThat(TestServer.parse(key.body()).path("errors")).hasSize(2);
    HttpResponse<String> batch =
        server.send(
            "POST",
            STORE + "/query",
            "{\"keys\":[\"a\",\"\",\"a\"],\"keys_base64\":[\"*\"]}",
            "Content-Type",
            "application/json");
    assertThat(batch.statusCode()).isEqualTo(400);
    assertThat(TestServer.parse(batch.body()).path("errors"))
        .extracting(fault -> fault.path("parameter").asText())
        .containsExactly("keys[1]", "keys[2]", "keys_base64[0]");
    assertThat(
            server.send("POST", STORE + "/query", "{}", "Content-Type", "text/plain").statusCode())
        .isEqualTo(415);
    assertThat(
            server.send("POST", STORE + "/query", "{}", "Content-Type", "application/json").body())
        .contains("1 to 100 keys");
  }

  @Test
  void howManyAreActiveIsAskedOfNow() {
    assertThat(server.json("/api/stores/visits/active").path("active").asInt()).isZero();
    HttpResponse<String> past = server.get("/api/stores/visits/active?at=" + W0);
    assertThat(past.statusCode()).isEqualTo(400);
    assertThat(past.body()).contains("\"parameter\":\"at\"");
  }

  private String batch(String body) {
    HttpResponse<String> refused =
        server.send("POST", STORE + "/query", body, "Content-Type", "application/json");
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
    return refused.body();
  }

  @Test
  void aBodyWithoutAnObjectIsRefused() {
    for (String body : List.of("", " \n", "null", "[]", "{", "7")) {
      assertThat(batch(body)).as(body).contains("the body cannot be read");
    }
  }

  @Test
  void aCursorIsNoLongerThanTheFirstKeyAfterTheLongest() {
    String longest = ViewKey.of(new byte[ViewKey.BYTES_MAX]).next().toBase64Url();
    String longer = ViewKey.of(new byte[ViewKey.BYTES_MAX]).next().next().toBase64Url();
    for (String path : List.of("/all", "/range")) {
      assertThat(server.get(STORE + path + "?cursor=" + longest).statusCode()).isEqualTo(200);
      HttpResponse<String> refused = server.get(STORE + path + "?cursor=" + longer);
      assertThat(refused.statusCode()).as(path).isEqualTo(400);
      assertThat(refused.body()).contains("'next' of the page before");
    }
  }

  @Test
  void whatIsNoTextIsNotReadAsAnotherKey() {
    views.add(SHOPS, "DE", ViewKey.of("\uFFFD"), W0, 1, 5, W0);
    views.add(SHOPS, "DE", ViewKey.of("?"), W0, 1, 5, W0);
    for (String bytes : List.of("%ff", "%c0%80", "%ed%a0%80", "%e2%82")) {
      for (String path : List.of("/keys/" + bytes, "/range?prefix=" + bytes)) {
        HttpResponse<String> refused = server.get(STORE + path);
        assertThat(refused.statusCode()).as(path).isEqualTo(400);
        assertThat(refused.body()).as(path).contains("UTF-8", "encoding=base64url");
      }
      assertThat(server.get(STORE + "/all?country=" + bytes).statusCode()).as(bytes).isEqualTo(400);
      assertThat(server.get("/api/trending/" + bytes).statusCode()).as(bytes).isEqualTo(400);
    }
    for (String target : List.of("/keys/a%", "/keys/%+1", "/keys/\u00e9", "/all?country=\u00e9")) {
      String head = "GET %s%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      assertThat(server.raw(head.formatted(STORE, target))).as(target).contains(" 400 ", "UTF-8");
    }
    assertThat(batch("{\"keys\":[\"a\",\"\\ud800\"]}")).contains("keys[1]", "base64url");
    assertThat(server.json(STORE + "/keys/%EF%BF%BD").path("known").asBoolean()).isTrue();
    assertThat(server.json(STORE + "/keys/a%2B+").path("key").asText()).isEqualTo("a++");
    assertThat(server.json(STORE + "/range?prefix=%3F+").path("entries")).isEmpty();
  }

  @Test
  void noGroupHasTheNameOfAnotherParameter() {
    Set<String> names = new TreeSet<>();
    for (Resource each : server.server.resources()) {
      if (each.template().startsWith(STORE)) {
        each.parameters().stream().map(Parameter::name).forEach(names::add);
      }
    }
    names.remove("country");
    assertThat(ViewBuilder.NO_GROUPS).isEqualTo(names);
  }
}
