package io.streamsocial.bench;

import io.streamsocial.bench.contender.Job;
import io.streamsocial.bench.machine.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What does a post cost in our engine, in Kafka Streams, and in the least that any solution must
 * do? Run {@code bench/run compare}.
 *
 * <p>Each contender drains the same backlog in its own process, pinned to one core while the broker
 * has the other, in turn, several rounds. Fast contenders get more posts, so that each runs long
 * enough to be warm; the figure is of the second half of the run. Every result is checked against
 * the generator's own count.
 */
@Command(
    name = "compare",
    description = "CPU a post: ours, Kafka Streams, and the floors.",
    mixinStandardHelpOptions = true)
final class Compare implements Callable<Integer> {
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

  @Mixin
  RunOptions options =
      new RunOptions(
          "ours-eos",
          "streams-eos",
          "floor-fold",
          "ours-alo",
          "streams-eos-norepartition",
          "floor-parse",
          "floor-poll",
          "ours-eos-dedupe");

  /** A topic of posts, and the digest of their counts. */
  private record Backlog(String topic, long posts, String truth) {}

  @Override
  public Integer call() throws Exception {
    if (fastPosts == 0) {
      fastPosts = 6 * posts;
    }
    try (ContenderRig rig = new ContenderRig()) {
      rig.pinBroker();
      Backlog slow = load(rig, "posts-slow", posts);
      Backlog fast = load(rig, "posts-fast", fastPosts);
      Medians results = new Medians();
      for (int round = 1; round <= options.rounds; round++) {
        for (String name : options.only) {
          Backlog backlog = name.startsWith("streams") ? slow : fast;
          Map<String, Object> result =
              contend(rig, name, backlog, rig.directory(name + "-" + round));
          boolean counts = !name.equals("floor-poll") && !name.equals("floor-parse");
          // A floor that does not count cannot be exact.
          result.put("exact", counts && backlog.truth.equals(result.get("digest")));
          System.out.printf("round %d %s%n", round, result);
          results.add(name, result);
        }
      }
      report(results);
    }
    return 0;
  }

  /** Fills one topic. */
  private Backlog load(ContenderRig rig, String topic, long count) {
    return new Backlog(topic, count, rig.load(topic, options.seed, tags, count));
  }

  private Map<String, Object> contend(ContenderRig rig, String name, Backlog backlog, Path stateDir)
      throws IOException, InterruptedException {
    try {
      return ContenderProcess.run(
          List.of("contend"),
          name,
          new Job(rig.bootstrap(), backlog.topic, backlog.posts, stateDir, 1),
          options.javaWords(),
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
    options.write(facts(), results, FIGURES);
  }

  /** What the result file holds. */
  Map<String, Object> result(Medians results) {
    return options.result(facts(), results, FIGURES);
  }

  private Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>(Machine.describe());
    facts.put("posts", posts);
    facts.put("fast_posts", fastPosts);
    facts.put("tags", tags);
    return facts;
  }
}
