package io.streamsocial.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.http.Json;
import io.streamsocial.http.Response;
import io.streamsocial.http.api.Call;
import io.streamsocial.http.peers.RoutedView;
import io.streamsocial.http.server.Server;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.views.View;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two instances that count orders answer every question to their views as a plain map would. */
@Timeout(600)
final class ViewsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PARTITIONS = 4;
  private static final long WINDOW = 300_000;
  private static final List<String> COUNTRIES = List.of("DE", "AT", "CH");

  @TempDir Path stateDir;

  private final String app = KafkaFixture.uniqueName("shops");
  private final String topic = KafkaFixture.createTopic("orders", PARTITIONS);
  private final List<Engine> engines = new ArrayList<>();
  private final List<Server> servers = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private final long firstMs = System.currentTimeMillis() - 2 * WINDOW;

  private final OrderBook orderBook = new OrderBook(WINDOW);
  private long lastMs;

  private View revenueView() {
    return View.named("revenue")
        .from(
            topic,
            (record, out) -> {
              String[] order = new String(record.valueBytes(), UTF_8).split("\\|", -1);
              long cents = Long.parseLong(order[2]);
              out.emit(Long.parseLong(order[3]), order[0], order[1], 1, cents, cents, cents);
            })
        .tumbling(Duration.ofMillis(WINDOW), Duration.ofHours(1), Duration.ofHours(1))
        .groupedBy("country")
        .sum("orders")
        .sum("cents")
        .max("most")
        .last("latest")
        .rankedBy("cents")
        .build();
  }

  private View priceView() {
    return View.named("prices")
        .from(
            topic,
            (record, out) -> {
              String[] order = new String(record.valueBytes(), UTF_8).split("\\|", -1);
              out.emit(Long.parseLong(order[3]), order[1], 1, Long.parseLong(order[2]));
            })
        .unwindowed()
        .sum("orders")
        .last("price")
        .build();
  }

  @BeforeEach
  void send() {
    SplittableRandom random = new SplittableRandom(5);
    try (KafkaProducer<byte[], byte[]> orders =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", KafkaFixture.bootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < 2_000; i++) {
        String country = COUNTRIES.get(random.nextInt(3));
        String shop = "shop/" + random.nextInt(1 + random.nextInt(150));
        long cents = random.nextInt(1, 10_000);
        lastMs = firstMs + i * 300L;
        byte[] order = "%s|%s|%d|%d".formatted(country, shop, cents, lastMs).getBytes(UTF_8);
        Future<RecordMetadata> unused =
            orders.send(new ProducerRecord<>(topic, i % PARTITIONS, null, order));
        orderBook.add(country, shop, cents, lastMs);
      }
    }
  }

  private void start(int standbys) throws Exception {
    for (int i = 0; i < 2; i++) {
      EngineConfigBuilder config =
          EngineConfig.defaults()
              .bootstrap(KafkaFixture.bootstrap())
              .appId(app)
              .instanceId(Integer.toString(i))
              .stateDir(stateDir)
              .standbys(standbys)
              .shufflePartitions(PARTITIONS)
              .replicationFactor((short) 1)
              .view(revenueView())
              .view(priceView());
      Engine engine = Engine.open(config.build());
      engines.add(engine);
      servers.add(
          Server.builder(engine)
              .listen("127.0.0.1", 0)
              .endpoint("GET", "/api/best/{country}", ViewsIT::best)
              .start());
    }
    servers.forEach(this::awaitAll);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                engines.stream().allMatch(each -> running(each, Role.ACTIVE) == PARTITIONS / 2)
                    && holds(last(engines)) == (standbys == 0 ? PARTITIONS / 2 : PARTITIONS));
  }

  private void awaitAll(Server server) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              JsonNode all = json(server, "/api/stores/prices/all?limit=1000");
              long counted = 0;
              for (JsonNode entry : all.path("entries")) {
                counted += entry.at("/row/orders").asLong();
              }
              assertThat(counted).isEqualTo(orderBook.orders());
            });
  }

  private static long running(Engine engine, Role role) {
    return engine.status().partitions().stream()
        .filter(each -> !each.restoring() && each.role() == role)
        .count();
  }

  /** The first one follows for half a minute on what it gave to the second. */
  private static long holds(Engine engine) {
    return running(engine, Role.ACTIVE) + running(engine, Role.STANDBY);
  }

  private static <T> T last(List<T> two) {
    return two.get(two.size() - 1);
  }

  /** An endpoint of the program: the best shop of a country, over all instances. */
  private static CompletionStage<Response> best(Call call) {
    RoutedView view = call.queries().view("revenue");
    ViewTop.Question question =
        new ViewTop.Question(view.schema(), call.variable(), 1, 4, call.nowMs(), 1);
    return view.ask(question)
        .thenApply(
            answer ->
                Response.text(
                    answer.completeness().partial() ? 503 : 200,
                    answer.rows().stream()
                        .map(row -> row.key().toString())
                        .findFirst()
                        .orElse("")));
  }

  @AfterEach
  void close() {
    servers.forEach(Server::close);
    engines.forEach(Engine::close);
  }

  private HttpResponse<String> send(Server server, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(Server server, String path) {
    return json(server, "GET", path, "");
  }

  /** A busy machine may have an instance answer later than the other one waits: then once more. */
  private JsonNode json(Server server, String method, String path, String body) {
    AtomicReference<JsonNode> complete = new AtomicReference<>();
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              HttpResponse<String> response = send(server, method, path, body);
              JsonNode json = Json.MAPPER.readTree(response.body());
              complete.set(json);
              return response.statusCode() == 200 && !json.path("partial").asBoolean(false);
            });
    return Objects.requireNonNull(complete.get());
  }

  private String windows() {
    return "from=%d&to=%d".formatted(firstMs, lastMs);
  }

  private static String windows(JsonNode entry) {
    Map<Long, String> rows = new TreeMap<>();
    for (JsonNode row : entry.path("windows")) {
      rows.put(
          row.path("window").asLong(),
          "%d %d %d %d"
              .formatted(
                  row.path("orders").asLong(),
                  row.path("cents").asLong(),
                  row.path("most").asLong(),
                  row.path("latest").asLong()));
    }
    return rows.toString();
  }

  @Test
  void everyQuestionOnEitherInstanceIsAnsweredAsAPlainMapWould() throws Exception {
    start(0);
    for (Server server : servers) {
      assertKeys(server);
      assertPages(server);
      assertTop(server);
      String best = orderBook.totals("AT").get(0);
      await()
          .atMost(PATIENCE)
          .until(() -> best.startsWith(send(server, "GET", "/api/best/AT", "").body() + "="));
      assertThat(json(server, "/api/stores").path("stores")).hasSize(2);
      assertThat(send(server, "GET", "/api/trending", "").statusCode()).isEqualTo(404);
      assertThat(send(server, "POST", "/api/posts", "{}").statusCode()).isEqualTo(404);
    }
    // Without its server, an instance answers nothing, though it counts on.
    servers.get(0).close();
    Server left = last(servers);
    JsonNode partial =
        Json.MAPPER.readTree(send(left, "GET", "/api/stores/revenue/all", "").body());
    assertThat(partial.path("partial").asBoolean()).isTrue();
    assertThat(partial.at("/partitions/missing")).hasSize(2);
    assertThat(send(left, "GET", "/api/stores/revenue/all?require=complete", "").statusCode())
        .isEqualTo(503);
    List<Integer> statuses = new ArrayList<>();
    for (String shop : orderBook.shops("").keySet()) {
      statuses.add(send(left, "GET", "/api/stores/prices/keys/" + encode(shop), "").statusCode());
    }
    assertThat(statuses).contains(200, 503).containsOnly(200, 503);
  }

  @Test
  void aStandbyAnswersForAnInstanceThatIsGone() throws Exception {
    start(1);
    servers.get(0).close();
    Server left = last(servers);
    JsonNode all = json(left, "/api/stores/revenue/all?limit=1000&" + windows());
    assertThat(all.at("/partitions/standby")).hasSize(2);
    awaitAll(left); // a standby may be behind
    assertKeys(left);
    assertPages(left);
    assertTop(left);
  }

  private static String encode(String key) {
    return URLEncoder.encode(key, UTF_8);
  }

  private void assertKeys(Server server) throws Exception {
    for (int i = 0; i < 10; i++) {
      String shop = "shop/" + i;
      JsonNode key = json(server, "/api/stores/revenue/keys/" + encode(shop) + "?" + windows());
      assertThat(windows(key)).isEqualTo(orderBook.windows("", shop));
      JsonNode price = json(server, "/api/stores/prices/keys/" + encode(shop));
      assertThat(price.at("/row/orders").asLong()).isEqualTo(orderBook.price(shop)[0]);
      assertThat(price.at("/row/price").asLong()).isEqualTo(orderBook.price(shop)[1]);
    }
    List<String> shops = new ArrayList<>();
    for (int i = 99; i >= 0; i--) {
      shops.add("shop/" + i);
    }
    String body =
        shops.stream()
            .map(shop -> '"' + shop + '"')
            .collect(Collectors.joining(",", "{\"keys\":[", "]}"));
    JsonNode entries =
        json(server, "POST", "/api/stores/revenue/query?country=CH&" + windows(), body)
            .path("entries");
    assertThat(entries).extracting(entry -> entry.path("key").asText()).isEqualTo(shops);
    for (JsonNode entry : entries) {
      assertThat(windows(entry)).isEqualTo(orderBook.windows("CH", entry.path("key").asText()));
    }
  }

  private void assertPages(Server server) throws Exception {
    for (int limit : List.of(7, 1_000)) {
      Map<String, String> found = new TreeMap<>();
      String cursor = "";
      while (cursor != null) {
        JsonNode page =
            json(
                server,
                "/api/stores/revenue/range?prefix=shop/1&country=DE&limit=%d&%s%s"
                    .formatted(limit, windows(), cursor));
        for (JsonNode entry : page.path("entries")) {
          assertThat(found.put(entry.path("key").asText(), windows(entry))).isNull();
        }
        cursor = page.path("next").isNull() ? null : "&cursor=" + page.path("next").asText();
      }
      Map<String, String> expected = new TreeMap<>();
      orderBook.shops("DE").keySet().stream()
          .filter(shop -> shop.startsWith("shop/1"))
          .forEach(shop -> expected.put(shop, orderBook.windows("DE", shop)));
      assertThat(found).isEqualTo(expected);
    }
  }

  private void assertTop(Server server) throws Exception {
    for (String country : List.of("", "AT")) {
      JsonNode top =
          json(
              server,
              "/api/stores/revenue/top?limit=5&windows=3&at=%d%s"
                  .formatted(lastMs, country.isEmpty() ? "" : "&country=" + country));
      assertThat(top.path("top"))
          .extracting(row -> row.path("key").asText() + "=" + row.path("total").asLong())
          .isEqualTo(orderBook.totals(country));
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        json(server, "/api/stores/prices/top?limit=1").at("/top/0/total").asLong())
                    .isEqualTo(orderBook.mostOrders()));
  }
}
