package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An instance whose wall clock is set to another time while it runs. The brokers and the programs
 * that post keep the true time.
 */
final class WallClockIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  // Kafka's session is 10 s, and a member may have to be waited for that long.
  private static final long GOES_ON_MS = 12_000;
  private static final long QUIET_MS = 2_000;
  // Longer than the session.
  private static final long LONG_QUIET_MS = 15_000;
  private static final long STALE_MS = 4_000;
  private static final String STEPPED = "\"incident\":\"wall_clock_stepped\"";
  private static final long LOOK_MS = 1_500;
  // A note that is under way when a clock is set back counts as just published.
  private static final long UNDERSTATED_MS = 2_000;

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void needsACompiler() {
    Optional<String> obstacle = MovedClock.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
  }

  @Test
  void countingGoesOnWhenTheWallClockIsSetBackOrForward() throws Exception {
    step(QUIET_MS, "-PT8S", "PT0S", "PT5M", "PT0S");
  }

  @Test
  @Tag("long")
  void countingGoesOnWhateverTheStep() throws Exception {
    step(
        LONG_QUIET_MS,
        "-PT8S",
        "PT0S",
        "PT8S",
        "PT0S",
        "-PT5M",
        "PT0S",
        "PT5M",
        "PT0S",
        "-PT24H",
        "PT0S",
        "PT24H",
        "PT0S");
  }

  private void step(long quietMs, String... aheads) throws Exception {
    MovedClock clock = MovedClock.compile(directory);
    String topic = KafkaFixture.createTopic("posts", 1);
    List<String> arguments =
        List.of(
            "serve",
            "--bootstrap",
            KafkaFixture.bootstrap(),
            "--app-id",
            KafkaFixture.uniqueName("clock"),
            "--topic",
            topic,
            "--state-dir",
            directory.resolve("state").toString(),
            "--instance-id",
            "0",
            "--port",
            "0",
            "--checkpoint-ms",
            "2000");
    try (CommandProcess process = CommandProcess.start(arguments, clock.environment());
        TimedPosts posts = TimedPosts.start(topic)) {
      int port = process.awaitPort();
      process.awaitUntil(() -> included(port) > 50);
      for (String ahead : aheads) {
        posts.awaitMore(100);
        clock.moveTo(Duration.parse(ahead).toMillis());
        goesOn(port, posts, ahead);
        isWellWithoutPosts(port, posts, quietMs);
        goesOn(port, posts, ahead);
      }
      exactly(port, posts);
      assertThat(process.output().lines().filter(line -> line.contains(STEPPED)))
          .as("each step is reported once")
          .hasSizeBetween(aheads.length, 2 * aheads.length);
    }
  }

  /** The next post is counted soon, and meanwhile no answer claims to be fresher than it is. */
  private void goesOn(int port, TimedPosts posts, String ahead) throws Exception {
    long next = posts.sent();
    long beganNanos = System.nanoTime();
    long countedMs = -1;
    long understatedMs = 0;
    for (long ms = 0; countedMs < 0 || ms < LOOK_MS; ms = sinceMs(beganNanos)) {
      assertThat(ms).as("clock at %s: milliseconds without a count", ahead).isLessThan(GOES_ON_MS);
      Seen seen = look(port, posts);
      understatedMs = Math.max(understatedMs, seen.understatedMs);
      if (countedMs < 0 && seen.included > next) {
        countedMs = sinceMs(beganNanos);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    System.out.printf(
        "WallClockIT: clock at %s: the next post was counted after %d ms, staleness understated by"
            + " at most %d ms%n",
        ahead, countedMs, understatedMs);
    assertThat(understatedMs).as("clock at %s", ahead).isLessThan(UNDERSTATED_MS);
  }

  /** Then nothing ends a poll early, and the place in the group depends on heartbeats. */
  private void isWellWithoutPosts(int port, TimedPosts posts, long quietMs) throws Exception {
    posts.quiet(quietMs);
    JsonNode health = json(port, "/api/health?verbose=true");
    for (JsonNode check : health.path("checks")) {
      // The step itself is said for some seconds more.
      assertThat(check.path("status").asText().equals("ok") || isStep(check))
          .as(health.toString())
          .isTrue();
    }
    assertThat(json(port, "/api/trending").path("staleness_ms").asLong(Long.MAX_VALUE))
        .as("of a state that has everything")
        .isLessThan(STALE_MS);
  }

  private static boolean isStep(JsonNode check) {
    return check.path("name").asText().startsWith("incident wall_clock_stepped");
  }

  private static long sinceMs(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  /**
   * @param included posts
   * @param understatedMs by how much the answer claims to be fresher than it is
   */
  private record Seen(long included, long understatedMs) {}

  private Seen look(int port, TimedPosts posts) throws Exception {
    long nowNanos = System.nanoTime();
    JsonNode answer = json(port, "/api/trending");
    long included = answer.path("as_of").path("0").asLong();
    long claimedMs = answer.path("staleness_ms").asLong(Long.MAX_VALUE);
    return new Seen(included, Math.max(0, posts.missingMs(included, nowNanos) - claimedMs));
  }

  private void exactly(int port, TimedPosts posts) throws Exception {
    long sent = posts.stop();
    await()
        .atMost(CommandProcess.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        json(port, "/api/trending/" + TimedPosts.TAG + "?windows=12")
                            .path("stats")
                            .path("total_count")
                            .asLong())
                    .isEqualTo(sent));
  }

  private long included(int port) throws Exception {
    return json(port, "/api/trending").path("as_of").path("0").asLong();
  }

  private JsonNode json(int port, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .build();
    return JSON.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
