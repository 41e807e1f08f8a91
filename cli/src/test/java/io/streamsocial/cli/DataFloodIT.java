package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.cli.deploy.Scrape;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.offline.StateVerify;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An instance with the shipped heap under data that would take gigabytes of it: it counts all of
 * it, answers throughout, goes on after a kill -9, and every row is what a recount finds.
 */
@Timeout(1_800)
final class DataFloodIT {
  private static final int PARTITIONS = 4;
  private static final int BLOCK = 1_000;
  // Of a short run: a slow machine counts fewer posts in a minute than it can produce.
  private static final long SHORT_POSTS = 600_000;
  private static final long REGIONS = 100_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(15);
  // So many posts wait at most: the instance is never idle, and not hours behind at the end.
  private static final long WAITING_MAX = 500_000;
  // As docs/capacity.md computes the resident memory.
  private static final int HEAP_MB = 512;
  private static final int REST_MB = 400;
  // Of the runs that take long; the issue of memory asks for ten.
  private static final Duration LONG = Duration.ofMinutes(Integer.getInteger("flood.minutes", 10));

  @TempDir Path stateDir;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("flood");
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicReference<String> silence = new AtomicReference<>("");
  private long posted;

  /** 200 regions, and a tag of up to 1,000,000 in each. */
  @Test
  @Tag("long")
  void manyTagsInManyRegions() throws Exception {
    flood(LONG, Long.MAX_VALUE, DataFloodIT::manyTags);
  }

  @Test
  void manyTagsInManyRegionsForAMinute() throws Exception {
    flood(Duration.ofMinutes(1), SHORT_POSTS, DataFloodIT::manyTags);
  }

  private static String manyTags(long post) {
    long tag = post * 2_654_435_761L % 1_000_000;
    return post("region-" + post % 200, "#t" + tag + " #u" + (tag + 1) % 1_000_000);
  }

  @Test
  @Tag("long")
  void aNewLongTagInEachPost() throws Exception {
    flood(LONG, Long.MAX_VALUE, DataFloodIT::newTag);
  }

  @Test
  void aNewLongTagInEachPostForAMinute() throws Exception {
    flood(Duration.ofMinutes(1), SHORT_POSTS, DataFloodIT::newTag);
  }

  private static String newTag(long post) {
    String number = Long.toString(post);
    return post("region-" + post % 200, "#" + "x".repeat(100 - number.length()) + number);
  }

  @Test
  void aHundredThousandRegions() throws Exception {
    flood(
        Duration.ofMinutes(1),
        2 * REGIONS,
        post -> post("region-" + post % REGIONS, "#t" + post % 5_000 + " #u" + post % 7));
    assertThat(posted).isGreaterThan(REGIONS);
  }

  /** A fetch brings a thousand of them, and one poll unpacked them all. */
  @Test
  void postsThatTakeAThousandTimesTheirSizeOnTheWire() throws Exception {
    String padding = " ".repeat(1_000_000);
    produce(PATIENCE, 2L * BLOCK, post -> post("EU", "#t" + post % 7 + padding), () -> false);
    try (CommandProcess process = CommandProcess.startOptimizing(arguments())) {
      int port = process.awaitPort();
      process.awaitUntil(() -> status(port, "/readyz") == 200);
      awaitCounted(process, port);
      report(process, port);
      assertThat(process.terminate()).as(process.output()).isZero();
    }
    assertEqualToRecount();
  }

  private static String post(String region, String tags) {
    return "{\"region\":\"%s\",\"text\":\"%s\"}".formatted(region, tags);
  }

  // ---------------------------------------------------------------- the course

  private void flood(Duration length, long postsMax, LongFunction<String> posts) throws Exception {
    try (CommandProcess first = CommandProcess.startOptimizing(arguments())) {
      int port = first.awaitPort();
      first.awaitUntil(() -> status(port, "/readyz") == 200);
      Thread watch = watch(first, port);
      produce(length.dividedBy(2), postsMax / 2, posts, () -> lag(port) > WAITING_MAX);
      report(first, port);
      watch.interrupt();
      watch.join();
      assertThat(first.isAlive()).as(first.output()).isTrue();
    } // kill -9
    try (CommandProcess second = CommandProcess.startOptimizing(arguments())) {
      int port = second.awaitPort();
      second.awaitUntil(() -> status(port, "/livez") == 200);
      Thread watch = watch(second, port);
      produce(length.dividedBy(2), postsMax, posts, () -> lag(port) > WAITING_MAX);
      awaitCounted(second, port);
      watch.interrupt();
      watch.join();
      report(second, port);
      assertThat(silence.get()).as("/livez is 200 throughout").isEmpty();
      assertThat(second.terminate()).as(second.output()).isZero();
      assertThat(second.output()).doesNotContain("OutOfMemoryError");
    }
    assertEqualToRecount();
  }

