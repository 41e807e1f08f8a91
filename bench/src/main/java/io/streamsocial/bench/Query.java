package io.streamsocial.bench;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How fast and how steady does one instance answer, while it is idle and while it ingests? Does the
 * number of tags matter? How near is an answer to the least that a Netty server can do? Run {@code
 * bench/run query}.
 *
 * <p>For each number of tags: a topic whose posts fill the three newest windows with every tag, an
 * instance as in production, and a load of 64 kept connections, first closed (each asks again when
 * answered), then open (at a rate, latency from when a request was due). The constant answer has
 * the size of /api/trending and is measured in the same round with the same client. Client,
 * servers, broker and the producer of posts share the machine: CPU time a request, of the server
 * alone, says more than requests a second.
 *
 * <p>What it does not show: a network, more than one instance, and answers to questions that the
 * ranked heads cannot prove.
 */
@Command(
    name = "query",
    description = "HTTP answers: idle, while ingesting, and beside a constant.",
    mixinStandardHelpOptions = true)
final class Query implements Callable<Integer> {
  private static final Duration DRAIN = Duration.ofMinutes(3);
  private static final Duration CHECKPOINT = Duration.ofSeconds(60);
  private static final int PREPARED_REQUESTS = 1 << 14;
  private static final String TRENDING = "/api/trending";

  @Option(names = "--tags", split = ",", description = "distinct hashtags (${DEFAULT-VALUE})")
  List<Integer> tags = List.of(1_000, 200_000, 1_000_000);

  @Option(names = "--seconds", description = "measured, each time (${DEFAULT-VALUE})")
  int seconds = 10;

  @Option(names = "--warm-up", description = "seconds before each (${DEFAULT-VALUE})")
  int warmUp = 5;

  @Option(names = "--first-warm-up", description = "seconds a server and path (${DEFAULT-VALUE})")
  int firstWarmUp = 15;

  @Mixin InstanceOptions options = new InstanceOptions();

  @Option(names = "--connections", description = "(${DEFAULT-VALUE})")
  int connections = 64;

  @Option(names = "--rate", description = "requests a second, open loop (${DEFAULT-VALUE})")
  double rate = 1_000;

  @Option(names = "--ingest-rate", description = "posts a second; 0: only idle (${DEFAULT-VALUE})")
  int ingestRate = 50_000;

  @Option(names = "--only", split = ",", description = "of what is asked (${DEFAULT-VALUE})")
  List<String> only = List.of("constant", "trending", "hashtag", "poll");

  @Option(names = "--json", description = "the result file (${DEFAULT-VALUE})")
  Path json = Path.of("bench", "results", "query.json");

  private static final String HEADINGS =
      "%9s %-9s %-9s %-6s %9s %8s %8s %8s %8s %8s %9s %9s %7s %7s"
          .formatted(
              "tags", "asked", "state", "load", "req/s", "p50 ms", "p99", "p99.9", "max", "CPU us",
              "RSS MB", "posts/s", "client", "others");

  private final List<Map<String, Object>> runs = new ArrayList<>();
  private boolean hasEtag;

  /** What is measured at one time. */
  private record Step(int tags, int round, String name, String load, boolean ingest) {
    Map<String, Object> describe() {
      Map<String, Object> step = new LinkedHashMap<>();
      step.put("tags", tags);
      step.put("round", round);
      step.put("name", name);
      step.put("load", load);
      step.put("state", ingest ? "ingesting" : "idle");
      return step;
    }
  }

  @Override
  public Integer call() throws Exception {
    System.out.println(HEADINGS);
    try (Rig rig = new Rig()) {
      for (int number : tags) {
        measure(rig, number);
      }
    }
    report();
    return 0;
  }

  private List<String> javaOptions() {
    return words(options.javaOptions);
  }

  /** Split at blanks, as everywhere that options are words. */
  static List<String> words(String options) {
    return options.isBlank() ? List.of() : List.of(options.trim().split("\\s+", -1));
  }

  private void measure(Rig rig, int number) throws Exception {
    String topic = "posts-" + number;
    rig.createTopic(topic);
    try (PostFeed feed = new PostFeed(rig.bootstrap(), topic, number)) {
      boolean unused = feed.fillWindows();
      feed.past(options.posts);
      Rig.Server instance = rig.startInstance(topic, javaOptions(), words(options.serveOptions));
      Probe probe = new Probe(instance.port());

      settle(rig, topic, probe, feed);
      HttpResponse<byte[]> sample = probe.get(TRENDING);
      hasEtag = sample.headers().firstValue("etag").isPresent();
      Rig.Server constant =
          rig.startConstant("constant-" + number, sample.body().length, javaOptions());
      Supplier<byte[]> hashtags = hashtags(number);
      warm(constant, List.of(HttpLoad.head(TRENDING)));
      warm(instance, List.of(HttpLoad.head(TRENDING), hashtags.get()));
      for (int round = 1; round <= options.rounds; round++) {
        settle(rig, topic, probe, feed);
        if (only.contains("constant")) {
          runBoth(rig, topic, constant, new Step(number, round, "constant", "", false), hashtags);
        }
        runAll(rig, topic, instance, new Step(number, round, "", "", false), hashtags);
        if (ingestRate == 0) {
          continue;
        }
        ChildJvm producer = rig.startFeed(topic, number, ingestRate);
        rig.awaitRate(topic, ingestRate);
        runAll(rig, topic, instance, new Step(number, round, "", "", true), hashtags);
        rig.stop(producer);
      }
      rig.stop(constant.process());
      rig.stop(instance.process());
    }
  }

