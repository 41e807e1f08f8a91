package io.streamsocial.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.TestServer;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the pages, as a browser gets them. */
final class PagesTest {
  private static final int BYTES_MAX = 150_000;
  private static final Pattern REFERENCE =
      Pattern.compile("(?:src|href)=\"([^\"/#][^\"]*)\"|from '\\./([^']+)'");
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void theRootLeadsToTheDashboard() {
    HttpResponse<String> response = server.get("/");
    assertThat(response.statusCode()).isEqualTo(302);
    assertThat(response.headers().firstValue("Location")).hasValue("/web/dashboard.html");
  }

  @ParameterizedTest
  @CsvSource({
    "/web/dashboard.html, text/html; charset=utf-8",
    "/web/dashboard.css, text/css; charset=utf-8",
    "/web/dashboard.js, text/javascript; charset=utf-8",
    "/web/uplot.js, text/javascript; charset=utf-8",
    "/web/favicon.svg, image/svg+xml",
    "/docs, text/html; charset=utf-8"
  })
  void filesHaveATypeAndATagAndAreNotSentTwice(String path, String type) {
    HttpResponse<String> first = server.get(path);
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("Content-Type")).hasValue(type);
    assertThat(first.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(first.headers().firstValue("Cache-Control")).hasValue("no-cache");
    String etag = first.headers().firstValue("ETag").orElseThrow();
    HttpResponse<String> second = server.get(path, "If-None-Match", etag);
    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(second.body()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/web/dashboard.html", "/docs"})
  void pagesRunNothingThatIsNotAFileOfOurs(String path) {
    HttpResponse<String> page = server.get(path);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .startsWith("default-src 'self';")
        .doesNotContain("unsafe", "http:", "https:", "*");
    assertThat(page.body()).doesNotContain("<style", " style=", "://", " onload=", " onclick=");
    assertThat(page.body()).doesNotContainPattern("<script>|<script [^>]*>[^<]");
  }

  /** As the page would: every file that it names, and those that they name. */
  @Test
  void thePageIsSmall() {
    Set<String> seen = new HashSet<>();
    int bytes = weigh("dashboard.html", seen);
    System.out.printf(
        "PagesTest: the dashboard is %d files and %,d bytes before compression%n",
        seen.size(), bytes);
    assertThat(seen).contains("uplot.js", "list.js", "dom.js");
    assertThat(bytes).isLessThan(BYTES_MAX);
  }

  private static int weigh(String name, Set<String> seen) {
    if (!seen.add(name)) {
      return 0;
    }
    HttpResponse<String> file = server.get("/web/" + name);
    assertThat(file.statusCode()).as(name).isEqualTo(200);
    int bytes = file.body().getBytes(StandardCharsets.UTF_8).length;
    Matcher reference = REFERENCE.matcher(name.equals("uplot.js") ? "" : file.body());
    while (reference.find()) {
      String other = reference.group(1) == null ? reference.group(2) : reference.group(1);
      bytes += weigh(other, seen);
    }
    return bytes;
  }

  @Test
  void nothingOfOursWritesMarkup() {
    Set<String> seen = new HashSet<>();
    weigh("dashboard.html", seen);
    seen.remove("uplot.js");
    for (String name : seen) {
      assertThat(server.get("/web/" + name).body())
          .as(name)
          .doesNotContain(
              "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
    }
  }
}
