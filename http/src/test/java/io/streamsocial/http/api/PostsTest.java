package io.streamsocial.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Fault;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.fixture.MemoryUse;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.peers.PositionToken;
import io.streamsocial.store.Windowing;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** POST /api/posts, from the body to the record. */
@Timeout(300)
class PostsTest {
  private static final String JSON = "application/json";
  private static final PostJudge.Bounds BOUNDS =
      new PostJudge.Bounds(
          Duration.ofMinutes(5), 10_000, new Windowing(TestServer.WINDOW_MS, 60_000, 3_600_000));
  private final TestServer server = new TestServer();

  @AfterEach
  void close() {
    server.close();
  }

  private HttpResponse<String> post(String type, String body) {
    return server.send("POST", "/api/posts", body, "Content-Type", type);
  }

  @Test
  void linesMayBeginWithAByteOrderMark() {
    HttpResponse<String> response =
        post("application/x-ndjson", "\uFEFF{\"text\":\"#a\"}\n{\"text\":\"#b\"}\n");
    assertThat(response.statusCode()).isEqualTo(202);
    assertThat(TestServer.parse(response.body()).path("accepted").intValue()).isEqualTo(2);
    assertThat(post("application/json", "\uFEFF{\"text\":\"#a\"}").statusCode()).isEqualTo(202);
  }

  @Test
  void halfOfASurrogatePairIsNoRegion() {
    assertThat(faults("{\"text\":\"#a\",\"region\":\"\\ud83d\"}", false)).hasSize(1);
  }

  private static List<Fault> faults(String body, boolean lines) {
    return read(body.getBytes(StandardCharsets.UTF_8), lines).faults().listed();
  }

  private static PostReader.Read read(byte[] body, boolean lines) {
    return read(body, lines, bytes -> {});
  }

  private static PostReader.Read read(byte[] body, boolean lines, LongConsumer memory) {
    return PostReader.read(
        body,
        new PostReader.Asked(lines, false, ""),
        new PostJudge(BOUNDS, TestServer.MOMENT, Long.MIN_VALUE),
        memory);
  }

  @Test
  void theTokenIsBehindTheLastRecordOfEachPartition() {
    PositionToken token =
        PostsEndpoint.token(
            Uuid.ZERO_UUID,
            List.of(
                new PostSink.Written(1, 8),
                new PostSink.Written(0, 3),
                new PostSink.Written(1, 7)));
    assertThat(token.next()).containsEntry(0, 4L).containsEntry(1, 9L).hasSize(2);
  }

  @Test
  void onePostIsAcceptedWithItsPositionAndToken() {
    HttpResponse<String> response =
        post(
            JSON + "; charset=UTF-8",
            "{ \"text\": \"hi #java\", \"user_id\": \"u1\", \"x\": 1.5 }");
    assertThat(response.statusCode()).isEqualTo(202);
    String token = new PositionToken(Uuid.ZERO_UUID, new TreeMap<>(Map.of(0, 1L))).encode();
    assertThat(TestServer.parse(response.body()))
        .isEqualTo(
            TestServer.parse(
                "{\"accepted\":1,\"records\":[{\"partition\":0,\"offset\":0,\"hashtags\":[\"java\"]}],\"warnings\":[],\"token\":\"TOKEN\"}"
                    .replace("TOKEN", token)));
    AcceptedPost written = server.posts.written.get(0);
    assertThat(written.userId()).hasValue("u1");
    assertThat(new String(written.json(), StandardCharsets.UTF_8))
        .isEqualTo("{\"text\":\"hi #java\",\"user_id\":\"u1\",\"x\":1.5}");
  }

  @Test
  void anArrayAndLinesAreSeveralPosts() {
    assertThat(post(JSON, "[{\"text\":\"a\"},{\"text\":\"b\"}]").body()).contains("\"accepted\":2");
    assertThat(post("application/x-ndjson", "{\"text\":\"c\"}\n\n{\"text\":\"d\"}\r\n").body())
        .contains("\"accepted\":2");
    List<String> written =
        server.posts.written.stream()
            .map(p -> new String(p.json(), StandardCharsets.UTF_8))
            .collect(Collectors.toList());
    assertThat(written)
        .containsExactly(
            "{\"text\":\"a\"}", "{\"text\":\"b\"}", "{\"text\":\"c\"}", "{\"text\":\"d\"}");
  }

