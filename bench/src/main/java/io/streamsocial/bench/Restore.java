package io.streamsocial.bench;

import io.streamsocial.broker.BrokerConfig;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
          "cpu_jit_s",
          "cpu_work_s",
          "cpu_rocksdb_s",
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

  @Option(names = "--only", split = ",", description = "contenders, in this order")
  List<String> only = List.of("ours-eos", "streams-eos");

  @Option(
      names = "--cores",
      description = "of a contender: 1, the broker has the other; 2, all share (${DEFAULT-VALUE})")
  int cores = 1;

  @Option(names = "--threads", description = "loops, or stream threads (${DEFAULT-VALUE})")
  int threads = 1;

  @Option(
      names = "--warm",
      description = "restores in one process, of which the last counts (${DEFAULT-VALUE})")
  int times = 1;

  @Option(
      names = "--archive",
      description = "each contender also with an archive of its classes, as ./trending makes one")
  boolean archive;

  @Option(
      names = "--also-with",
      split = ";",
      description = "each contender also with these more JVM options, in turn with the others")
  List<String> alternatives = List.of();

  @Mixin RunOptions options = new RunOptions();

  private final List<Variant> variants = new ArrayList<>();

  /** A contender, and how its JVM is started. */
  private record Variant(String name, String contender, List<String> javaOptions) {}

  @Override
  public Integer call() throws Exception {
    Path work = Files.createTempDirectory("streamsocial-restore");
    try (LocalBroker broker =
        LocalBroker.start(
            BrokerConfig.defaults().heap("2g").optimizing().dataDir(work.resolve("kafka")))) {
      if (cores == 1) {
        Machine.pin(broker.pid(1), 1);
      }
      // Of so many tags, the 2.5 mentions of a post touch about 0.83 new rows.
      long posts = keys * 6L / 5;
      String truth =
          PostTopic.load(
                  broker.bootstrap(),
                  "posts",
                  new PostSource.Parameters(
                      options.seed,
                      10 * keys,
                      System.currentTimeMillis() - SPAN_MS,
                      SPAN_MS,
                      posts))
              .toString();
      for (String name : only) {
        Job job = new Job(broker.bootstrap(), "posts", posts, work.resolve(name), 1);
        List<String> javaOptions = Query.words(options.javaOptions);
        Map<String, Object> filled = run(List.of("contend"), name, job, javaOptions, truth);
        System.out.println("filled " + filled);
        variants.add(new Variant(name, name, javaOptions));
        for (String more : alternatives) {
          List<String> words = new ArrayList<>(javaOptions);
          words.addAll(Query.words(more));
          variants.add(new Variant(name + " " + more, name, words));
        }
        if (archive) {
          Groups.empty(broker.bootstrap(), name);
          variants.add(archived(name, job, truth, work.resolve(name + ".jsa")));
        }
      }
      Medians results = new Medians();
      for (int round = 1; round <= options.rounds; round++) {
        for (Variant variant : variants) {
          String name = variant.contender;
          Job job = new Job(broker.bootstrap(), "posts", posts, work.resolve(name), threads);
          Groups.empty(broker.bootstrap(), name);
          Map<String, Object> result =
              run(
                  List.of("rebuild", "--times", Integer.toString(times)),
                  name,
                  job,
                  variant.javaOptions,
                  truth);
          rates(result, changelogBytes(broker.bootstrap(), name) / 1e6);
          System.out.printf("round %d %s %s%n", round, variant.name, result);
          results.add(variant.name, result);
        }
      }
      report(results);
    } finally {
      Machine.deleteTree(work);
    }
    return 0;
  }

  /** One run writes the archive when it ends, which later runs map. */
  private Variant archived(String name, Job job, String truth, Path file)
      throws IOException, InterruptedException {
    List<String> dump = new ArrayList<>(Query.words(options.javaOptions));
    dump.add("-XX:ArchiveClassesAtExit=" + file);
    Map<String, Object> unused = run(List.of("rebuild"), name, job, dump, truth);
    List<String> use = new ArrayList<>(Query.words(options.javaOptions));
    use.add("-XX:SharedArchiveFile=" + file);
    return new Variant(name + "+archive", name, use);
  }

  private Map<String, Object> run(
      List<String> command, String name, Job job, List<String> javaOptions, String truth)
      throws IOException, InterruptedException {
    Map<String, Object> result = ContenderProcess.run(command, name, job, javaOptions, cores == 1);
    Machine.deleteTree(job.stateDir());
    result.put("exact", truth.equals(result.get("digest")));
    return result;
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
    double seconds = Medians.number(result, "seconds");
    result.put("changelog_mb", changelogMb);
    result.put("keys_per_s", Medians.number(result, "keys") / seconds);
    result.put("records_per_s", Medians.number(result, "records") / seconds);
    result.put("mb_per_s", changelogMb / seconds);
  }

  private void report(Medians results) throws IOException {
    System.out.printf(
        "%n%-20s %8s %8s %8s %8s %8s %8s %12s %12s %12s %10s %10s %8s %6s %8s%n",
        "contender",
        "seconds",
        "CPU s",
        "jit",
        "work",
        "rocksdb",
        "reading",
        "same keys",
        "all keys",
        "records",
        "keys/s",
        "log MB",
        "MB/s",
        "exact",
        "RSS MB");
    List<Map<String, Object>> medians = results.rows(FIGURES);
    for (Map<String, Object> median : medians) {
      System.out.printf(
          "%-20s %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f %,12.0f %,12.0f %,12.0f %,10.0f %10.1f %8.1f %6s %8.0f%n",
          median.get("name"),
          Medians.number(median, "seconds"),
          Medians.number(median, "cpu_s"),
          Medians.number(median, "cpu_jit_s"),
          Medians.number(median, "cpu_work_s"),
          Medians.number(median, "cpu_rocksdb_s"),
          Medians.number(median, "reading_s"),
          Medians.number(median, "compared_keys"),
          Medians.number(median, "keys"),
          Medians.number(median, "records"),
          Medians.number(median, "keys_per_s"),
          Medians.number(median, "changelog_mb"),
          Medians.number(median, "mb_per_s"),
          median.get("exact"),
          Medians.number(median, "rss_peak_mb"));
    }
    if (options.json != null) {
      Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
      all.put("keys", keys);
      all.put("rounds", options.rounds);
      all.put("seed", options.seed);
      all.put("java_options", options.javaOptions);
      all.put("cores_per_contender", cores);
      all.put("threads", threads);
      all.put("restores_in_one_process", times);
      all.put(
          "not_shown",
          "start of the JVM; a compacted changelog; a network between broker and contender");
      all.put("contenders", medians);
      all.put("runs", results.runs());
      ResultFile.write(options.json, all);
    }
  }
}
