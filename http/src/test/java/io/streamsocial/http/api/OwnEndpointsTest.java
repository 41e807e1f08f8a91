package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Access;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Response;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.LogLines;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.trends.Trending;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints of an embedding program, asked over real sockets. */
@Timeout(120)
final class OwnEndpointsTest {
  private static final Parameter<Integer> LIMIT = Parameter.integer("limit", 5, 1, 50);
  private static final Parameter<Long> SINCE = Parameter.optionalNumber("since", 0, 1_000);

  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        new TestServer(
            HttpLimits.defaults(),
            OwnEndpoint.of("GET", "/api/orders/{shop}", Handler.plain(OwnEndpointsTest::orders))
                .summary("Orders of one shop")
                .description("Counted by the program itself.")
                .variable("The shop's name")
                .parameter(LIMIT, "How many orders")
                .parameter(SINCE, "Only later ones"),
            OwnEndpoint.of("GET", "/api/board/{region}", OwnEndpointsTest::board),
            OwnEndpoint.of(
                "POST",
                "/api/orders",
                Handler.plain(
                    call -> Response.text(202, call.contentType() + " " + utf8(call.body())))),
            OwnEndpoint.of("GET", "/thread", Handler.plain(OwnEndpointsTest::thread)),
            OwnEndpoint.of("GET", "/loop", Handler.plain(OwnEndpointsTest::thread))
                .answers("the thread's name", "text/plain")
                .nonBlocking(),
            OwnEndpoint.of(
                "GET",
                "/fails/{how}",
                call ->
                    switch (call.variable()) {
                      case "checked" -> throw new Exception("a bug of the program");
                      case "error" -> throw new AssertionError("a bug of the program");
                      case "stage" ->
                          CompletableFuture.failedFuture(
                              new IllegalStateException("a bug of the program"));
                      case "null" -> CompletableFuture.completedFuture(null);
                      case "header" -> answer(Map.of("X-Mine", "a\r\nSet-Cookie: b"));
                      case "framing" -> answer(Map.of("content-length", "3"));
                      default -> throw call.badVariable("one of the failures that there are");
                    }),
            OwnEndpoint.of("GET", "/slow", call -> new CompletableFuture<>())
                .within(Duration.ofMillis(50)));
    server.trends.add("java", "EU", TestServer.W0, 3);
    server.trends.add("rust", "US", TestServer.W0, 9);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Response orders(Call call) {
    if (call.variable().equals("nowhere")) {
      throw call.notFound("no shop is called nowhere");
    }
    return Response.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("shop", call.variable());
          json.writeNumberField("limit", call.get(LIMIT));
          json.writeNumberField("since", call.find(SINCE).orElse(-1L));
          json.writeBooleanField("time", call.remaining().compareTo(OwnEndpoint.WITHIN) <= 0);
          json.writeEndObject();
        });
  }

  private static CompletionStage<Response> board(Call call) {
    Trending.Question question = new Trending.Question(10, 1, call.variable(), call.nowMs());
    return call.queries()
        .trending(question)
        .thenCombine(
            call.queries().hashtag("#Java", question),
            (top, java) ->
                Response.text(
                    200,
                    "%s %d of %d, java %d"
                        .formatted(
                            top.rows().get(0).hashtag(),
                            top.rows().get(0).count(),
                            top.rows().size(),
                            java.windows().get(0).count())));
  }

  private static Response thread(Call call) {
    return Response.text(200, Thread.currentThread().getName());
  }

  private static CompletionStage<Response> answer(Map<String, String> headers) {
    return CompletableFuture.completedFuture(
        new Response(200, "text/plain", new byte[] {'a'}, headers, false));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String problem(HttpResponse<String> response) {
    return TestServer.parse(response.body()).path("type").textValue();
  }

  @Test
  void aHandlerGetsPathAndParametersAndItsAnswerIsTagged() {
    HttpResponse<String> first = server.get("/api/orders/Big%20Box%2F1?since=7");
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(TestServer.parse(first.body()))
        .isEqualTo(
            TestServer.parse("{\"shop\":\"Big Box/1\",\"limit\":5,\"since\":7,\"time\":true}"));
    String etag = first.headers().firstValue("ETag").orElseThrow();
    HttpResponse<String> again =
        server.get("/api/orders/Big%20Box%2F1?since=7", "If-None-Match", etag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(server.get("/api/orders/Big%20Box%2F1", "If-None-Match", etag).statusCode())
        .isEqualTo(200);
  }

  @Test
  void itMayAskTheStateOfAllInstances() {
    assertThat(server.get("/api/board/EU").body()).isEqualTo("java 3 of 1, java 3");
    assertThat(server.get("/api/board/US").body()).isEqualTo("rust 9 of 1, java 0");
  }

  @Test
  void badParametersAreRefusedAllAtOnceBeforeTheHandlerIsCalled() {
    HttpResponse<String> bad = server.get("/api/orders/a?limit=51&sinse=1");
    assertThat(bad.statusCode()).isEqualTo(400);
    JsonNode errors = TestServer.parse(bad.body()).path("errors");
    assertThat(errors.findValuesAsText("parameter")).containsExactly("limit", "sinse");
    assertThat(errors.findValuesAsText("suggestion")).containsExactly("since");
    HttpResponse<String> path = server.get("/fails/unknown");
    assertThat(path.statusCode()).isEqualTo(400);
    assertThat(path.body()).contains("\"parameter\":\"how\",\"value\":\"unknown\"");
    HttpResponse<String> none = server.get("/api/orders/nowhere");
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body()).contains("no shop is called nowhere");
  }

  @Test
  void otherMethodsAreAnsweredAsOnPathsOfTheServer() {
    HttpResponse<String> head = server.send("HEAD", "/api/orders/a", "");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValueAsLong("Content-Length").orElse(0)).isPositive();
    assertThat(head.body()).isEmpty();
    HttpResponse<String> post = server.send("POST", "/api/orders/a", "{}");
    assertThat(post.statusCode()).isEqualTo(405);
    assertThat(post.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS");
    assertThat(server.send("OPTIONS", "/api/orders/a", "").statusCode()).isEqualTo(204);
    HttpResponse<String> sent =
        server.send("POST", "/api/orders", "an order", "Content-Type", "text/plain");
    assertThat(sent.statusCode()).isEqualTo(202);
    assertThat(sent.body()).isEqualTo("text/plain an order");
  }

  @Test
  void aHandlerThatMayBlockRunsOnTheReadPool() {
    assertThat(server.get("/thread").body()).startsWith("http-read-");
    assertThat(server.get("/loop").body()).startsWith("http-loop-");
  }

  @Test
  void aBugOfAHandlerIsA500AndALineInTheLogAndTheServerGoesOn() {
    for (String how : new String[] {"checked", "error", "stage", "null", "header", "framing"}) {
      try (LogLines log = new LogLines()) {
        HttpResponse<String> failed = server.get("/fails/" + how);
        assertThat(failed.statusCode()).as(how).isEqualTo(500);
        assertThat(problem(failed)).isEqualTo("/problems/internal-error");
        assertThat(failed.body()).doesNotContain("a bug of the program");
        String id = TestServer.parse(failed.body()).path("request_id").textValue();
        assertThat(log.with("request_id", id)).as(how).hasSize(1);
      }
      assertThat(server.get("/thread").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void anAnswerThatIsNotReadyInTimeIsA503() {
    HttpResponse<String> slow = server.get("/slow");
    assertThat(slow.statusCode()).isEqualTo(503);
    assertThat(problem(slow)).isEqualTo("/problems/too-slow");
    assertThat(slow.headers().firstValue("Retry-After")).contains("1");
  }

  @Test
  void theDescriptionHasThemInTheirWords() {
    JsonNode document = server.json("/openapi.json");
    SwaggerParseResult parsed = new OpenAPIV3Parser().readContents(document.toString(), null, null);
    assertThat(parsed.getMessages()).isEmpty();
    JsonNode orders = document.at("/paths/~1api~1orders~1{shop}/get");
    assertThat(orders.path("summary").textValue()).isEqualTo("Orders of one shop");
    assertThat(orders.path("tags").get(0).textValue()).isEqualTo("own");
    assertThat(orders.path("parameters").findValuesAsText("description"))
        .containsExactly("The shop's name", "How many orders", "Only later ones");
    assertThat(orders.at("/parameters/1/schema/maximum").intValue()).isEqualTo(50);
    assertThat(orders.at("/security/0/bearer/0").textValue()).isEqualTo("read");
    assertThat(document.at("/paths/~1api~1orders/post/security/0/bearer/0").textValue())
        .isEqualTo("write");
    assertThat(document.at("/paths/~1loop/get/responses/200/content").has("text/plain")).isTrue();
    assertThat(document.path("tags").findValuesAsText("name")).contains("own");
  }

  @Test
  void tokensOpenThemAsTheyOpenThePathsOfTheServer(@TempDir Path directory) {
    Handler handler = Handler.plain(call -> Response.text(200, "in"));
    try (TestServer closed =
        new TestServer(
            TestServer.options(
                "0",
                HttpLimits.defaults(),
                TestServer.peers(PeerOptions.TIMEOUT_MS),
                new Rules(directory).tokens().build()),
            new InMemoryTrends(TestServer.WINDOW_MS),
            OwnEndpoint.of("GET", "/mine", handler),
            OwnEndpoint.of("GET", "/secret", handler).needing(Access.ADMIN),
            OwnEndpoint.of("GET", "/open", handler).needing(Access.OPEN))) {
      assertThat(closed.get("/mine").statusCode()).isEqualTo(401);
      assertThat(closed.get("/mine", Rules.bearer(Rules.READ)).statusCode()).isEqualTo(200);
      assertThat(closed.get("/secret", Rules.bearer(Rules.READ)).statusCode()).isEqualTo(403);
      assertThat(closed.get("/secret", Rules.bearer(Rules.ADMIN)).statusCode()).isEqualTo(200);
      assertThat(closed.get("/open").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void requestsAreMeasuredByTheirPath() {
    server.get("/api/orders/some-shop");
    assertThat(server.get("/metrics").body())
        .contains("route=\"/api/orders/{shop}\",status=\"200\"")
        .doesNotContain("some-shop");
  }

  @Test
  void whatDoesNotFitIsRefusedAtTheStartAllAtOnce() {
    Handler any = call -> new CompletableFuture<>();
    assertThatThrownBy(
            () ->
                new TestServer(
                    HttpLimits.defaults(),
                    OwnEndpoint.of("GET", "/api/trending/{shop}", any),
                    OwnEndpoint.of("GET", "/api/{name}", any),
                    OwnEndpoint.of("POST", "/ws", any),
                    OwnEndpoint.of("GET", "/mine/{a}", any),
                    OwnEndpoint.of("POST", "/mine/b", any),
                    OwnEndpoint.of("DELETE", "/gone", any),
                    OwnEndpoint.of("GET", "/a/{b}/c", any),
                    OwnEndpoint.of("GET", "no-slash", any),
                    OwnEndpoint.of("GET", "/peer", any).needing(Access.PEER),
                    OwnEndpoint.of("GET", "/late", any).within(Duration.ofHours(1)),
                    OwnEndpoint.of("GET", "/two", any).parameter(LIMIT, "").parameter(LIMIT, "")))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .satisfiesExactly(
                        p -> assertThat(p).contains("one of GET /api/trending/{hashtag}, which"),
                        p -> assertThat(p).startsWith("endpoint GET /api/{name}: its path is"),
                        p -> assertThat(p).contains("one of GET /ws, which the server answers"),
                        p -> assertThat(p).endsWith("one of GET /mine/{a}; give it another"),
                        p -> assertThat(p).contains("the method may be GET or POST"),
                        p -> assertThat(p).contains("only the last may be {name}"),
                        p -> assertThat(p).contains("a path begins with /"),
                        p -> assertThat(p).contains("access is PEER"),
                        p -> assertThat(p).contains("within is 3600000 ms: allowed is 10 to 60000"),
                        p -> assertThat(p).contains("two parameters have one name")));
  }
}
