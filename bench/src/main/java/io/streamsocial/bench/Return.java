package io.streamsocial.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.bench.machine.TemporaryDirectory;
import io.streamsocial.bench.posts.JobView;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.bench.posts.PostTopic;
import io.streamsocial.bench.posts.Truth;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How long is an instance without its state? Run {@code bench/run return}. Three ways in turn, each
 * with processes as {@code ./trending serve} starts them, with an archive of their classes, which
 * an instance on a topic of its own has written before:
 *
 * <pre>
 *   kept        the only instance, kill -9, its disk is whole: until its first complete answer that
 *               includes every post
 *   changelog   one of two, its disk is lost: until it holds every partition, as active or standby,
 *               from the changelog
 *   peer        the same, from the snapshots of the other
 * </pre>
 *
 * <p>The time goes from the start of the process, that of the JVM and the joining of the group
 * included. So a figure of {@code peer} divides by that of {@code changelog} of the same run. The
 * rows that are told are the instance's own count, an estimate, with those of all regions.
 *
 * <p>What it does not show: a network, posts that come meanwhile.
 */
@Command(
    name = "return",
    description = "Until an instance has its state again: kept, from the changelog, from a peer.",
    mixinStandardHelpOptions = true)
final class Return implements Callable<Integer> {
  private static final String TOPIC = "posts";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration DRAIN = Duration.ofMinutes(10);
  private static final Duration AWAY = Duration.ofMinutes(5);
  private static final long NEVER = Long.MAX_VALUE;
  private static final String REHEARSAL = "rehearsal";
  private static final int REHEARSED = 20_000; // posts, and tags

  /** A way back. */
  enum Way {
    KEPT,
    CHANGELOG,
    PEER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(names = "--keys", description = "(window, region, tag) rows, about (${DEFAULT-VALUE})")
  int keys = 1_000_000;

  @Option(
      names = "--only",
      split = ",",
      description = "ways, in this order: ${COMPLETION-CANDIDATES}")
  List<Way> only = Arrays.asList(Way.values());

  @Option(names = "--no-archive", description = "instances load their classes from the jars")
  boolean withoutArchive;

  @Mixin ServeOptions options = new ServeOptions("return");

  private final List<String> javaWords = new ArrayList<>();
  private final Map<Way, List<Map<String, Object>>> runs = new LinkedHashMap<>();
  private long entries;

  @Override
  public Integer call() throws Exception {
    javaWords.addAll(options.javaWords());
    try (Rig rig = new Rig();
        TemporaryDirectory archive = new TemporaryDirectory()) {
      if (!withoutArchive) {
        javaWords.addAll(archived(rig, archive.path().resolve("serve.jsa")));
      }
      load(rig);
      Rig.Server holder = serve(rig, 0, NEVER);
      new Probe(holder.port()).awaitDrained(rig.ends(TOPIC), DRAIN);
      new Probe(holder.port()).awaitCheckpoint(DRAIN);
      for (int round = 1; round <= options.rounds; round++) {
        for (Way way : only) {
          Map<String, Object> run = new LinkedHashMap<>();
          if (way == Way.KEPT) {
            holder = kept(rig, holder, run);
          } else {
            lost(rig, holder, way, run);
          }
          System.out.printf("round %d %-10s %s%n", round, way, run);
          runs.computeIfAbsent(way, w -> new ArrayList<>()).add(run);
        }
      }
    }
    report();
    return 0;
  }

