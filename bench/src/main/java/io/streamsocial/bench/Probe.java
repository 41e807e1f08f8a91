package io.streamsocial.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends single requests to an instance to learn its progress. Not for load. Not thread-safe. */
final class Probe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern WAITING =
      Pattern.compile("^streamsocial_overlay_entries(?:\\{[^}]*})? (\\S+)$", Pattern.MULTILINE);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
  private final int port;

  Probe(int port) {
    this.port = port;
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(TIMEOUT)
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
  }

  /** Posts offsets that the answers include: the next one, by posts partition. */
  SortedMap<Integer, Long> asOf() throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = get("/api/trending?limit=1");
    return answer.statusCode() == 200 ? asOf(JSON.readTree(answer.body())) : new TreeMap<>();
  }

  /** The same, of one answer. */
  static SortedMap<Integer, Long> asOf(JsonNode answer) {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    for (Map.Entry<String, JsonNode> each : answer.path("as_of").properties()) {
      offsets.put(Integer.valueOf(each.getKey()), each.getValue().asLong());
    }
    return offsets;
  }

  /** How many of the posts before the ends are not in the answers yet. */
  static long behind(SortedMap<Integer, Long> asOf, SortedMap<Integer, Long> ends) {
    return ends.entrySet().stream()
        .mapToLong(end -> Math.max(0, end.getValue() - asOf.getOrDefault(end.getKey(), 0L)))
        .sum();
  }

  /** Waits until all posts before the ends are in the answers. */
  void awaitDrained(SortedMap<Integer, Long> ends, Duration timeout)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (SortedMap<Integer, Long> asOf = asOf(); behind(asOf, ends) > 0; asOf = asOf()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the instance is at %s, not at %s, after %s".formatted(asOf, ends, timeout));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** Waits until a checkpoint has written every change, so that the instance is really idle. */
  void awaitCheckpoint(Duration timeout) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < deadline) {
      String metrics = new String(get("/metrics").body(), StandardCharsets.UTF_8);
      Matcher matcher = WAITING.matcher(metrics);
      if (matcher.find() && Double.parseDouble(matcher.group(1)) == 0) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    throw new IllegalStateException("changed keys still wait for a checkpoint after " + timeout);
  }
}
