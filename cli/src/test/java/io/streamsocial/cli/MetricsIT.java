package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.cli.deploy.OperationsFiles;
import io.streamsocial.cli.deploy.PromQl;
import io.streamsocial.cli.deploy.Scrape;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.processor.EngineConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The meters of two whole instances that share a real Kafka, and what is made of them. */
public final class MetricsIT {
  /** Far more than there are; far fewer than one a hashtag, or one a partition and client. */
  private static final int SERIES_MAX = 600;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir static Path stateDir;

  private static final List<Instance> instances = new ArrayList<>();
  private static final HttpClient client = HttpClient.newHttpClient();
  private static Scrape scrape = Scrape.of("");

  @BeforeAll
  static void runTwoInstances() throws Exception {
    String app = KafkaFixture.uniqueName("metrics");
    String topic = KafkaFixture.createTopic("posts", 4);
    for (int i = 0; i < 2; i++) {
      EngineConfig config =
          EngineConfig.defaults()
              .bootstrap(KafkaFixture.bootstrap())
              .appId(app)
              .topic(topic)
              .instanceId(Integer.toString(i))
              .stateDir(stateDir)
              .standbys(1)
              .checkpointMs(1_000)
              .replicationFactor((short) 1)
              .build();
      instances.add(Instance.start(config, new ListenOptions().build(config, 0)));
    }
    await()
        .atMost(PATIENCE)
        .until(
            () -> status("/readyz") == 200 && ask().sum("streamsocial_instances", Map.of()) == 2);
    String post = "{\"text\":\"#a #b #c #d #e #f #g #h #i #j #k #l #m #n #o #p\"}";
    // The first one looks for the topic's brokers, which may take longer than it waits.
    await().atMost(PATIENCE).until(() -> post(post) == 202);
    System.gc(); // so that there was a pause
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              boolean isAnswered = status("/api/trending") == 200;
              Scrape now = ask();
              scrape = now;
              return isAnswered
                  && now.sum("streamsocial_ready", Map.of()) == 1
                  && now.named("rocksdb_memtable_bytes").size() == 4
                  && now.sum("jvm_gc_pause_seconds_count", Map.of()) > 0
                  && now.sum("kafka_producer_records_total", Map.of("client", "producer")) > 0
                  && now.sum("kafka_producer_records_total", Map.of("client", "posts")) > 0
                  && now.sum("streamsocial_tasks", Map.of("role", "standby", "phase", "readable"))
                      > 0
                  && now.sum("streamsocial_checkpoint_publish_seconds_count", Map.of()) > 0
                  && now.sum("streamsocial_peer_requests_total", Map.of()) > 0
                  && now.sum("streamsocial_staleness_seconds", Map.of()) < 60 // NaN at first
                  && consumers()
                      .allMatch(
                          labels -> now.sum("kafka_consumer_incoming_bytes_total", labels) > 0)
                  && now.sum("streamsocial_posts_total", Map.of())
                          + askSecond().sum("streamsocial_posts_total", Map.of())
                      > 0;
            });
  }

  @AfterAll
  static void stop() {
    instances.forEach(Instance::close);
  }

  private static Stream<Map<String, String>> consumers() {
    return Stream.of("group", "restore", "follow")
        .map(client -> Map.of("client", client, "loop", "loop-0"));
  }

  private static Scrape ask() throws IOException, InterruptedException {
    return Scrape.of(get(instances.get(0), "/metrics").body());
  }

  private static Scrape askSecond() throws IOException, InterruptedException {
    return Scrape.of(get(instances.get(1), "/metrics").body());
  }

  private static int status(String path) throws IOException, InterruptedException {
    return get(instances.get(0), path).statusCode();
  }

  private static HttpResponse<String> get(Instance instance, String path)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + instance.port() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static int post(String post) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + instances.get(0).port() + "/api/posts");
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(post))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  @Test
  void namesUnitsAndLabelsAreAsPrometheusExpectsAndSeriesAreBounded() {
    assertThat(scrape.objections()).isEmpty();
    System.out.println("MetricsIT: " + scrape.series.size() + " series of one instance");
    assertThat(scrape.series).hasSizeBetween(200, SERIES_MAX);
  }

  @Test
  void everyMetricOfDashboardAndAlertsIsThere() throws IOException {
    Map<String, String> expressions = OperationsFiles.expressions();
    List<String> problems = new ArrayList<>();
    expressions.forEach(
        (where, expression) ->
            PromQl.problems(expression, scrape)
                .forEach(problem -> problems.add(where + ": " + problem)));
    assertThat(problems).isEmpty();
    assertThat(expressions).hasSizeGreaterThan(70);
  }

  @Test
  void anExpressionOfAMetricThatIsNotThereIsFound() {
    assertThat(PromQl.problems("rate(streamsocial_nothing_total[5m])", scrape)).hasSize(1);
    assertThat(PromQl.problems("streamsocial_incidents_open{kind=\"none\"}", scrape)).hasSize(1);
  }

  @Test
  void everyKafkaClientAndEveryStoreTellsOfItself() {
    assertThat(consumers())
        .allMatch(labels -> scrape.sum("kafka_consumer_incoming_bytes_total", labels) > 0);
    for (String client : List.of("producer", "posts")) {
      Map<String, String> labels = Map.of("client", client);
      assertThat(scrape.sum("kafka_producer_records_total", labels)).as(client).isPositive();
    }
    assertThat(scrape.sum("kafka_admin_client_requests_total", Map.of())).isPositive();
    assertThat(scrape.named("rocksdb_memtable_bytes")).hasSize(4);
    assertThat(scrape.sum("rocksdb_memory_bytes", Map.of())).isPositive();
    assertThat(scrape.sum("process_resident_memory_bytes", Map.of())).isGreaterThan(1 << 20);
    assertThat(scrape.sum("streamsocial_ready", Map.of())).isEqualTo(1);
    assertThat(scrape.sum("streamsocial_staleness_seconds", Map.of())).isLessThan(60);
  }
}
