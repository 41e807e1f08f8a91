package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.streamsocial.broker.LocalBroker;
import io.streamsocial.broker.Topics;
import io.streamsocial.cli.deploy.Scrape;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.http.fixture.LogLines;
import io.streamsocial.processor.EngineConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator reads when Kafka goes away and comes back: little, and clear. */
final class IncidentsIT {
  private static final String UNREACHABLE = "brokers_unreachable";
  private static final Map<String, String> BROKERS = Map.of("kind", UNREACHABLE);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir Path stateDir;

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void brokersThatGoAwayAreOneLineAndOneWhenTheyAreBack() throws Exception {
    try (LocalBroker broker = LocalBroker.start()) {
      Topics.ensure(broker.bootstrap(), "posts", 2, Map.of());
      EngineConfig config =
          EngineConfig.defaults()
              .bootstrap(broker.bootstrap())
              .topic("posts")
              .stateDir(stateDir)
              .replicationFactor((short) 1)
              .build();
      try (Instance instance = Instance.start(config, new ListenOptions().build(config, 0))) {
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    sum(instance, "streamsocial_ready") == 1
                        && sum(instance, "streamsocial_incidents_open") == 0);
        outage(broker, instance);
      }
    }
  }

  private void outage(LocalBroker broker, Instance instance) throws Exception {
    try (LogLines log = new LogLines()) {
      double before = begun(instance);
      broker.kill(1);
      long killedNanos = System.nanoTime();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(get(instance, "/api/health").body())
                      .contains("\"degraded\"", "no broker at " + broker.bootstrap()));
      System.out.printf(
          "IncidentsIT: health was degraded %d ms after the kill%n",
          (System.nanoTime() - killedNanos) / 1_000_000);
      assertThat(get(instance, "/readyz").statusCode())
          .as("answers say themselves how stale they are")
          .isEqualTo(200);
      await()
          .atMost(PATIENCE)
          .until(() -> open(instance) == 1 && log.with("incident", UNREACHABLE).size() == 1);
      // Long enough for each of the clients to have tried and failed many times.
      double turns = sum(instance, "process_uptime_seconds");
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> sum(instance, "process_uptime_seconds") > turns + 25);
      assertThat(log.with("incident", UNREACHABLE)).hasSize(1);
      broker.restart(1);
      await().atMost(PATIENCE).until(() -> sum(instance, "streamsocial_incidents_open") == 0);
      // A broker that starts slowly may fail a request again, which is reported in the same way.
      // The
      // line is logged after the figure.
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  log.with("incident", UNREACHABLE).size() == 2 * (int) (begun(instance) - before));
      List<ILoggingEvent> lines = log.with("incident", UNREACHABLE);
      assertThat(lines.get(0).getFormattedMessage())
          .startsWith("begins: no broker at " + broker.bootstrap() + " answers");
      assertThat(lines.get(1).getFormattedMessage())
          .matches("ends after \\d+\\.\\d s, met \\d+ time\\(s\\): the brokers answer again");
      List<String> loud =
          log.all().stream()
              .filter(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
              .map(line -> line.getLoggerName() + ": " + line.getFormattedMessage())
              .toList();
      System.out.println("IncidentsIT: loud lines of the outage: " + loud);
      // Publishes and calls that fail before the silence is long enough, or once it is over, are
      // incidents of their own.
      assertThat(loud)
          .hasSizeLessThanOrEqualTo(lines.size() / 2 + 4)
          .allMatch(line -> line.contains("Incidents: "));
    }
  }

  private double open(Instance instance) throws Exception {
    return scrape(instance).sum("streamsocial_incidents_open", BROKERS);
  }

  private double begun(Instance instance) throws Exception {
    return scrape(instance).sum("streamsocial_incidents_total", BROKERS);
  }

  private double sum(Instance instance, String name) throws Exception {
    return scrape(instance).sum(name, Map.of());
  }

  private Scrape scrape(Instance instance) throws Exception {
    return Scrape.of(get(instance, "/metrics").body());
  }

  private HttpResponse<String> get(Instance instance, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + instance.port() + path);
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