  private void assertEqualToRecount() {
    StateVerify.Result result = verify();
    assertThat(result.verdict())
        .as("%s %s", result.differences(), result.problems())
        .isEqualTo(StateVerify.Verdict.EQUAL);
    System.out.printf(
        "DataFloodIT: %,d posts, %,d rows equal a recount%n", result.posts(), result.rows());
    assertThat(result.posts()).isEqualTo(posted);
  }

  private List<String> arguments() {
    return List.of(
        "serve",
        "--bootstrap",
        KafkaFixture.bootstrap(),
        "--app-id",
        app,
        "--topic",
        topic,
        "--state-dir",
        stateDir.toString(),
        "--port",
        "0");
  }

  /**
   * @param waits whether enough posts wait to be counted
   */
  private void produce(
      Duration length, long postsMax, LongFunction<String> posts, Callable<Boolean> waits)
      throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            KafkaFixture.bootstrap(),
            "linger.ms",
            20,
            "batch.size",
            200_000,
            "compression.type",
            "lz4");
    long end = System.nanoTime() + length.toNanos();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      while (System.nanoTime() < end && posted < postsMax) {
        if (posted % (100 * BLOCK) == 0) {
          poll(() -> !waits.call() || System.nanoTime() >= end);
        }
        for (int i = 0; i < BLOCK; i++) {
          byte[] post = posts.apply(posted++).getBytes(StandardCharsets.UTF_8);
          var unused = producer.send(new ProducerRecord<>(topic, post));
        }
      }
    }
  }

  /** Asks /livez each second. */
  private Thread watch(CommandProcess process, int port) {
    Thread thread =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                try {
                  int live = status(port, "/livez");
                  if (live != 200) {
                    silence.compareAndSet("", "/livez: " + live + "\n" + process.output());
                  }
                  Thread.sleep(1_000);
                } catch (IOException e) {
                  silence.compareAndSet("", "/livez: " + e + "\n" + process.output());
                } catch (InterruptedException e) {
                  return;
                }
              }
            },
            "watch-livez");
    thread.start();
    return thread;
  }

  /** Until an answer includes every post, by what it says of itself. */
  private void awaitCounted(CommandProcess process, int port) {
    poll(
        () -> {
          assertThat(process.isAlive()).as(process.output()).isTrue();
          long included = 0;
          JsonNode answer = JSON.readTree(get(port, "/api/trending?limit=1").body());
          for (JsonNode offset : answer.path("as_of")) {
            included += offset.asLong();
          }
          return !answer.path("partial").asBoolean(true) && included == posted;
        });
  }

  private static void poll(Callable<Boolean> condition) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(50))
        .until(condition);
  }

  private double lag(int port) throws Exception {
    return Scrape.of(get(port, "/metrics").body()).sum("streamsocial_posts_lag", Map.of());
  }

  private void report(CommandProcess process, int port) throws Exception {
    Scrape scrape = Scrape.of(get(port, "/metrics").body());
    JsonNode regions = JSON.readTree(get(port, "/api/regions?limit=1").body());
    long peak = peakMegabytes(process);
    System.out.printf(
        "DataFloodIT: %,d posts, at most %d MB resident, heap %.0f MB, its state %.0f of %.0f MB, stores %.0f of %.0f MB, %.0f scans, %.0f mentions in other, %s regions, full: %s%n",
        posted,
        peak,
        megabytes(scrape, "jvm_memory_committed_bytes", Map.of("area", "heap")),
        megabytes(scrape, "streamsocial_heap_state_bytes", Map.of()),
        megabytes(scrape, "streamsocial_heap_state_limit_bytes", Map.of()),
        megabytes(scrape, "rocksdb_memory_bytes", Map.of()),
        megabytes(scrape, "rocksdb_memory_limit_bytes", Map.of()),
        scrape.sum("streamsocial_query_scans_total", Map.of()),
        scrape.sum("streamsocial_other_region_total", Map.of()),
        regions.path("total_regions"),
        regions.path("regions_full"));
    double computed = HEAP_MB + megabytes(scrape, "rocksdb_memory_limit_bytes", Map.of()) + REST_MB;
    assertThat((double) peak).as("resident MB, docs/capacity.md").isLessThan(1.1 * computed);
  }

  private static double megabytes(Scrape scrape, String metric, Map<String, String> labels) {
    return scrape.sum(metric, labels) / (1 << 20);
  }

  /** The largest resident memory until now; 0 where there is no such file. */
  private static long peakMegabytes(CommandProcess process) throws IOException {
    Path status = Path.of("/proc/" + process.handle().pid() + "/status");
    if (!Files.exists(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
      }
    }
    return 0;
  }

  private int status(int port, String path) throws IOException, InterruptedException {
    return get(port, path).statusCode();
  }

  private HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private StateVerify.Result verify() {
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(KafkaFixture.bootstrap())
            .appId(app)
            .topic(topic)
            .stateDir(stateDir)
            .build();
    return StateVerify.run(
        config,
        new StateVerify.Options(Set.of(), 2_000_000, 10),
        (pass, of, done, total) -> {},
        () -> false);
  }
}
