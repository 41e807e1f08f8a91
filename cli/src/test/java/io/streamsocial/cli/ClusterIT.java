package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances share the work, answer for each other, and never stop answering. */
final class ClusterIT {
  private static final int PARTITIONS = 4;
  private static final Duration SHORT = Duration.ofSeconds(6);
  private static final Duration PATIENCE = CommandProcess.PATIENCE;
  // Enough to be counted in each step; how much an instance bears is asked elsewhere.
  private static final int POSTS_A_SECOND = 1_000;
  private static final int STORM_POSTS_A_SECOND = 5_000;
  private static final int WRITES = Integer.getInteger("writes", 50);

  @TempDir Path stateDir;

  private @Nullable ProcessCluster started;

  @AfterEach
  void end() {
    if (started != null) {
      started.close();
    }
  }

  private ProcessCluster cluster(Duration session) {
    ProcessCluster cluster = new ProcessCluster(stateDir, PARTITIONS, session);
    started = cluster;
    return cluster;
  }

  @Test
  void fromOneToThreeAndBackToOneWithoutAFailedQuery() throws Exception {
    ProcessCluster cluster = cluster(SHORT);
    cluster.start(0);
    cluster.awaitReady(0);
    cluster.awaitBalance(PARTITIONS, 0);
    try (PostStream posts = PostStream.start(cluster.topic, PARTITIONS, POSTS_A_SECOND);
        QueryLoad load = QueryLoad.start(cluster, posts, 0)) {
      cluster.start(1);
      cluster.awaitReady(1);
      load.ask(0, 1);
      cluster.awaitBalance(PARTITIONS, 0, 1);
      cluster.start(2);
      cluster.awaitReady(2);
      load.ask(0, 1, 2);
      cluster.awaitBalance(PARTITIONS, 0, 1, 2);
      load.ask(0, 1);
      cluster.terminate(2);
      cluster.awaitBalance(PARTITIONS, 0, 1);
      load.ask(0);
      cluster.terminate(1);
      cluster.awaitBalance(PARTITIONS, 0);
      Map<String, Long> truth = posts.stop();
      awaitExact(cluster, truth, 0);
      System.out.println("ClusterIT 1-2-3-1: " + load.summary());
      assertThat(load.lies()).isEmpty();
      assertThat(load.failures()).isEmpty();
      assertThat(load.answers()).isPositive();
    }
  }

