package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Between two publishes equal questions share one answer; a client that has it is told so. */
class CachedAnswersTest {
  private final TestServer server = new TestServer();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void equalQuestionsAtOneVersionAreAnsweredOnce() {
    server.trends.still = true;
    server.trends.add("java", "US-East", TestServer.W0, 1);
    String first = server.get("/api/trending").body();
    assertThat(server.get("/api/trending").body()).isEqualTo(first);
    assertThat(server.trends.answers).hasValue(1);
    assertThat(server.get("/api/trending?limit=5").statusCode()).isEqualTo(200);
    assertThat(server.get("/api/trending?at=" + (TestServer.W0 - 1)).statusCode()).isEqualTo(200);
    assertThat(server.trends.answers).hasValue(3);
  }

  @Test
  void aNewVersionIsAnsweredAnew() {
    server.trends.add("java", "US-East", TestServer.W0, 1);
    String first = server.get("/api/trending").body();
    server.trends.add("java", "US-East", TestServer.W0, 1);
    assertThat(server.get("/api/trending").body()).isNotEqualTo(first).contains("\"count\":2");
  }

  @Test
  void aPollerWithTheSameContentGets304AndKeepsItsConnection() {
    server.trends.add("java", "US-East", TestServer.W0, 1);
    HttpResponse<String> first = poll("nothing yet");
    assertThat(first.statusCode()).isEqualTo(200);
    String etag = first.headers().firstValue("ETag").orElseThrow();
    assertThat(etag).startsWith("W/\"");
    HttpResponse<String> second = poll(etag);
    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(second.body()).isEmpty();
    assertThat(second.headers().firstValue("connection")).isEmpty();
    assertThat(second.headers().firstValue("ETag")).hasValue(etag);
    assertThat(poll("\"other\", " + etag.substring(2)).statusCode()).isEqualTo(304);
    assertThat(poll("*").statusCode()).isEqualTo(304);
    server.trends.add("java", "US-East", TestServer.W0, 1);
    assertThat(poll(etag).statusCode()).isEqualTo(200);
  }

  @Test
  void aPartialAnswerHasNoEtag() {
    server.trends.missing = List.of(2);
    assertThat(poll("W/\"x\"").headers().firstValue("ETag")).isEmpty();
  }

  private HttpResponse<String> poll(String etag) {
    return server.get("/api/trending", "If-None-Match", etag);
  }
}