  /** Long enough for the compilers to be done with what each path needs; both servers alike. */
  private void warm(Rig.Server server, List<byte[]> heads) throws Exception {
    for (byte[] head : heads) {
      HttpLoad.Plan plan =
          new HttpLoad.Plan(
              server.port(),
              connections,
              () -> head,
              false,
              0,
              Duration.ofSeconds(firstWarmUp),
              Duration.ofMillis(1));
      HttpLoad.Result unused = HttpLoad.run(plan, HttpLoad.Watch.NONE);
    }
  }

  /** Full windows, all of it included, and nothing left to write. */
  private static void settle(Rig rig, String topic, Probe probe, PostFeed feed)
      throws IOException, InterruptedException {
    boolean unused = feed.fillWindows();
    probe.awaitDrained(rig.ends(topic), DRAIN);
    probe.awaitCheckpoint(CHECKPOINT);
  }

  private Supplier<byte[]> hashtags(int number) {
    PostSource.Zipf zipf = new PostSource.Zipf(number);
    SplittableRandom random = new SplittableRandom(7);
    byte[][] heads = new byte[PREPARED_REQUESTS][];
    for (int i = 0; i < heads.length; i++) {
      heads[i] = HttpLoad.head(TRENDING + "/topic_" + zipf.next(random));
    }
    int[] next = {0};
    return () -> heads[next[0]++ & (PREPARED_REQUESTS - 1)];
  }

  private void runAll(
      Rig rig, String topic, Rig.Server server, Step step, Supplier<byte[]> hashtags)
      throws Exception {
    for (String name : List.of("trending", "hashtag", "poll")) {
      if (only.contains(name) && (!name.equals("poll") || hasEtag)) {
        Step named = new Step(step.tags, step.round, name, "", step.ingest);
        runBoth(rig, topic, server, named, hashtags);
      }
    }
  }

  private void runBoth(
      Rig rig, String topic, Rig.Server server, Step step, Supplier<byte[]> hashtags)
      throws Exception {
    byte[] head = HttpLoad.head(TRENDING);
    Supplier<byte[]> heads = step.name.equals("hashtag") ? hashtags : () -> head;
    for (double atRate : new double[] {0, rate}) {
      String load = atRate == 0 ? "closed" : "open";
      HttpLoad.Plan plan =
          new HttpLoad.Plan(
              server.port(),
              connections,
              heads,
              step.name.equals("poll"),
              atRate,
              Duration.ofSeconds(warmUp),
              Duration.ofSeconds(seconds));
      run(rig, topic, server, plan, new Step(step.tags, step.round, step.name, load, step.ingest));
    }
  }

  private void run(Rig rig, String topic, Rig.Server server, HttpLoad.Plan plan, Step step)
      throws Exception {
    Usage.Watch usage = new Usage.Watch(rig, topic, server.process());
    HttpLoad.Result result = HttpLoad.run(plan, usage);
    Map<String, Object> run = step.describe();
    long answers = result.statuses().values().stream().mapToLong(Long::longValue).sum();
    run.put("requests_per_s", answers / (double) seconds);
    run.putAll(Latencies.figures(result.latencies()));
    run.put("statuses", result.statuses());
    run.put("unanswered", result.unanswered());
    run.put("server_cpu_us_per_request", usage.serverCpuNanos() / 1e3 / Math.max(1, answers));
    run.put("client_busy", result.clientBusy());
    run.putAll(usage.figures());
    if (step.ingest) {
      run.put("posts_behind", Probe.behind(new Probe(server.port()).asOf(), rig.ends(topic)));
    }
    runs.add(run);
    System.out.println(line(List.of(run)));
  }

  private static String key(Map<String, Object> run) {
    return "%9s %-9s %-9s %-6s"
        .formatted(run.get("tags"), run.get("name"), run.get("state"), run.get("load"));
  }

