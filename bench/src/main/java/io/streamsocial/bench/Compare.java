package io.streamsocial.bench;

import io.streamsocial.bench.contender.Job;
import io.streamsocial.bench.machine.Machine;
import io.streamsocial.bench.posts.JobView;
import io.streamsocial.bench.posts.Truth;
import io.streamsocial.bench.posts.Users;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What does a post cost in our engine, in Kafka Streams, and in the least that any solution must
 * do? Run {@code bench/run compare}.
 *
 * <p>Two floors: {@code floor-fold} is what a good engineer writes in an afternoon, {@code
 * floor-best} the fastest parser and table that we know. Neither keeps or sends anything.
 *
 * <p>The job is the application's {@code --view}: trending, or another one, or for ours several in
 * one engine. Named several times, each contender runs with each in turn. Kafka Streams keeps the
 * same rows, but for those of a hashtag in all regions, which it does not keep for trending.
 *
 * <p>Each contender drains the same backlog in its own process, pinned to one core while the broker
 * has the other, in turn, several rounds. Fast contenders get more posts of trending, so that each
 * runs long enough to be warm; of users all get the same, because a post costs less the more posts
 * a user has. The figure is of the second half of the run. Every result is checked against the
 * generator's own count.
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

  @Option(
      names = "--fast-posts",
      description =
          "for the fast ones; 0: 6 x --posts, or --posts where --view is not trending alone")
  long fastPosts;

  @Option(names = "--tags", description = "distinct hashtags (${DEFAULT-VALUE})")
  int tags = 200_000;

  @Option(
      names = "--users",
      description =
          "distinct users, by a power law (200000; with trending alone a million, each as active)")
  @Nullable Integer users;

  @Option(
      names = "--view",
      converter = ViewSet.Converter.class,
      description =
          "what contenders keep: trending, users, sessions, bursts; with commas: together, which ours can; again: in turn (${DEFAULT-VALUE})")
  List<ViewSet> views = List.of(ViewSet.TRENDING);

  @Option(
      names = "--jdk",
      split = ",",
      converter = Jdk.Converter.class,
      description =
          "home of the JDK that contenders run on; several: each with each in turn (that of this process)")
  List<Jdk> jdks = List.of(Jdk.ofThisProcess());

  @Mixin
  RunOptions options =
      new RunOptions(
          "ours-eos",
          "streams-eos",
          "streams-eos-tx",
          "floor-fold",
          "floor-best",
          "ours-alo",
          "streams-eos-norepartition",
          "floor-parse",
          "floor-poll",
          "ours-eos-dedupe");

  private static final int USERS = 200_000;

  /** A topic of posts, and what is to come of them. */
  private record Backlog(String topic, long posts, Truth truth) {}

  /** A contender with its job. */
  record Run(String contender, ViewSet views, Jdk jdk) {}

  @Override
  public Integer call() throws Exception {
    if (fastPosts == 0) {
      fastPosts = isTrendingAlone() ? 6 * posts : posts;
    }
    try (ContenderRig rig = new ContenderRig()) {
      rig.pinBroker();
      Map<Long, Backlog> backlogs = new HashMap<>();
      for (Run run : runs()) {
        backlogs.computeIfAbsent(posts(run), count -> load(rig, count));
      }
      Medians results = new Medians();
      int next = 1;
      for (int round = 1; round <= options.rounds; round++) {
        for (Run run : runs()) {
          Backlog backlog = Objects.requireNonNull(backlogs.get(posts(run)));
          String name = name(run);
          Map<String, Object> result =
              contend(rig, run, backlog, rig.directory(run.contender + "-" + next++));
          boolean counts =
              !run.contender.equals("floor-poll") && !run.contender.equals("floor-parse");
          // A floor that does not count cannot be exact.
          String truth = backlog.truth.of(run.views.views()).toString();
          result.put("exact", counts && truth.equals(result.get("digest")));
          System.out.printf("round %d %s %s%n", round, name, result);
          results.add(name, result);
        }
      }
      report(results);
    }
    return 0;
  }

  /** Says what tells it from the other runs. */
  private String name(Run run) {
    StringBuilder name = new StringBuilder(run.contender);
    if (views.size() > 1) {
      name.append(' ').append(run.views);
    }
    if (jdks.size() > 1) {
      name.append(" JDK ").append(run.jdk.feature());
    }
    return name.toString();
  }

  /** All that contenders can do, in turn. */
  List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (ViewSet set : views) {
      for (String name : options.only) {
        if (canKeep(name, set)) {
          jdks.forEach(jdk -> runs.add(new Run(name, set, jdk)));
        }
      }
    }
    return runs;
  }

  /** Kafka Streams with a repartition keeps any one view; floors count hashtags alone. */
  private static boolean canKeep(String name, ViewSet set) {
    return set.isTrending()
        || name.startsWith("ours")
        || (name.matches("streams-eos(-tx)?") && set.views().size() == 1);
  }

  /** How many it gets. */
  private long posts(Run run) {
    return run.contender.startsWith("streams") ? posts : fastPosts;
  }

  /** Fills one topic. */
  private Backlog load(ContenderRig rig, long count) {
    String topic = "posts-" + count;
    Set<JobView> all = EnumSet.noneOf(JobView.class);
    views.forEach(set -> all.addAll(set.views()));
    return new Backlog(topic, count, rig.load(topic, options.seed, tags, count, writers(), all));
  }

  private Users writers() {
    Integer count = users;
    if (count == null) {
      return isTrendingAlone() ? Users.EVEN : Users.resident(USERS);
    }
    return Users.resident(count);
  }

  private boolean isTrendingAlone() {
    return views.equals(List.of(ViewSet.TRENDING));
  }

  private Map<String, Object> contend(ContenderRig rig, Run run, Backlog backlog, Path stateDir)
      throws IOException, InterruptedException {
    double load = Machine.load();
    try {
      Map<String, Object> result =
          ContenderProcess.run(
              run.jdk.home(),
              List.of("contend"),
              run.contender,
              new Job(
                  rig.bootstrap(), backlog.topic, backlog.posts, stateDir, 1, run.views.views()),
              options.javaWords(),
              true);
      result.put("load_before", load);
      return result;
    } finally {
      Machine.deleteTree(stateDir);
    }
  }

  private void report(Medians results) throws IOException {
    System.out.printf(
        "%n%-44s %12s %10s %10s %6s %8s %10s %10s%n",
        "contender", "posts/s", "CPU s/M", "whole run", "exact", "RSS MB", "shuffle", "changelog");
    for (Map<String, Object> median : results.rows(FIGURES)) {
      System.out.printf(
          "%-44s %,12.0f %10.2f %10.2f %6s %8.0f %10.1f %10.1f%n",
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
    facts.put("users", writers().count());
    facts.put("jdks", jdks.stream().map(Jdk::version).toList());
    facts.put("views", views.stream().map(ViewSet::toString).toList());
    return facts;
  }
}
