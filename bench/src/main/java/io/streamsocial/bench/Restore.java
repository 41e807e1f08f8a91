package io.streamsocial.bench;

import io.streamsocial.bench.contender.Groups;
import io.streamsocial.bench.contender.Job;
import io.streamsocial.bench.machine.Machine;
import io.streamsocial.bench.posts.JobView;
import io.streamsocial.bench.posts.Users;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How long does a node take to rebuild its state when its disk is lost: our engine beside Kafka
 * Streams? Run {@code bench/run restore}.
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
  private static final String TOPIC = "posts";
  private static final Set<JobView> VIEWS = Set.of(JobView.TRENDING);
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

  @Mixin RunOptions options = new RunOptions("ours-eos", "streams-eos");

  private final List<Variant> variants = new ArrayList<>();

  /** A contender, and how its JVM is started. */
  private record Variant(String name, String contender, List<String> javaOptions) {}

  @Override
  public Integer call() throws Exception {
    try (ContenderRig rig = new ContenderRig()) {
      if (cores == 1) {
        rig.pinBroker();
      }
      // Of so many tags, the 2.5 mentions of a post touch about 0.83 new rows.
      long posts = keys * 6L / 5;
      String truth =
          rig.load(TOPIC, options.seed, 10 * keys, posts, Users.EVEN, VIEWS).of(VIEWS).toString();
      for (String name : options.only) {
        Job job = new Job(rig.bootstrap(), TOPIC, posts, rig.directory(name), 1, VIEWS);
        addVariants(name, job, truth, rig.directory(name + ".jsa"));
      }
      Medians results = new Medians();
      for (int round = 1; round <= options.rounds; round++) {
        for (Variant variant : variants) {
          Path stateDir = rig.directory(variant.contender);
          Job job = new Job(rig.bootstrap(), TOPIC, posts, stateDir, threads, VIEWS);
          Map<String, Object> result = rebuild(variant, job, truth);
          System.out.printf("round %d %s %s%n", round, variant.name, result);
          results.add(variant.name, result);
        }
      }
      report(results);
    }
    return 0;
  }

  /** Fills the contender's changelog, and lists the JVM options to restore it with. */
  private void addVariants(String name, Job job, String truth, Path archiveFile)
      throws IOException, InterruptedException {
    List<String> javaOptions = options.javaWords();
    Map<String, Object> filled = run(List.of("contend"), name, job, javaOptions, truth);
    System.out.println("filled " + filled);
    variants.add(new Variant(name, name, javaOptions));
    for (String more : alternatives) {
      variants.add(new Variant(name + " " + more, name, with(Words.split(more))));
    }
    if (archive) {
      Groups.empty(job.bootstrap(), name);
      variants.add(archived(name, job, truth, archiveFile));
    }
  }

  private List<String> with(List<String> more) {
    return Stream.concat(options.javaWords().stream(), more.stream()).toList();
  }

  private Map<String, Object> rebuild(Variant variant, Job job, String truth) throws Exception {
    Groups.empty(job.bootstrap(), variant.contender);
    List<String> command = List.of("rebuild", "--times", Integer.toString(times));
    Map<String, Object> result = run(command, variant.contender, job, variant.javaOptions, truth);
    rates(result, changelogBytes(job.bootstrap(), variant.contender) / 1e6);
    return result;
  }

  /** One run writes the archive when it ends, which later runs map. */
  private Variant archived(String name, Job job, String truth, Path file)
      throws IOException, InterruptedException {
    List<String> dump = with(List.of("-XX:ArchiveClassesAtExit=" + file));
    Map<String, Object> unused = run(List.of("rebuild"), name, job, dump, truth);
    List<String> use = with(List.of("-XX:SharedArchiveFile=" + file));
    return new Variant(name + "+archive", name, use);
  }

  private Map<String, Object> run(
      List<String> command, String name, Job job, List<String> javaOptions, String truth)
      throws IOException, InterruptedException {
    Map<String, Object> result =
        ContenderProcess.run(
            Jdk.ofThisProcess().home(), command, name, job, javaOptions, cores == 1);
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
    for (Map<String, Object> median : results.rows(FIGURES)) {
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
    options.write(facts(), results, FIGURES);
  }

  private Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>(Machine.describe());
    facts.put("keys", keys);
    facts.put("cores_per_contender", cores);
    facts.put("threads", threads);
    facts.put("restores_in_one_process", times);
    facts.put(
        "not_shown",
        "start of the JVM; a compacted changelog; a network between broker and contender");
    return facts;
  }
}
