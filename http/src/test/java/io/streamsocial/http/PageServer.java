package io.streamsocial.http;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The real server over an in-memory recount, on the clock of the wall as a browser is, and with the
 * hashtags of what is posted counted at once. It can be stopped and started on the same port.
 */
final class PageServer implements AutoCloseable {
  static final long WINDOW_MS = 300_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern HASHTAG = Pattern.compile("#(\\w+)");
  private static final Map<String, List<String>> TRENDS =
      Map.of(
          "US-East", List.of("breaking", "worldcup", "ai", "java", "coffee", "election", "nasa"),
          "EU-West", List.of("worldcup", "breaking", "climate", "music", "java", "berlin", "train"),
          "Asia-Pacific", List.of("kpop", "anime", "worldcup", "ai", "breaking", "ramen", "sakura"),
          "LatAm", List.of("futbol", "worldcup", "musica", "breaking", "carnaval", "ai", "tango"));

  final InMemoryTrends trends = new InMemoryTrends(WINDOW_MS);
  private HttpServer server;

  PageServer() {
    server = listen(0, SecuritySettings.OPEN);
  }

  private HttpServer listen(int port, SecuritySettings security) {
    ServerOptions options =
        new ServerOptions(
            "127.0.0.1",
            port,
            "0",
            Duration.ofMillis(WINDOW_MS),
            Duration.ofHours(2),
            Duration.ofMinutes(5),
            10_000,
            HttpLimits.defaults(),
            TestServer.peers(PeerOptions.TIMEOUT_MS),
            security);
    try {
      return HttpServer.start(
          options, trends, this::status, new Counting(), InstantSource.system());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asked for at least once a second, which keeps the answers fresh. */
  private EngineStatus status() {
    long now = System.currentTimeMillis();
    trends.freshMs = now - 40;
    EngineStatus two = Statuses.of(EngineState.RUNNING, now - 60_000, now - 20);
    List<EngineStatus.Partition> partitions = new ArrayList<>();
    for (int p = 0; p < InMemoryTrends.PARTITIONS; p++) {
      if (!trends.missing.contains(p)) {
        partitions.add(
            new EngineStatus.Partition(
                p, Role.ACTIVE, false, 10, 1, 20, 6, 0, now, now, 8, 100, 4_096, 0));
      }
    }
    return new EngineStatus(
        two.appId(),
        two.instanceId(),
        two.state(),
        two.failure(),
        two.startedAtMs(),
        two.postsPartitions(),
        InMemoryTrends.PARTITIONS,
        two.process(),
        two.routing(),
        two.loops(),
        partitions);
  }

  /** Counts the hashtags of posts. */
  private final class Counting implements PostSink {
    @Override
    public CompletionStage<List<Written>> write(List<Post> posts) {
      List<Written> acks = new ArrayList<>();
      for (Post post : posts) {
        JsonNode json = TestServer.parse(new String(post.json(), StandardCharsets.UTF_8));
        String region = json.path("region").asText("unknown");
        HASHTAG
            .matcher(json.path("text").asText())
            .results()
            .map(MatchResult::group)
            .forEach(tag -> trends.add(tag.substring(1), region, System.currentTimeMillis(), 1));
        acks.add(new Written(0, acks.size()));
      }
      return CompletableFuture.completedFuture(acks);
    }

    @Override
    public void close() {}
  }

  /** Mentions of the last two hours in four regions, the same in every run. */
  void seed() {
    long now = System.currentTimeMillis();
    TRENDS.forEach(
        (region, tags) -> {
          for (int rank = 0; rank < tags.size(); rank++) {
            for (int back = 0; back < 24; back++) {
              double season = 1 + 0.6 * Math.sin((back + 3.0 * rank) / 2.3);
              long mentions = Math.round(season * 900 / (rank + 1.5) / (back == 0 ? 2 : 1));
              trends.add(tags.get(rank), region, now - back * WINDOW_MS, mentions);
            }
          }
        });
    trends.add("quake", "Asia-Pacific", now, 730);
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.port() + path;
  }

  int port() {
    return server.port();
  }

  /** Returns when the port is free again. */
  void stop() {
    server.drain(PATIENCE);
    server.close();
  }

  /** Under the same address, with other rules. */
  void startAgain(SecuritySettings security) {
    int port = server.port();
    // Meanwhile it may be the near end of somebody's connection, for a moment.
    server =
        await()
            .atMost(PATIENCE)
            .ignoreException(UncheckedIOException.class)
            .until(() -> listen(port, security), listening -> true);
  }

  void startAgain() {
    startAgain(SecuritySettings.OPEN);
  }

  @Override
  public void close() {
    server.close();
  }
}
