package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Fault;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.Moment;
import io.streamsocial.store.Windowing;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the answer to POST /api/posts says of posts that are accepted. */
@Timeout(300)
final class PostWarningsTest {
  private static final long WINDOW_MS = 300_000;
  private static final long GRACE_MS = 60_000;
  private static final long RETENTION_MS = 3_600_000;
  private static final long NOW = TestServer.NOW;
  private static final PostJudge.Bounds BOUNDS =
      new PostJudge.Bounds(
          Duration.ofMinutes(5), 10_000, new Windowing(WINDOW_MS, GRACE_MS, RETENTION_MS));

  private final TestServer server = new TestServer();

  @AfterEach
  void close() {
    server.close();
  }

  private HttpResponse<String> post(String query, String body) {
    return server.send("POST", "/api/posts" + query, body, "Content-Type", "application/json");
  }

  private static List<String> warnings(String post, long streamTimeMs) {
    PostReader.Read read =
        PostReader.read(
            post.getBytes(StandardCharsets.UTF_8),
            new PostReader.Asked(false, false, ""),
            new PostJudge(BOUNDS, new Moment(NOW, NOW), streamTimeMs),
            bytes -> {});
    assertThat(read.faults().listed()).isEmpty();
    List<String> all = new ArrayList<>();
    for (Fault each : read.warnings().listed()) {
      Fault.OfPost warning = (Fault.OfPost) each;
      all.add(warning.field() + ": " + warning.detail());
    }
    return all;
  }

  private static List<String> ofText(String text) {
    return warnings("{\"text\":\"" + text + "\"}", Long.MIN_VALUE);
  }

  private static List<String> ofTime(long timestampMs, long streamTimeMs) {
    return warnings("{\"text\":\"#a\",\"timestamp\":" + timestampMs + "}", streamTimeMs);
  }

  @Test
  void theAnswerListsTheHashtagsAsTheyAreCounted() {
    JsonNode answer =
        TestServer.parse(
            post("", "[{\"text\":\"#Java, #KAFKA and #java\"},{\"text\":\"#\\u65e5\\u672c\"}]")
                .body());
    assertThat(answer.path("records").findValues("hashtags"))
        .hasToString("[[\"java\",\"kafka\",\"java\"], [\"日本\"]]");
    assertThat(answer.path("warnings")).isEmpty();
    assertThat(answer.has("warnings_unlisted")).isFalse();
  }

  @Test
  void whatCannotCountIsAcceptedWithAWarningAndRefusedByStrict() {
    String body =
        "[{\"text\":\"#a\"},{\"text\":\"hello\"},{\"text\":\"#b\",\"timestamp\":1700000000000}]";
    HttpResponse<String> accepted = post("", body);
    assertThat(accepted.statusCode()).isEqualTo(202);
    JsonNode warnings = TestServer.parse(accepted.body()).path("warnings");
    assertThat(warnings.findValuesAsText("item")).containsExactly("1", "2");
    assertThat(warnings.findValuesAsText("field")).containsExactly("text", "timestamp");
    assertThat(server.posts.written).hasSize(3);
    HttpResponse<String> refused = post("?strict=true", body);
    assertThat(refused.statusCode()).isEqualTo(400);
    JsonNode problem = TestServer.parse(refused.body());
    assertThat(problem.path("type").textValue()).isEqualTo("/problems/bad-posts");
    assertThat(problem.path("errors")).isEqualTo(warnings);
    assertThat(server.posts.written).hasSize(3);
    assertThat(post("?strict=true", "{\"text\":\"#a\"}").statusCode()).isEqualTo(202);
    assertThat(post("?strict=maybe", "{\"text\":\"#a\"}").statusCode()).isEqualTo(400);
  }

  @Test
  void strictTellsFaultsAndWarningsTogether() {
    HttpResponse<String> refused =
        post("?strict=true", "[{\"text\":\"hello\"},{},{\"text\":\"x\"}]");
    assertThat(TestServer.parse(refused.body()).path("errors").findValuesAsText("item"))
        .containsExactly("0", "1", "2");
  }

  @Test
  void ofManyWarningsTheFirstAreTold() {
    String body = "[" + "{\"text\":\"\"},".repeat(999) + "{\"text\":\"\"}]";
    JsonNode answer = TestServer.parse(post("", body).body());
    assertThat(answer.path("accepted").intValue()).isEqualTo(1_000);
    assertThat(answer.path("warnings")).hasSize(100);
    assertThat(answer.path("warnings_unlisted").intValue()).isEqualTo(900);
  }

  @ParameterizedTest
  @CsvSource({
    "C#7 and #java, 1", "great#java #x, 1", "#🎉 #x, 1", "'C#, F# and #x', 0",
    "'# #! #x ##y', 0", "https://a.example/b#c #x, 0", "'#️⃣ #x', 0", "#a#b#c, 2"
  })
  void whatLooksLikeAHashtagAndIsNoneIsToldOf(String text, int found) {
    List<String> warnings = ofText(text);
    if (found == 0) {
      assertThat(warnings).isEmpty();
    } else {
      assertThat(warnings)
          .containsExactly(
              "text: a hashtag has no word before its # and a letter, digit or _ behind it, found %d without"
                  .formatted(found));
    }
  }

  @Test
  void hashtagsThatAreTooLongAreToldOf() {
    assertThat(ofText("#" + "a".repeat(100))).isEmpty();
    assertThat(ofText("#b #" + "a".repeat(101)))
        .containsExactly("text: hashtags of more than 100 characters are not counted, found 1");
    assertThat(ofText("#" + "a".repeat(101))).hasSize(2);
  }

  @Test
  void aTimeIsTooOldWhenItsWindowCountsNoMore() {
    long start = NOW - NOW % WINDOW_MS;
    long closed = start + WINDOW_MS + GRACE_MS;
    assertThat(ofTime(start, closed - 1)).isEmpty();
    assertThat(ofTime(start, closed))
        .containsExactly(
            "timestamp: not counted any more: its window ended at %d, and posts up to %d have been counted"
                .formatted(start + WINDOW_MS, closed));
    assertThat(ofTime(start + WINDOW_MS, closed)).isEmpty();
    assertThat(warnings("{\"text\":\"#a\"}", Long.MAX_VALUE)).as("its time is to come").isEmpty();
  }

  @Test
  void whileStreamTimeIsUnknownOrOldOnlyWhatNobodyReadsIsTooOld() {
    long read = NOW - 2 * RETENTION_MS - 3 * WINDOW_MS;
    for (long streamTimeMs : new long[] {Long.MIN_VALUE, read - 2 * WINDOW_MS}) {
      assertThat(ofTime(read + WINDOW_MS, streamTimeMs)).isEmpty();
      assertThat(ofTime(read - WINDOW_MS, streamTimeMs))
          .singleElement()
          .asString()
          .startsWith("timestamp: no query reads its window any more");
    }
  }
}
