package io.streamsocial.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Asks the instances in turn, all the time, and checks each answer against itself and the posts: it
 * says that it is partial, or it counts every post that it claims to include and none that was not
 * sent.
 */
final class QueryLoad implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PAUSE_NANOS = 5_000_000;

  private final ProcessCluster cluster;
  private final PostStream posts;
  private final Thread thread = new Thread(this::run, "query-load");
  // Held during a query, so that an instance gets no more queries once ask() has left it out.
  private final ReentrantLock turn = new ReentrantLock(true);
  private List<Integer> asked = List.of();
  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private final List<String> lies = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean stopping;
  private final AtomicLong answers = new AtomicLong();
  private final AtomicLong partials = new AtomicLong();
  private final AtomicLong byStandbys = new AtomicLong();
  private volatile long lastCompleteNanos = System.nanoTime();
  private final AtomicLong longestGapNanos = new AtomicLong();

  private QueryLoad(ProcessCluster cluster, PostStream posts) {
    this.cluster = cluster;
    this.posts = posts;
  }

  static QueryLoad start(ProcessCluster cluster, PostStream posts, Integer... ids) {
    QueryLoad load = new QueryLoad(cluster, posts);
    load.ask(ids);
    load.thread.start();
    return load;
  }

  /**
   * Which instances to ask from now on, as a load balancer would know. When this returns, what the
   * others were asked is answered.
   */
  void ask(Integer... ids) {
    turn.lock();
    try {
      asked = List.of(ids);
    } finally {
      turn.unlock();
    }
  }

  List<String> failures() {
    return failures;
  }

  /** Answers that were wrong and did not say so. */
  List<String> lies() {
    return lies;
  }

  long answers() {
    return answers.get();
  }

  long partials() {
    return partials.get();
  }

  long byStandbys() {
    return byStandbys.get();
  }

  /** The longest time without a complete answer since the last call, one that lasts included. */
  long takeLongestGapMs() {
    long lasting = System.nanoTime() - lastCompleteNanos;
    return Math.max(lasting, longestGapNanos.getAndSet(0)) / 1_000_000;
  }

  String summary() {
    return "%d answers, %d of them partial, %d with standbys, %d failed"
        .formatted(answers.get(), partials.get(), byStandbys.get(), failures.size());
  }

  private void run() {
    for (int i = 0; !stopping; i++) {
      turn.lock();
      try {
        ask(asked.get(i % asked.size()), i);
      } finally {
        turn.unlock();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void ask(int id, int turn) {
    String path =
        turn % 2 == 0
            ? "/api/trending?windows=6&limit=3"
            : "/api/trending/" + PostStream.EVERY + "?windows=6";
    try {
      HttpResponse<String> response = cluster.get(id, path);
      if (response.statusCode() != 200) {
        failures.add(id + path + ": " + response.statusCode() + " " + response.body());
        return;
      }
      check(JSON.readTree(response.body()), id + path);
    } catch (IOException e) {
      failures.add(id + path + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopping = true;
    }
  }

  private void check(JsonNode answer, String where) {
    answers.incrementAndGet();
    byStandbys.addAndGet(answer.path("partitions").path("standby").isEmpty() ? 0 : 1);
    if (answer.path("partial").asBoolean()) {
      partials.incrementAndGet();
      return;
    }
    long claimed = 0;
    for (JsonNode offset : answer.path("as_of")) {
      claimed += offset.asLong();
    }
    long told =
        answer.has("stats")
            ? answer.path("stats").path("total_count").asLong()
            : answer.path("trending").path(0).path("count").asLong();
    if (told < claimed || told > posts.sent()) {
      lies.add(
          "%s counts %d posts, claims %d, sent were %d: %s"
              .formatted(where, told, claimed, posts.sent(), answer));
    }
    long now = System.nanoTime();
    longestGapNanos.accumulateAndGet(now - lastCompleteNanos, Math::max);
    lastCompleteNanos = now;
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
