package io.streamsocial.bench;

import io.streamsocial.bench.load.HttpLoad;
import io.streamsocial.bench.machine.ChildJvm;
import io.streamsocial.bench.posts.PostFeed;
import io.streamsocial.bench.posts.PostSource;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How fast and how steadily does one instance answer, idle and while it ingests? Does the number of
 * tags matter? How near is an answer to the least that a Netty server can do? Run {@code bench/run
 * query}.
 *
 * <p>For each number of tags: a topic whose posts fill the three newest windows with every tag, an
 * instance as in production, and a load of 64 kept connections, first closed (each asks again when
 * answered), then open (at a rate, latency from when a request was due). The constant answer has
 * the size of /api/trending and is measured in the same round with the same client. Client,
 * servers, broker and the producer of posts share the machine, so the server's CPU time a request
 * says more than requests a second.
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

  @Option(names = "--first-warm-up", description = "seconds a server and path (${DEFAULT-VALUE})")
  int firstWarmUp = 15;

  @Mixin InstanceOptions options = new InstanceOptions("query", 10, 5);

  @Option(names = "--connections", description = "(${DEFAULT-VALUE})")
  int connections = 64;

  @Option(names = "--rate", description = "requests a second, open loop (${DEFAULT-VALUE})")
  double rate = 1_000;

  @Option(names = "--ingest-rate", description = "posts a second; 0: only idle (${DEFAULT-VALUE})")
  int ingestRate = 50_000;

  @Option(names = "--only", split = ",", description = "kinds of request (${DEFAULT-VALUE})")
  List<String> only = List.of("constant", "trending", "hashtag", "poll");

  private final QueryReport report = new QueryReport();

  /** One topic's instance and what is asked of it. */
  private record Target(
      Rig rig, String topic, int tags, Rig.Server instance, Supplier<byte[]> hashtags) {}

  @Override
  public Integer call() throws Exception {
    System.out.println(QueryReport.HEADINGS);
    try (Rig rig = new Rig()) {
      for (int number : tags) {
        measure(rig, number);
      }
    }
    report.print(options.rounds);
    options.write(facts());
    return 0;
  }

  private Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("tags", tags);
    facts.put("first_warm_up_s", firstWarmUp);
    facts.put("connections", connections);
    facts.put("open_loop_rate", rate);
    facts.put("ingest_rate", ingestRate);
    facts.putAll(report.facts());
    facts.put(
        "not_shown", "a network, several instances; client, servers and broker share the machine");
    return facts;
  }

  private void measure(Rig rig, int number) throws Exception {
    String topic = "posts-" + number;
    rig.createTopic(topic);
    try (PostFeed feed = new PostFeed(rig.bootstrap(), topic, number)) {
      boolean unused = feed.fillWindows();
      feed.past(options.posts);
      Rig.Server instance = rig.startInstance(topic, options.javaWords(), options.serveWords());
      Probe probe = new Probe(instance.port());

      settle(rig, topic, probe, feed);
      HttpResponse<byte[]> sample = probe.get(TRENDING);
      report.hasEtag(sample.headers().firstValue("etag").isPresent());
      Rig.Server constant =
          rig.startConstant("constant-" + number, sample.body().length, options.javaWords());
      Target target = new Target(rig, topic, number, instance, hashtags(number));
      warm(constant, List.of(HttpLoad.head(TRENDING)));
      warm(instance, List.of(HttpLoad.head(TRENDING), target.hashtags.get()));
      for (int round = 1; round <= options.rounds; round++) {
        settle(rig, topic, probe, feed);
        if (only.contains("constant")) {
          runBoth(target, constant, new QueryStep(number, round, "constant", "", false));
        }
        runAll(target, round, false);
        if (ingestRate > 0) {
          ChildJvm producer = rig.startFeed(topic, number, ingestRate);
          rig.awaitRate(topic, ingestRate);
          runAll(target, round, true);
          rig.stop(producer);
        }
      }
      rig.stop(constant.process());
      rig.stop(instance.process());
    }
  }

  /** Long enough for the compilers to finish with each path; the same for both servers. */
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

  /** Waits until the windows are full, all posts counted, and every change written. */
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

  private void runAll(Target target, int round, boolean ingest) throws Exception {
    for (String name : List.of("trending", "hashtag", "poll")) {
      if (only.contains(name) && (!name.equals("poll") || report.hasEtag())) {
        runBoth(target, target.instance, new QueryStep(target.tags, round, name, "", ingest));
      }
    }
  }

  /** Closed loop, then open loop. */
  private void runBoth(Target target, Rig.Server server, QueryStep step) throws Exception {
    byte[] head = HttpLoad.head(TRENDING);
    Supplier<byte[]> heads = step.name().equals("hashtag") ? target.hashtags : () -> head;
    for (double atRate : new double[] {0, rate}) {
      HttpLoad.Plan plan =
          new HttpLoad.Plan(
              server.port(),
              connections,
              heads,
              step.name().equals("poll"),
              atRate,
              Duration.ofSeconds(options.warmUp),
              Duration.ofSeconds(options.seconds));
      run(target, server, plan, step.withLoad(atRate == 0 ? "closed" : "open"));
    }
  }

  private void run(Target target, Rig.Server server, HttpLoad.Plan plan, QueryStep step)
      throws Exception {
    Usage.Watch usage = new Usage.Watch(target.rig, target.topic, server.process());
    HttpLoad.Result result = HttpLoad.run(plan, usage);
    Map<String, Object> run = step.describe();
    long answers = result.statuses().values().stream().mapToLong(Long::longValue).sum();
    run.put("requests_per_s", answers / (double) options.seconds);
    run.putAll(Latencies.figures(result.latencies()));
    run.put("statuses", result.statuses());
    run.put("unanswered", result.unanswered());
    run.put("server_cpu_us_per_request", usage.serverCpuNanos() / 1e3 / Math.max(1, answers));
    run.put("client_busy", result.clientBusy());
    run.putAll(usage.figures());
    if (step.ingest()) {
      run.put(
          "posts_behind",
          Probe.behind(new Probe(server.port()).asOf(), target.rig.ends(target.topic)));
    }
    report.add(run);
  }
}
