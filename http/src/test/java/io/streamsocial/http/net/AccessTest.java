package io.streamsocial.http.net;

import static io.streamsocial.http.fixture.Rules.ADMIN;
import static io.streamsocial.http.fixture.Rules.READ;
import static io.streamsocial.http.fixture.Rules.WRITE;
import static io.streamsocial.http.fixture.Rules.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Access;
import io.streamsocial.http.Resource;
import io.streamsocial.http.fixture.RawWebSocket;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.ConfigException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bearer tokens: which of them opens which path. */
@Timeout(300)
class AccessTest {
  @TempDir private static Path directory;
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer(new Rules(directory).tokens().build());
  }

  @AfterAll
  static void close() {
    server.close();
  }

  /** Every route: 401 without a token, 403 with one that is too weak, else its own answer. */
  @ParameterizedTest
  @CsvSource({
    "GET, /api/trending, READ",
    "GET, /api/trending/java, READ",
    "GET, /api/emerging, READ",
    "GET, /api/regions, READ",
    "GET, /api/metadata, READ",
    "GET, /api/health, READ",
    "GET, /api/health?verbose, READ",
    "GET, /api/stores/shops/top, READ",
    "GET, /api/stores/visits/active, READ",
    "GET, /api/stores, ADMIN",
    "GET, /api/stores/shops/all, ADMIN",
    "GET, /api/stores/shops/keys/ann, ADMIN",
    "POST, /api/stores/shops/query, ADMIN",
    "GET, /api/stores/visits/sessions/ann, ADMIN",
    "GET, /metrics, READ",
    "GET, /openapi.json, READ",
    "GET, /ws, READ",
    "HEAD, /api/trending, READ",
    "HEAD, /api/stream, READ",
    "POST, /api/posts, WRITE",
    "GET, /internal/v1/status, ADMIN",
    "POST, /internal/v1/query, ADMIN",
    "POST, /api/query/local, ADMIN",
    "GET, /livez, OPEN",
    "GET, /readyz, OPEN",
    "GET, /docs, OPEN",
    "GET, /, OPEN",
    "GET, /web/dashboard.html, OPEN",
    "GET, /web/api.js, OPEN"
  })
  void aPathOpensToItsScopeAndThoseThatIncludeIt(String method, String path, Access needed) {
    assertThat(status(method, path)).as("no token").isEqualTo(needed == Access.OPEN ? 0 : 401);
    Map<Access, String> tokens =
        Map.of(Access.READ, READ, Access.WRITE, WRITE, Access.ADMIN, ADMIN);
    tokens.forEach(
        (scope, token) ->
            assertThat(status(method, path, bearer(token)))
                .as(scope.label())
                .isEqualTo(needed.compareTo(scope) <= 0 ? 0 : 403));
    assertThat(status(method, path, bearer("wrong-token-0123456789")))
        .as("wrong token")
        .isEqualTo(needed == Access.OPEN ? 0 : 401);
  }

  /** 401 or 403; 0 for whatever the endpoint itself says. */
  private static int status(String method, String path, String... headers) {
    int status = server.send(method, path, "", headers).statusCode();
    assertThat(status).isNotEqualTo(404).isNotEqualTo(405);
    return status == 401 || status == 403 ? status : 0;
  }

  @Test
  void everyRouteSaysWhatItNeedsAndSoDoesTheDescription() {
    Map<String, Access> unexpected = new TreeMap<>();
    JsonNode paths = TestServer.parse(server.get("/openapi.json", bearer(READ)).body());
    for (Resource each : server.server.resources()) {
      String template = each.template();
      boolean page = template.matches("/|/docs/?|/api/?|/web") || template.startsWith("/web/");
      boolean probe = template.equals("/livez") || template.equals("/readyz");
      boolean peer = template.startsWith("/internal/") || template.equals("/api/query/local");
      boolean state =
          template.startsWith("/api/stores")
              && !template.endsWith("/top")
              && !template.endsWith("/active");
      Access expected =
          page || probe
              ? Access.OPEN
              : peer
                  ? Access.PEER
                  : state
                      ? Access.ADMIN
                      : template.equals("/api/posts") ? Access.WRITE : Access.READ;
      if (each.access() != expected) {
        unexpected.put(template, each.access());
      }
      String method = each.method().name().toLowerCase(Locale.ROOT);
      JsonNode security = paths.path("paths").path(template).path(method).path("security");
      String told =
          switch (each.access()) {
            case OPEN -> "[]";
            case PEER -> "[{\"peerSecret\":[]},{\"peerCertificate\":[]}]";
            case READ, WRITE, ADMIN -> "[{\"bearer\":[\"" + each.access().label() + "\"]}]";
          };
      assertThat(security.toString()).as(template).isEqualTo(told);
    }
    assertThat(unexpected).isEmpty();
  }

  @Test
  void aRefusalSaysWhatToDoAndDoesNotRepeatTheToken() {
    HttpResponse<String> none = server.get("/api/trending");
    assertThat(none.headers().firstValue("WWW-Authenticate")).hasValue("Bearer realm=\"trending\"");
    assertThat(TestServer.parse(none.body()).path("detail").textValue())
        .contains("Authorization: Bearer", "scope read");
    HttpResponse<String> wrong = server.get("/api/trending", bearer("wrong-token-0123456789"));
    assertThat(wrong.headers().firstValue("WWW-Authenticate").orElseThrow())
        .contains("invalid_token");
    assertThat(wrong.body()).doesNotContain("wrong-token");
    HttpResponse<String> weak = server.send("POST", "/api/posts", "{}", bearer(READ));
    assertThat(TestServer.parse(weak.body()).path("detail").textValue())
        .contains("scope write", "scope read");
    assertThat(weak.body()).doesNotContain(READ);
    assertThat(server.get("/nowhere").statusCode()).isEqualTo(404);
    assertThat(server.send("OPTIONS", "/api/posts", "").statusCode()).isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Basic cmVhZC10b2tlbi0wMTIzNDU2Nzg5\r\n",
        "Authorization: read-token-0123456789\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer read-token-012345678\r\n",
        "Authorization: Bearer read-token-0123456789, read-token-0123456789\r\n",
        "Authorization: Bearer read-token-0123456789\r\nAuthorization: Bearer x\r\n",
        "Sec-WebSocket-Protocol: bearer.%%%\r\n",
        "Cookie: access_token=read-token-0123456789\r\n"
      })
  void whatOnlyLooksLikeATokenIsNone(String header) {
    assertThat(server.raw(HttpRulesTest.request("GET", "/api/trending", header)))
        .startsWith("HTTP/1.1 401 ");
  }

  @Test
  void theSchemeMayBeWrittenInAnyCase() {
    assertThat(server.get("/api/trending", "Authorization", "bearer " + READ).statusCode())
        .isEqualTo(200);
  }

  @Test
  void aTokenInTheAddressIsNoToken() {
    assertThat(server.get("/api/trending?access_token=" + READ).statusCode()).isEqualTo(401);
  }

  @Test
  void aWebSocketCarriesItsTokenBesideItsProtocols() throws IOException {
    String encoded =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(READ.getBytes(StandardCharsets.UTF_8));
    try (RawWebSocket socket =
        new RawWebSocket(
            server.connect(),
            "/ws",
            "Sec-WebSocket-Protocol: trending, bearer." + encoded + "\r\n")) {
      assertThat(socket.head)
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase("sec-websocket-protocol: trending\r\n")
          .doesNotContain(encoded);
      assertThat(socket.await(RawWebSocket.TEXT).text()).contains("trending_update");
    }
    try (RawWebSocket socket = new RawWebSocket(server.connect(), "/ws", "")) {
      assertThat(socket.head).startsWith("HTTP/1.1 401 ");
    }
  }

  @Test
  void changedTokensAreInUseSoonAndBrokenOnesAreNot(@TempDir Path own) {
    Rules rules = new Rules(own).tokens();
    try (TestServer rotating = new TestServer(rules.build())) {
      rules.write("tokens", "read next-token-0123456789\n");
      await()
          .atMost(TestServer.PATIENCE)
          .until(
              () ->
                  rotating.get("/api/trending", bearer("next-token-0123456789")).statusCode()
                      == 200);
      assertThat(rotating.get("/api/trending", bearer(READ)).statusCode()).isEqualTo(401);
      rules.write("tokens", "nonsense\n");
      rules.write("tokens", "read last-token-0123456789\n");
      await()
          .atMost(TestServer.PATIENCE)
          .until(
              () ->
                  rotating.get("/api/trending", bearer("last-token-0123456789")).statusCode()
                      == 200);
    }
  }

  @Test
  void everythingThatIsWrongWithTheFilesIsToldAtOnceWithoutTheirSecrets(@TempDir Path own) {
    Rules rules =
        new Rules(own)
            .tokens("read " + READ, "", "write " + WRITE + " # Bob's")
            .secret("too short");
    assertThatThrownBy(() -> new TestServer(rules.build()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("tokens-file is ")
        .hasMessageContaining("line 3 is not 'read TOKEN'")
        .hasMessageContaining("peer-secret-file is ")
        .hasMessageContaining("it holds 9 bytes, allowed are 16 to 1024")
        .message()
        .doesNotContain(READ, WRITE, "too short");
  }
}
