package io.streamsocial.bench;

import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What does a post cost, ours beside Kafka Streams and beside the least that any solution must do?
 * Run {@code bench/run compare}.
 *
 * <p>Each contender drains the same backlog in its own process, pinned to one core while the broker
 * has the other, in turn, several rounds. Those that are fast get more posts, so that each runs
 * long enough to be warm; the figure is of the second half of the run. Every result is checked
 * against the generator's own count.
 */
@Command(
    name = "compare",
    description = "CPU a post: ours, Kafka Streams, and the floors.",
    mixinStandardHelpOptions = true)
final class Compare implements Callable<Integer> {
  private static final long SPAN_MS = Duration.ofMinutes(20).toMillis();

  private static final List<String> FIGURES =
      List.of(
          "posts_per_s",
          "cpu_s_per_million",
          "cpu_s_per_million_whole_run",
          "rss_peak_mb",
          "shuffle_mb",
          "changelog_mb");

  @Option(names = "--posts", description = "posts for the slow contenders (${DEFAULT-VALUE})")
  long posts = 2_000_000;

  @Option(names = "--fast-posts", description = "posts for the fast ones; 0: 6 x --posts")
  long fastPosts;

  @Option(names = "--tags", description = "distinct hashtags (${DEFAULT-VALUE})")
  int tags = 200_000;

  @Mixin RunOptions options = new RunOptions();

  @Option(names = "--only", split = ",", description = "contenders, in this order")
  List<String> only =
      List.of(
          "ours-eos",
          "streams-eos",
          "floor-fold",
          "ours-alo",
          "streams-eos-norepartition",
          "floor-parse",
          "floor-poll");

  @Override
  public Integer call() throws Exception {
    if (fastPosts == 0) {
      fastPosts = 6 * posts;
    }
    Path work = Files.createTempDirectory("streamsocial-compare");
    try (LocalBroker broker =
        LocalBroker.start(
            BrokerConfig.defaults().heap("2g").optimizing().dataDir(work.resolve("kafka")))) {
      Machine.pin(broker.pid(1), 1);
      String slow = load(broker.bootstrap(), "posts-slow", posts);
      String fast = load(broker.bootstrap(), "posts-fast", fastPosts);
      Medians results = new Medians();
      for (int round = 1; round <= options.rounds; round++) {
        for (String name : only) {
          boolean isSlow = name.startsWith("streams");
          Map<String, Object> result =
              contend(
                  broker.bootstrap(),
                  name,
                  isSlow ? "posts-slow" : "posts-fast",
                  isSlow ? posts : fastPosts,
                  work.resolve(name + "-" + round));
          String truth = isSlow ? slow : fast;
          boolean counts = !name.equals("floor-poll") && !name.equals("floor-parse");
          // A floor that does not count cannot be exact.
          result.put("exact", counts && truth.equals(result.get("digest")));
          System.out.printf("round %d %s%n", round, result);
          results.add(name, result);
        }
      }
      report(results);
    } finally {
      Machine.deleteTree(work);
    }
    return 0;
  }

  private String load(String bootstrap, String topic, long count) {
    long beginMs = System.currentTimeMillis() - SPAN_MS;
    return PostTopic.load(
            bootstrap,
            topic,
            new PostSource.Parameters(options.seed, tags, beginMs, SPAN_MS, count))
        .toString();
  }

  private Map<String, Object> contend(
      String bootstrap, String name, String topic, long count, Path stateDir)
      throws IOException, InterruptedException {
    try {
      return ContenderProcess.run(
          List.of("contend"),
          name,
          new Job(bootstrap, topic, count, stateDir, 1),
          Query.words(options.javaOptions),
          true);
    } finally {
      Machine.deleteTree(stateDir);
    }
  }

  private void report(Medians results) throws IOException {
    System.out.printf(
        "%n%-28s %12s %10s %10s %6s %8s %10s %10s%n",
        "contender", "posts/s", "CPU s/M", "whole run", "exact", "RSS MB", "shuffle", "changelog");
    for (Map<String, Object> median : results.rows(FIGURES)) {
      System.out.printf(
          "%-28s %,12.0f %10.2f %10.2f %6s %8.0f %10.1f %10.1f%n",
          median.get("name"),
          Medians.number(median, "posts_per_s"),
          Medians.number(median, "cpu_s_per_million"),
          Medians.number(median, "cpu_s_per_million_whole_run"),
          median.get("exact"),
          Medians.number(median, "rss_peak_mb"),
          Medians.number(median, "shuffle_mb"),
          Medians.number(median, "changelog_mb"));
    }
    if (options.json != null) {
      ResultFile.write(options.json, result(results));
    }
  }

  /** What the result file holds. */
  Map<String, Object> result(Medians results) {
    Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
    all.put("posts", posts);
    all.put("fast_posts", fastPosts);
    all.put("tags", tags);
    all.put("rounds", options.rounds);
    all.put("java_options", options.javaOptions);
    all.put("contenders", results.rows(FIGURES));
    all.put("runs", results.runs());
    return all;
  }
}