  @Test
  void oneOfThreeIsKilledAndOneHangsPastItsSession() throws Exception {
    Duration session = Duration.ofSeconds(10);
    // Sooner than the group can give up a silent member, so the standbys must have answered, even
    // on a slow machine.
    long beforeTakeoverMs = session.minusSeconds(1).toMillis();
    ProcessCluster cluster = cluster(session);
    startThree(cluster);
    try (PostStream posts = PostStream.start(cluster.topic, PARTITIONS, POSTS_A_SECOND);
        QueryLoad load = QueryLoad.start(cluster, posts, 0, 1)) {
      await().atMost(PATIENCE).until(() -> load.answers() > 50);
      long unused = load.takeLongestGapMs();
      cluster.kill(2);
      long before = load.byStandbys();
      await().atMost(PATIENCE).until(() -> load.byStandbys() > before);
      cluster.awaitBalance(PARTITIONS, 0, 1);
      long gapMs = load.takeLongestGapMs();
      System.out.printf(
          "ClusterIT kill -9: longest time without a complete answer %d ms; %s%n",
          gapMs, load.summary());
      assertThat(gapMs).isLessThan(Boolean.getBoolean("tests.quiet") ? 1_000 : beforeTakeoverMs);
      cluster.start(2);
      cluster.awaitReady(2);
      cluster.awaitBalance(PARTITIONS, 0, 1, 2);

      load.ask(0, 2);
      unused = load.takeLongestGapMs();
      cluster.signal(1, "STOP");
      cluster.awaitBalance(PARTITIONS, 0, 2);
      gapMs = load.takeLongestGapMs();
      System.out.printf(
          "ClusterIT SIGSTOP: longest time without a complete answer %d ms; %s%n",
          gapMs, load.summary());
      assertThat(gapMs).isLessThan(beforeTakeoverMs);
      cluster.signal(1, "CONT");
      cluster.awaitBalance(PARTITIONS, 0, 1, 2);
      Map<String, Long> truth = posts.stop();
      awaitExact(cluster, truth, 0, 1, 2);
      assertThat(load.lies()).isEmpty();
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void aRollingRestartMovesNothingAndEveryoneSaysTheSame() throws Exception {
    // Longer than a restart takes on a busy machine.
    ProcessCluster cluster = cluster(Duration.ofMinutes(4));
    startThree(cluster);
    try (PostStream posts = PostStream.start(cluster.topic, PARTITIONS, POSTS_A_SECOND);
        QueryLoad load = QueryLoad.start(cluster, posts, 0, 1, 2)) {
      await().atMost(PATIENCE).until(() -> load.answers() > 50);
      int epoch = cluster.json(0, "/api/metadata").path("epoch").asInt();
      for (int id = 0; id < 3; id++) {
        int other = (id + 1) % 3;
        int third = (id + 2) % 3;
        load.ask(other, third);
        cluster.awaitCheckpoints(id); // or there is nothing yet to begin with
        CommandProcess before = cluster.process(id);
        cluster.terminate(id);
        cluster.start(id);
        cluster.awaitReady(id);
        cluster.awaitBalance(PARTITIONS, 0, 1, 2);
        load.ask(0, 1, 2);
        assertThat(cluster.json(id, "/api/metadata").path("epoch").asInt())
            .as("the generation after the restart of " + id)
            .isEqualTo(epoch);
        if (!before.output().contains("a loop did not end within")) {
          assertThat(cluster.process(id).output()).doesNotContain("from offset 0:");
        }
      }
      Map<String, Long> truth = posts.stop();
      awaitExact(cluster, truth, 0, 1, 2);
      System.out.println("ClusterIT rolling restart: " + load.summary());
      assertThat(load.lies()).isEmpty();
      assertThat(load.failures()).isEmpty();
    }
    everyoneSaysTheSame(cluster);
    everyoneReadsWhatWasWrittenElsewhere(cluster);
  }

  /** Kills, stops and hangs in random order, never two at a time: one standby covers one. */
  @Test
  @Tag("long")
  void twoMinutesOfKillsStopsAndHangsLeaveEveryCountExact() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("ClusterIT: repeat with -Dseed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ProcessCluster cluster = cluster(SHORT);
    startThree(cluster);
    try (PostStream posts = PostStream.start(cluster.topic, PARTITIONS, STORM_POSTS_A_SECOND);
        QueryLoad load = QueryLoad.start(cluster, posts, 0, 1, 2)) {
      long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
      int rounds = 0;
      while (System.nanoTime() < end) {
        int victim = random.nextInt(3);
        Integer[] others = {(victim + 1) % 3, (victim + 2) % 3};
        load.ask(others);
        switch (random.nextInt(3)) {
          case 0 -> cluster.kill(victim);
          case 1 -> cluster.terminate(victim);
          default -> cluster.signal(victim, "STOP");
        }
        if (random.nextBoolean()) {
          cluster.awaitBalance(PARTITIONS, others);
        }
        cluster.comeBack(victim);
        cluster.awaitReady(victim);
        cluster.awaitBalance(PARTITIONS, 0, 1, 2);
        load.ask(0, 1, 2);
        rounds++;
      }
      Map<String, Long> truth = posts.stop();
      awaitExact(cluster, truth, 0, 1, 2);
      System.out.printf("ClusterIT storm: %d rounds; %s%n", rounds, load.summary());
      assertThat(load.lies()).isEmpty();
      assertThat(load.failures()).isEmpty();
    }
  }

  private static void startThree(ProcessCluster cluster) throws Exception {
    for (int id = 0; id < 3; id++) {
      cluster.start(id);
    }
    for (int id = 0; id < 3; id++) {
      cluster.awaitReady(id);
    }
    cluster.awaitBalance(PARTITIONS, 0, 1, 2);
  }

  /** What these instances say of every tag is what was posted. */
  private static void awaitExact(ProcessCluster cluster, Map<String, Long> truth, Integer... ids) {
    long posts = truth.getOrDefault(PostStream.EVERY, 0L);
    for (int id : ids) {
      // All partitions, not only the one of that tag.
      await().atMost(PATIENCE).until(() -> included(cluster, id) == posts);
    }
    truth.forEach(
        (tag, count) -> {
          int id = ids[tag.hashCode() & (ids.length - 1)];
          // Where an owner is slow its standby answers, which may be a little behind.
          if (told(cluster, id, tag) != count) {
            await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(told(cluster, id, tag)).as(tag).isEqualTo(count));
          }
        });
  }

  /** How many posts a complete answer includes; -1 when it is not complete. */
  private static long included(ProcessCluster cluster, int id) {
    JsonNode answer = answer(cluster, id, "/api/trending?limit=1&windows=6");
    long posts = 0;
    for (JsonNode offset : answer.path("as_of")) {
      posts += offset.asLong();
    }
    return answer.path("partial").asBoolean(true) ? -1 : posts;
  }

  /** The total count of a tag that an instance answers; -1 without an answer. */
  private static long told(ProcessCluster cluster, int id, String tag) {
    return answer(cluster, id, "/api/trending/" + tag + "?windows=6")
        .path("stats")
        .path("total_count")
        .asLong(-1);
  }

  /** A missing node when no instance can answer now. */
  private static JsonNode answer(ProcessCluster cluster, int id, String path) {
    try {
      HttpResponse<String> response = cluster.get(id, path);
      assertThat(response.statusCode()).as(response.body()).isIn(200, 503);
      return response.statusCode() == 200
          ? TestServer.parse(response.body())
          : MissingNode.getInstance();
    } catch (IOException e) {
      throw new AssertionError("asking " + id + " for " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("asking " + id + " for " + path, e);
    }
  }

  /** With the same input, every instance gives the same rows for the same query. */
  private static void everyoneSaysTheSame(ProcessCluster cluster) throws Exception {
    String path = "/api/trending?limit=20&windows=6";
    Hops before = Hops.of(cluster);
    AtomicInteger rankings = new AtomicInteger();
    // Where an owner is slow its standby answers, which may be a little behind.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              List<JsonNode> answers = new ArrayList<>();
              for (int id = 0; id < 3; id++) {
                rankings.incrementAndGet();
                answers.add(cluster.json(id, path));
              }
              for (JsonNode answer : answers) {
                assertThat(answer.path("partial").asBoolean(true)).isFalse();
                assertThat(answer.path("as_of")).isEqualTo(answers.get(0).path("as_of"));
                assertThat(answer.path("trending")).isEqualTo(answers.get(0).path("trending"));
                assertThat(answer.path("trending")).hasSize(20);
              }
            });
    Hops ranked = Hops.of(cluster).since(before);
    System.out.printf(
        "ClusterIT: %d rankings took %.0f requests and %.0f rows, %.0f of them to rivals%n",
        rankings.get(), ranked.requests, ranked.rows, ranked.rivals);
    assertThat(ranked.rows)
        .as("at most limit rows an owner")
        .isLessThanOrEqualTo(20 * (2 * rankings.get() + ranked.rivals));
    before = Hops.of(cluster);
    for (int i = 0; i < 30; i++) {
      long unused = told(cluster, i % 3, "t" + i);
    }
    Hops keys = Hops.of(cluster).since(before);
    assertThat(keys.requests)
        .as("a key takes one hop at most")
        .isLessThanOrEqualTo(30 + keys.rivals);
  }

