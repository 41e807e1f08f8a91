package io.streamsocial.http;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import io.streamsocial.broker.KafkaFixture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page before a whole instance: a process, the engine, a real Kafka. */
final class DashboardOnKafkaIT {
  @TempDir Path stateDir;

  private final HttpClient client = HttpClient.newHttpClient();
  private String url = "";

  @Test
  void aPostedHashtagAppearsWithinTwoSecondsWithoutAReload() throws Exception {
    try (BrowserRig browser = BrowserRig.start();
        CommandProcess instance = serve()) {
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(50))
          .ignoreException(ConnectException.class)
          .until(
              () -> {
                assertThat(instance.isAlive()).as(instance.output()).isTrue();
                return send(HttpRequest.newBuilder(URI.create(url + "/readyz"))).statusCode()
                    == 200;
              });
      Page page = browser.page(1600, 1000, ColorScheme.LIGHT);
      page.navigate(url + "/");
      assertThat(page.locator("#connection-text")).hasText("live");
      // The first post pays for connections and classes: the second is what a viewer sees.
      for (String tag : List.of("warm", "fresh")) {
        long begin = System.nanoTime();
        String body = "{\"text\":\"hello #%s\",\"region\":\"EU-West\"}".formatted(tag);
        HttpResponse<String> posted =
            send(
                HttpRequest.newBuilder(URI.create(url + "/api/posts"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(posted.statusCode()).as(posted.body()).isEqualTo(202);
        Locator row =
            page.locator("#list")
                .getByTitle("#" + tag, new Locator.GetByTitleOptions().setExact(true));
        double patienceMs = tag.equals("warm") ? 10_000 : 2_000;
        assertThat(row).isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(patienceMs));
        System.out.printf(
            "DashboardOnKafkaIT: #%s sent to painted in %d ms%n",
            tag, (System.nanoTime() - begin) / 1_000_000);
      }
      assertThat(browser.errors).isEmpty();
      assertThat(browser.outside).isEmpty();
      page.screenshot(
          new Page.ScreenshotOptions()
              .setPath(Path.of("target", "screenshots", "on-kafka.png"))
              .setFullPage(true));
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private CommandProcess serve() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    url = "http://127.0.0.1:" + port;
    return CommandProcess.start(
        List.of(
            "serve",
            "--bootstrap",
            KafkaFixture.bootstrap(),
            "--app-id",
            KafkaFixture.uniqueName("page"),
            "--topic",
            KafkaFixture.createTopic("posts", 4),
            "--state-dir",
            stateDir.toString(),
            "--port",
            Integer.toString(port)));
  }
}
