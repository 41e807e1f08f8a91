package io.streamsocial.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.streamsocial.broker.LocalBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How long is a node without its state, ours beside Kafka Streams, when its disk is lost? Run
 * {@code bench/run restore}.
 *
 * <p>Each contender counts the same posts once and ends in order, so that all its state is in its
 * changelog. Then, in turn and several rounds, it starts on an empty disk in its own process,
 * pinned to one core while the broker has the other. The time goes from its start, joining an empty
 * group included and that of the JVM not, until it says that it runs and every partition is
 * restored; ours is late by up to 100 ms, as its status is. The rebuilt state is then read from
 * disk and checked against the generator's own count.
 *
 * <p>Both hold the same (window, region, tag) rows, so seconds compare the same job; ours holds a
 * row for all regions of each tag besides, which keys/s takes into account. Changelogs are as the
 * run has left them: no compaction has removed superseded records yet.
 */
@Command(
    name = "restore",
    description = "Time to rebuild the state from the changelog: ours and Kafka Streams.",
    mixinStandardHelpOptions = true)
final class Restore implements Callable<Integer> {
  private static final long SPAN_MS = Duration.ofMinutes(20).toMillis();
  private static final List<String> FIGURES =
      List.of(
          "seconds",
          "cpu_s",
          "reading_s",
          "reading_cpu_s",
          "compared_keys",
          "keys",
          "records",
          "changelog_mb",
          "keys_per_s",
          "records_per_s",
          "mb_per_s",
          "rss_peak_mb");

  @Option(names = "--keys", description = "(window, region, tag) rows, about (${DEFAULT-VALUE})")
  int keys = 1_000_000;