  /**
   * Has an instance count a little, answer, and end in order.
   *
   * @return the options of those that use what it has loaded
   */
  private List<String> archived(Rig rig, Path file) throws IOException, InterruptedException {
    long spanMs = JobView.span(Set.of(JobView.TRENDING)).toMillis();
    Truth unused =
        PostTopic.load(
            rig.bootstrap(),
            REHEARSAL,
            new PostSource.Parameters(
                1, REHEARSED, System.currentTimeMillis() - spanMs, spanMs, REHEARSED),
            Set.of(JobView.TRENDING));
    List<String> words = new ArrayList<>(options.javaWords());
    words.add("-XX:ArchiveClassesAtExit=" + file);
    Rig.Server server = rig.startInstance(REHEARSAL, words, List.of("--instance-id=0"));
    new Probe(server.port()).awaitDrained(rig.ends(REHEARSAL), DRAIN);
    new Probe(server.port()).awaitCheckpoint(DRAIN);
    rig.stop(server.process(), AWAY); // it writes the archive now
    if (!Files.exists(file)) {
      throw new IllegalStateException("the instance has not written " + file);
    }
    return List.of("-XX:SharedArchiveFile=" + file, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
  }

  private void load(Rig rig) {
    // Of so many tags, the 2.5 mentions of a post touch about 0.83 new rows.
    long posts = keys * 6L / 5;
    long spanMs = JobView.span(Set.of(JobView.TRENDING)).toMillis();
    Truth unused =
        PostTopic.load(
            rig.bootstrap(),
            TOPIC,
            new PostSource.Parameters(
                1, 10 * keys, System.currentTimeMillis() - spanMs, spanMs, posts),
            Set.of(JobView.TRENDING));
  }

  /**
   * @param fetchAbove records of a changelog above which state comes from a peer
   */
  private Rig.Server serve(Rig rig, int instance, long fetchAbove)
      throws IOException, InterruptedException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--instance-id=" + instance,
                "--standbys=1",
                "--leave-on-stop",
                "--fetch-state-above=" + fetchAbove));
    words.addAll(options.serveWords());
    return rig.startInstance(TOPIC, javaWords, words);
  }

  /** Kills the instance and starts it again. */
  private Rig.Server kept(Rig rig, Rig.Server before, Map<String, Object> run)
      throws IOException, InterruptedException {
    SortedMap<Integer, Long> ends = rig.ends(TOPIC);
    rig.kill(before.process());
    long begin = System.nanoTime();
    Rig.Server after = serve(rig, 0, NEVER);
    Probe probe = new Probe(after.port());
    await(begin, () -> isComplete(probe, ends));
    run.put("seconds", (System.nanoTime() - begin) / 1e9);
    run.put("cpu_s", after.process().cpuNanos() / 1e9);
    return after;
  }

  /** Starts another instance, without state, and takes it away again. */
  private void lost(Rig rig, Rig.Server holder, Way way, Map<String, Object> run)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    Rig.Server empty = serve(rig, 1, way == Way.PEER ? 1 : NEVER);
    Probe probe = new Probe(empty.port());
    await(begin, () -> holdsAll(probe));
    run.put("seconds", (System.nanoTime() - begin) / 1e9);
    run.put("cpu_s", empty.process().cpuNanos() / 1e9);
    run.put("rss_peak_mb", empty.process().rssPeakMb());
    rig.stop(empty.process());
    rig.deleteState(TOPIC, 1);
    Probe other = new Probe(holder.port());
    await(System.nanoTime(), () -> holdsAll(other));
  }

  /** Asked every few milliseconds. */
  private interface Question {
    boolean isAnswered() throws IOException, InterruptedException;
  }

  private static void await(long begin, Question question)
      throws IOException, InterruptedException {
    while (!question.isAnswered()) {
      if (System.nanoTime() - begin > AWAY.toNanos()) {
        throw new IllegalStateException("the instance has not its state after " + AWAY);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static boolean isComplete(Probe probe, SortedMap<Integer, Long> ends)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = probe.get("/api/trending?limit=10");
    if (answer.statusCode() != 200) {
      return false;
    }
    // One answer: another question would be another scan, while the heads are built.
    JsonNode read = JSON.readTree(answer.body());
    return !read.path("partial").asBoolean(true) && Probe.behind(Probe.asOf(read), ends) == 0;
  }

  /** Whether every partition is there, and none restores. */
  private boolean holdsAll(Probe probe) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = probe.get("/api/stores/hashtag-trends-store");
    if (answer.statusCode() != 200) {
      return false;
    }
    int held = 0;
    long found = 0;
    for (JsonNode partition : JSON.readTree(answer.body()).path("held")) {
      held += partition.path("restoring").asBoolean(true) ? 0 : 1;
      found += partition.path("entries").asLong();
    }
    entries = Math.max(entries, found);
    return held == PostTopic.PARTITIONS;
  }

  private void report() throws IOException {
    System.out.printf("%nmedian of %d rounds (least to most), %,d rows%n", options.rounds, entries);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("keys", entries);
    facts.put("class_archive", !withoutArchive);
    runs.forEach(
        (way, same) -> {
          Latencies.Spread seconds = Latencies.spread(same, "seconds");
          Latencies.Spread cpu = Latencies.spread(same, "cpu_s");
          System.out.printf(
              "%-10s %7.2f s (%.2f to %.2f) %7.2f CPU s%n",
              way, seconds.median(), seconds.min(), seconds.max(), cpu.median());
          facts.put(way + "_s", seconds.median());
          facts.put(way + "_cpu_s", cpu.median());
        });
    Map<String, Object> all = new LinkedHashMap<>();
    runs.forEach((way, same) -> all.put(way.toString(), same));
    facts.put("runs", all);
    facts.put("not_shown", "a network, posts that come meanwhile");
    options.write(facts);
  }
}