  private static String line(List<Map<String, Object>> same) {
    return "%s %,9.0f %8.2f %8.2f %8.2f %8.1f %8.1f %9.0f %,9.0f %7.2f %7.2f"
        .formatted(
            key(same.get(0)),
            median(same, "requests_per_s"),
            median(same, "p50_ms"),
            median(same, "p99_ms"),
            median(same, "p999_ms"),
            Latencies.spread(same, "max_ms").max(),
            median(same, "server_cpu_us_per_request"),
            median(same, "server_rss_peak_mb"),
            median(same, "ingested_per_s"),
            median(same, "client_busy"),
            median(same, "others_cores"));
  }

  private static double median(List<Map<String, Object>> same, String figure) {
    return Latencies.spread(same, figure).median();
  }

  /** The machine is not steady: what a median does not tell. */
  private static String spread(List<Map<String, Object>> same) {
    Latencies.Spread requests = Latencies.spread(same, "requests_per_s");
    Latencies.Spread p99 = Latencies.spread(same, "p99_ms");
    return "  requests/s %,.0f to %,.0f, p99 %.2f to %.2f ms"
        .formatted(requests.min(), requests.max(), p99.min(), p99.max());
  }

  private void report() throws IOException {
    System.out.printf("%nmedians of %d rounds (least to most)%n%s%n", options.rounds, HEADINGS);
    runs.stream()
        .collect(Collectors.groupingBy(Query::key, LinkedHashMap::new, Collectors.toList()))
        .values()
        .forEach(same -> System.out.println(line(same) + spread(same)));
    Map<String, Latencies.Spread> ratios = ratios();
    ratios.forEach(
        (name, ratio) ->
            System.out.printf(
                "%-42s %.3f (%.3f to %.3f)%n", name, ratio.median(), ratio.min(), ratio.max()));
    if (!hasEtag) {
      System.out.println("poll: not measured, the server gives no ETag");
    }
    Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
    all.put("question", "query");
    all.put("tags", tags);
    all.put("posts", options.posts);
    all.put("seconds", seconds);
    all.put("warm_up_s", warmUp);
    all.put("first_warm_up_s", firstWarmUp);
    all.put("rounds", options.rounds);
    all.put("connections", connections);
    all.put("open_loop_rate", rate);
    all.put("ingest_rate", ingestRate);
    all.put("java_options", options.javaOptions);
    all.put("serve_options", options.serveOptions);
    all.put("etag", hasEtag);
    all.put("ratios", ratios);
    all.put("runs", runs);
    all.put(
        "not_shown", "a network, several instances; client, servers and broker share the machine");
    ResultFile.write(json, all);
  }

  /** Of each round, so that both sides saw the same machine; the tags' were minutes apart. */
  private Map<String, Latencies.Spread> ratios() {
    Map<String, Latencies.Spread> ratios = new LinkedHashMap<>();
    for (int number : tags) {
      String at = "_at_" + number;
      ratios.put(
          "requests_per_s_over_constant" + at,
          ratio("requests_per_s", number, "trending", number, "constant", "closed", false));
      ratios.put(
          "constant_cpu_over_ours" + at,
          ratio(
              "server_cpu_us_per_request",
              number,
              "constant",
              number,
              "trending",
              "closed",
              false));
    }
    int least = tags.stream().min(Integer::compare).orElseThrow();
    int most = tags.stream().max(Integer::compare).orElseThrow();
    if (least != most) {
      for (boolean ingest : new boolean[] {false, true}) {
        for (String load : List.of("closed", "open")) {
          ratios.put(
              "p99_at_%d_over_%d_%s_%s".formatted(most, least, ingest ? "ingesting" : "idle", load),
              ratio("p99_ms", most, "trending", least, "trending", load, ingest));
        }
      }
      ratios.put(
          "cpu_at_%d_over_%d_idle".formatted(most, least),
          ratio("server_cpu_us_per_request", most, "trending", least, "trending", "closed", false));
    }
    return ratios;
  }

  private Latencies.Spread ratio(
      String figure,
      int tagsAbove,
      String above,
      int tagsBelow,
      String below,
      String load,
      boolean ingest) {
    List<Map<String, Object>> values = new ArrayList<>();
    for (int round = 1; round <= options.rounds; round++) {
      double a = figure(figure, new Step(tagsAbove, round, above, load, ingest));
      double b = figure(figure, new Step(tagsBelow, round, below, load, ingest));
      values.add(Map.of("ratio", a / b));
    }
    return Latencies.spread(values, "ratio");
  }

  private double figure(String figure, Step step) {
    Map<String, Object> wanted = step.describe();
    return runs.stream()
        .filter(run -> run.entrySet().containsAll(wanted.entrySet()))
        .map(run -> run.get(figure))
        .filter(Number.class::isInstance)
        .mapToDouble(value -> ((Number) value).doubleValue())
        .findFirst()
        .orElse(Double.NaN);
  }
}