  @Test
  void allBadItemsAreToldAtOnceAndNothingIsWritten() {
    HttpResponse<String> response =
        post(
            JSON,
            """
            [{"text":"fine"}, {}, 7,
             {"text":1,"user_id":2,"post_id":[],"region":"%s","timestamp":"now"},
             {"text":"x","region":"a\\u0000b","timestamp":1700000000},
             {"text":"x","timestamp":%d}]
            """
                .formatted("é".repeat(33), TestServer.NOW + 300_001));
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode problem = TestServer.parse(response.body());
    assertThat(problem.path("type").textValue()).isEqualTo("/problems/bad-posts");
    assertThat(problem.path("errors"))
        .isEqualTo(
            TestServer.parse(
                """
                [{"item":1,"field":"text","detail":"required"},
                 {"item":2,"field":"","detail":"a post is a JSON object, found the number 7"},
                 {"item":3,"field":"text","detail":"a string, found the number 1"},
                 {"item":3,"field":"post_id","detail":"a string, found an array"},
                 {"item":3,"field":"user_id","detail":"a string, found the number 2"},
                 {"item":3,"field":"region","detail":"at most 64 bytes, found 66"},
                 {"item":3,"field":"timestamp","detail":"an integer of epoch milliseconds, found a string"},
                 {"item":4,"field":"region","detail":"may not contain NUL or half of a surrogate pair"},
                 {"item":4,"field":"timestamp","detail":"epoch milliseconds; 1700000000 looks like seconds"},
                 {"item":5,"field":"timestamp","detail":"at most MAX, found OVER"}]
                """
                    .replace("MAX", Long.toString(TestServer.NOW + 300_000))
                    .replace("OVER", Long.toString(TestServer.NOW + 300_001))));
    assertThat(server.posts.written).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "{",
        "{\"text\":\"a\"} {\"text\":\"b\"}",
        "{\"text\":\"a\",\"text\":\"b\"}",
        "{\"text\":\"a\",\"timestamp\":1.5}",
        "{\"text\":\"a\",\"timestamp\":-1}",
        "{\"text\":\"a\",\"timestamp\":99999999999999999999}",
        "{\"text\":null}",
        "null",
        "nonsense"
      })
  void whatIsNotAPostIsAFault(String body) {
    assertThat(faults(body, false)).hasSize(1);
  }

  @Test
  void depthAndBrokenEncodingAreFaultsAndNotMore() {
    assertThat(faults("[".repeat(10_000), false)).hasSize(1);
    byte[] broken = {'{', '"', 't', 'e', 'x', 't', '"', ':', '"', (byte) 0xff, '"', '}'};
    assertThat(read(broken, false).faults().listed()).hasSize(1);
  }

  @Test
  void jsonBeyondTheReadersBoundsIsNotCalledInvalid() {
    for (String value :
        List.of("[".repeat(1_200) + "]".repeat(1_200), "1".repeat(1_500), nameOf(60_000))) {
      assertThat(faults("{\"text\":\"a\",\"x\":" + value + "}", false))
          .singleElement()
          .extracting(f -> ((Fault.OfPost) f).detail())
          .asString()
          .contains("1000 levels", "1000 digits", "50000 characters")
          .doesNotContain("not valid JSON");
    }
  }

  private static String nameOf(int chars) {
    return "{\"" + "n".repeat(chars) + "\":1}";
  }

  @Test
  void aPostLargerThanIngestTakesIsAFault() {
    String frame = "{\"text\":\"\"}";
    assertThat(faults("{\"text\":\"" + "a".repeat(10_000 - frame.length()) + "\"}", false))
        .isEmpty();
    assertThat(faults("{\"text\":\"" + "a".repeat(10_001 - frame.length()) + "\"}", false))
        .hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"[0, ',0', ], false", "[{}, ',{}', ], false", "0, '\n0', '', true"})
  void ofMoreFaultsThanAnybodyReadsTheFirstAreTold(
      String first, String more, String last, boolean lines) {
    String body = first + more.repeat(200_000) + last;
    HttpResponse<String> response = post(lines ? "application/x-ndjson" : JSON, body);
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode problem = TestServer.parse(response.body());
    assertThat(problem.path("errors")).hasSize(100);
    assertThat(problem.path("errors_unlisted").intValue()).isEqualTo(199_901);
    assertThat(problem.path("detail").textValue()).contains("200001 to correct");
    assertThat(response.body().length()).isLessThan(20_000);
  }

  @Test
  void longValuesAreNotQuotedInFull() {
    String number = "1".repeat(900);
    assertThat(post(JSON, "{\"text\":\"a\",\"timestamp\":" + number + "}").body())
        .contains("1".repeat(100) + "…")
        .doesNotContain("1".repeat(101));
    assertThat(post("text/" + "x".repeat(2_000), "{}").body())
        .contains("/problems/unsupported-type")
        .doesNotContain("x".repeat(101));
  }

  @Test
  void whatPostsTakeIsCountedAsTheyAreRead() {
    long[] taken = {0};
    byte[] body = ("[" + "{\"text\":\"\"},".repeat(999) + "{\"text\":\"\"}]").getBytes(UTF_8);
    assertThat(read(body, false, bytes -> taken[0] += bytes).posts()).hasSize(1_000);
    assertThat(taken[0]).isGreaterThan(600_000);
    RefusalException full = RefusalException.overloaded("full");
    assertThatThrownBy(
            () ->
                read(
                    body,
                    false,
                    bytes -> {
                      throw full;
                    }))
        .isSameAs(full);
  }

  @Test
  void noNameOutlivesItsPost() {
    long before = MemoryUse.afterGc();
    for (int post = 0; post < 100; post++) {
      StringBuilder body = new StringBuilder("{\"text\":\"a\"");
      for (int i = 0; i < 21; i++) {
        body.append(",\"")
            .append("n".repeat(48_994))
            .append(post * 21 + i + 100_000)
            .append("\":0");
      }
      assertThat(faults(body.append('}').toString(), false)).hasSize(1);
    }
    assertThat(MemoryUse.afterGc() - before).isLessThan(20_000_000);
  }

  @Test
  void eachBadLineIsNamed() {
    assertThat(faults("{\"text\":\"a\"}\n{\n{}\n", true))
        .extracting(f -> ((Fault.OfPost) f).item())
        .containsExactly(1, 2);
  }

  @Test
  void aLineWithMoreBehindItsPostIsNamedAndCountsOnce() {
    assertThat(faults("{\"text\":\"a\"} x\n5\n{\"text\":\"b\"} {\"text\":\"c\"}\n6\n", true))
        .extracting(f -> ((Fault.OfPost) f).item())
        .containsExactly(0, 1, 2, 3);
    assertThat(faults("{\"text\":\"a\"} {\"text\":\"b\"}", false))
        .extracting(f -> ((Fault.OfPost) f).item())
        .containsExactly(0);
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain, ''",
    "application/x-www-form-urlencoded, ''",
    "application/json; charset=utf-16, ''",
    "application/json, gzip",
    "'', ''"
  })
  void otherBodiesAreUnsupported(String type, String encoding) {
    String[] headers =
        encoding.isEmpty()
            ? (type.isEmpty() ? new String[0] : new String[] {"Content-Type", type})
            : new String[] {"Content-Type", type, "Content-Encoding", encoding};
    HttpResponse<String> response = server.send("POST", "/api/posts", "{\"text\":\"a\"}", headers);
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(server.posts.written).isEmpty();
  }

  @Test
  void withoutKafkaTheAnswerIs503() {
    server.posts.away = true;
    HttpResponse<String> response = post(JSON, "{\"text\":\"a\"}");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(response.body()).contains("/problems/kafka-unavailable").doesNotContain("no broker");
  }
}
