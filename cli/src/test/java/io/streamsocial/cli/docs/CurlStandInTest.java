package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.fixture.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Machines that have curl never use the stand-in, so it is looked at here. */
class CurlStandInTest {
  private final TestServer server = new TestServer();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @AfterEach
  void close() {
    server.close();
  }

  private int curl(String path, String... options) throws Exception {
    List<String> words = new ArrayList<>(Arrays.asList(options));
    words.add("127.0.0.1:" + server.server.port() + path);
    return CurlStandIn.run(words, new PrintStream(printed, true, StandardCharsets.UTF_8));
  }

  @Test
  void asksAndPosts() throws Exception {
    assertThat(curl("/api/trending?limit=1", "-s")).isZero();
    assertThat(printed.toString(StandardCharsets.UTF_8)).startsWith("{\"trending\":[");
    assertThat(
            curl(
                "/api/posts",
                "-sS",
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"text\":\"x\"}"))
        .isZero();
    assertThat(server.posts.written).hasSize(1);
  }

  @Test
  void tellsErrorsAsCurlDoes() throws Exception {
    assertThat(curl("/nothing", "-s")).isZero();
    assertThat(curl("/nothing", "-f", "-i")).isEqualTo(22);
    assertThat(printed.toString(StandardCharsets.UTF_8)).contains("HTTP/1.1 404");
    assertThatThrownBy(() -> curl("/", "--compressed")).hasMessageContaining("--compressed");
  }
}