  /**
   * What instances asked of each other.
   *
   * @param rivals those of the requests that went to a second holder, since the first one was slow
   *     or gave no answer
   */
  private record Hops(double requests, double rows, double rivals) {
    static Hops of(ProcessCluster cluster) throws Exception {
      return new Hops(
          metric(cluster, "streamsocial_peer_requests_total"),
          metric(cluster, "streamsocial_peer_rows_total"),
          metric(cluster, "streamsocial_peer_hedges_total")
              + metric(cluster, "streamsocial_peer_retries_total"));
    }

    Hops since(Hops before) {
      return new Hops(requests - before.requests, rows - before.rows, rivals - before.rivals);
    }
  }

  private static double metric(ProcessCluster cluster, String name) throws Exception {
    double sum = 0;
    for (int id = 0; id < 3; id++) {
      sum += cluster.metric(id, name);
    }
    return sum;
  }

  private static void everyoneReadsWhatWasWrittenElsewhere(ProcessCluster cluster)
      throws Exception {
    List<Long> waitsMs = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      JsonNode posted = cluster.post(i % 3, "{\"text\":\"#mine" + i + "\"}");
      long start = System.nanoTime();
      JsonNode answer =
          readWith(
              cluster,
              (i + 1) % 3,
              "/api/trending/mine%d?wait_ms=10000&after=%s"
                  .formatted(i, posted.path("token").asText()));
      waitsMs.add((System.nanoTime() - start) / 1_000_000);
      assertThat(answer.path("stats").path("total_count").asLong()).as("write " + i).isEqualTo(1);
    }
    Collections.sort(waitsMs);
    System.out.printf(
        "ClusterIT read your writes: %d, waited median %d ms, p99 %d ms%n",
        WRITES, waitsMs.get(WRITES / 2), waitsMs.get(WRITES * 99 / 100));
  }

  /** Whoever is behind says so instead of an answer, and is asked again. */
  private static JsonNode readWith(ProcessCluster cluster, int id, String path) {
    JsonNode answer = answer(cluster, id, path);
    return answer.isMissingNode()
        ? await()
            .atMost(PATIENCE)
            .until(() -> answer(cluster, id, path), later -> !later.isMissingNode())
        : answer;
  }
}