  @Option(names = "--rounds", description = "(${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(names = "--only", split = ",", description = "contenders, in this order")
  List<String> only = List.of("ours-eos", "streams-eos");

  @Option(names = "--json", description = "also write the medians to this file")
  @Nullable Path json;

  @Option(names = "--java-options", description = "for the contenders (${DEFAULT-VALUE})")
  String javaOptions = "-Xmx1g";

  @Option(names = "--seed", description = "(${DEFAULT-VALUE})")
  long seed = 1;

  @Override
  public Integer call() throws Exception {
    Path work = Files.createTempDirectory("streamsocial-restore");
    try (LocalBroker broker =
        LocalBroker.builder().heap("2g").optimizing(true).dataDir(work.resolve("kafka")).start()) {
      Machine.pin(broker.pid(1), 1);
      // Of so many tags, the 2.5 mentions of a post touch about 0.83 new rows.
      long posts = keys * 6L / 5;
      String truth =
          PostTopic.load(
                  broker.bootstrap(),
                  "posts",
                  new PostSource.Parameters(
                      seed, 10 * keys, System.currentTimeMillis() - SPAN_MS, SPAN_MS, posts))
              .toString();
      Map<String, List<Map<String, Object>>> results = new LinkedHashMap<>();
      for (String name : only) {
        Job job = new Job(broker.bootstrap(), "posts", posts, work.resolve(name));
        System.out.println("filled " + run("contend", name, job, truth));
      }
      for (int round = 1; round <= rounds; round++) {
        for (String name : only) {
          Job job = new Job(broker.bootstrap(), "posts", posts, work.resolve(name));
          emptyGroup(broker.bootstrap(), name);
          Map<String, Object> result = run("rebuild", name, job, truth);
          rates(result, changelogBytes(broker.bootstrap(), name) / 1e6);
          System.out.printf("round %d %s%n", round, result);
          results.computeIfAbsent(name, n -> new ArrayList<>()).add(result);
        }
      }
      report(results);
    } finally {
      Machine.deleteTree(work);
    }
    return 0;
  }

  private Map<String, Object> run(String command, String name, Job job, String truth)
      throws IOException, InterruptedException {
    Map<String, Object> result = ContenderProcess.run(command, name, job, javaOptions);
    Machine.deleteTree(job.stateDir());
    result.put("exact", truth.equals(result.get("digest")));
    return result;
  }

  /**
   * Removes the former run's members from the group. Neither leaves it when it closes, and Kafka
   * Streams would wait for a session timeout of 45 s, which is no part of restoring.
   */
  private static void emptyGroup(String bootstrap, String name)
      throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      for (GroupListing group : admin.listGroups().all().get()) {
        boolean occupied =
            admin.describeConsumerGroups(List.of(group.groupId())).all().get().values().stream()
                .anyMatch(description -> !description.members().isEmpty());
        if (group.groupId().endsWith(name) && occupied) {
          admin
              .removeMembersFromConsumerGroup(
                  group.groupId(), new RemoveMembersFromConsumerGroupOptions())
              .all()
              .get();
        }
      }
    }
  }

  /** As compressed in the broker's log, of all its partitions. */
  private static long changelogBytes(String bootstrap, String name)
      throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      return admin.describeLogDirs(List.of(1)).allDescriptions().get().values().stream()
          .flatMap(dirs -> dirs.values().stream())
          .flatMap(dir -> dir.replicaInfos().entrySet().stream())
          .filter(replica -> replica.getKey().topic().contains(name))
          .filter(replica -> replica.getKey().topic().endsWith("-changelog"))
          .mapToLong(replica -> replica.getValue().size())
          .sum();
    }
  }

  private static void rates(Map<String, Object> result, double changelogMb) {
    double seconds = number(result, "seconds");
    result.put("changelog_mb", changelogMb);
    result.put("keys_per_s", number(result, "keys") / seconds);
    result.put("records_per_s", number(result, "records") / seconds);
    result.put("mb_per_s", changelogMb / seconds);
  }

  private void report(Map<String, List<Map<String, Object>>> results) throws IOException {
    List<Map<String, Object>> medians = new ArrayList<>();
    System.out.printf(
        "%n%-14s %8s %8s %8s %12s %12s %12s %10s %10s %8s %6s %8s%n",
        "contender",
        "seconds",
        "CPU s",
        "reading",
        "same keys",
        "all keys",
        "records",
        "keys/s",
        "log MB",
        "MB/s",
        "exact",
        "RSS MB");
    for (Map.Entry<String, List<Map<String, Object>>> entry : results.entrySet()) {
      Map<String, Object> median = median(entry.getKey(), entry.getValue());
      medians.add(median);
      System.out.printf(
          "%-14s %8.2f %8.2f %8.2f %,12.0f %,12.0f %,12.0f %,10.0f %10.1f %8.1f %6s %8.0f%n",
          entry.getKey(),
          number(median, "seconds"),
          number(median, "cpu_s"),
          number(median, "reading_s"),
          number(median, "compared_keys"),
          number(median, "keys"),
          number(median, "records"),
          number(median, "keys_per_s"),
          number(median, "changelog_mb"),
          number(median, "mb_per_s"),
          median.get("exact"),
          number(median, "rss_peak_mb"));
    }
    if (json != null) {
      Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
      all.put("keys", keys);
      all.put("rounds", rounds);
      all.put("seed", seed);
      all.put("java_options", javaOptions);
      all.put(
          "not_shown",
          "start of the JVM; a compacted changelog; a network between broker and contender");
      all.put("contenders", medians);
      all.put("runs", results);
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), all);
    }
  }

  private static Map<String, Object> median(String name, List<Map<String, Object>> runs) {
    Map<String, Object> median = new LinkedHashMap<>();
    median.put("name", name);
    for (String figure : FIGURES) {
      double[] values = runs.stream().mapToDouble(run -> number(run, figure)).sorted().toArray();
      median.put(figure, values[values.length / 2]);
    }
    median.put("exact", runs.stream().allMatch(run -> Boolean.TRUE.equals(run.get("exact"))));
    return median;
  }

  private static double number(Map<String, Object> result, String figure) {
    return result.get(figure) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
