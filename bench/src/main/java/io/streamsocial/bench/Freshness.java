package io.streamsocial.bench;

import io.streamsocial.bench.machine.ChildJvm;
import io.streamsocial.bench.posts.PostFeed;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How long does it take from the moment a post is due until /api/trending includes it, while posts
 * arrive at a rate? Run {@code bench/run freshness}.
 *
 * <p>A probe is a post like the others, sent without lingering by a producer of its own. It is
 * visible when an answer's {@code as_of} is beyond its offset; its hashtag would not reach the
 * list. Requests follow one another, so a figure is too high by up to the pause between two of them
 * and the time of one answer. Latency counts from when a probe was due, so that it includes a
 * producer or broker that is held up.
 *
 * <p>What it does not show: a producer that lingers, a network, more than one instance.
 */
@Command(
    name = "freshness",
    description = "From a post's sending until an answer includes it.",
    mixinStandardHelpOptions = true)
final class Freshness implements Callable<Integer> {
  private static final String TOPIC = "posts";
  private static final Duration DRAIN = Duration.ofMinutes(3);
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(120);

  @Option(names = "--rate", description = "posts a second (${DEFAULT-VALUE})")
  int rate = 50_000;

  @Option(names = "--probes", description = "probes a second (${DEFAULT-VALUE})")
  int probes = 20;

  @Option(names = "--tags", description = "distinct hashtags (${DEFAULT-VALUE})")
  int tags = 200_000;

  @Mixin InstanceOptions options = new InstanceOptions("freshness", 20, 20);

  @Option(names = "--poll-ms", description = "pause between two questions (${DEFAULT-VALUE})")
  int pollMs = 2;

  private final List<Map<String, Object>> runs = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    try (Rig rig = new Rig()) {
      rig.createTopic(TOPIC);
      try (PostFeed feed = new PostFeed(rig.bootstrap(), TOPIC, tags);
          KafkaProducer<byte[], byte[]> producer = PostFeed.producer(rig.bootstrap(), 0)) {
        boolean unused = feed.fillWindows();
        feed.past(options.posts);
        Rig.Server instance = rig.startInstance(TOPIC, options.javaWords(), options.serveWords());
        Probe probe = new Probe(instance.port());
        probe.awaitDrained(rig.ends(TOPIC), DRAIN);
        ChildJvm stream = rig.startFeed(TOPIC, tags, rate);
        rig.awaitRate(TOPIC, rate);
        System.out.printf("warms up for %d s%n", options.warmUp);
        measure(rig, instance, probe, producer, options.warmUp);
        for (int round = 1; round <= options.rounds; round++) {
          Map<String, Object> run = measure(rig, instance, probe, producer, options.seconds);
          run.put("round", round);
          runs.add(run);
          System.out.println(line(List.of(run)));
        }
        rig.stop(stream);
        rig.stop(instance.process());
      }
    }
    report();
    return 0;
  }

  private Map<String, Object> measure(
      Rig rig,
      Rig.Server instance,
      Probe probe,
      KafkaProducer<byte[], byte[]> producer,
      int forSeconds)
      throws IOException, InterruptedException {
    long count = (long) forSeconds * probes;
    ProbeStream stream = new ProbeStream(producer, TOPIC, count, probes);
    Usage.Watch usage = new Usage.Watch(rig, TOPIC, instance.process());
    Histogram latencies = new Histogram(MAX_NANOS, 3);
    Histogram answers = new Histogram(MAX_NANOS, 3);
    List<ProbeStream.Sent> waiting = new ArrayList<>();
    long begin = System.nanoTime();
    long end = begin + TimeUnit.SECONDS.toNanos(forSeconds);
    boolean inTime = true;
    usage.begins();
    stream.start(begin);
    while (latencies.getTotalCount() + stream.failed() < count) {
      long asked = System.nanoTime();
      if (inTime && asked - end > 0) {
        usage.ends();
        inTime = false;
      }
      if (asked - end > GRACE_NANOS) {
        break;
      }
      SortedMap<Integer, Long> asOf = probe.asOf();
      long now = System.nanoTime();
      answers.recordValue(Math.min(MAX_NANOS, now - asked));
      for (ProbeStream.Sent sent = stream.poll(); sent != null; sent = stream.poll()) {
        waiting.add(sent);
      }
      recordVisible(waiting, asOf, now, latencies);
      TimeUnit.MILLISECONDS.sleep(pollMs);
    }
    if (inTime) {
      usage.ends();
    }
    stream.join();
    Map<String, Object> run = new LinkedHashMap<>(Latencies.figures(latencies));
    run.put("probes", count);
    run.put("probes_failed", stream.failed());
    run.put("probes_not_seen", count - stream.failed() - latencies.getTotalCount());
    run.put("answer_p50_ms", answers.getValueAtPercentile(50) / 1e6);
    run.put("answer_p99_ms", answers.getValueAtPercentile(99) / 1e6);
    run.putAll(usage.figures());
    run.put("posts_behind", Probe.behind(probe.asOf(), rig.ends(TOPIC)));
    return run;
  }

  private static void recordVisible(
      List<ProbeStream.Sent> waiting,
      SortedMap<Integer, Long> asOf,
      long nowNanos,
      Histogram latencies) {
    for (Iterator<ProbeStream.Sent> each = waiting.iterator(); each.hasNext(); ) {
      ProbeStream.Sent sent = each.next();
      if (asOf.getOrDefault(sent.partition(), 0L) > sent.offset()) {
        latencies.recordValue(Math.min(MAX_NANOS, nowNanos - sent.dueNanos()));
        each.remove();
      }
    }
  }

  private static String line(List<Map<String, Object>> same) {
    Latencies.Spread p99 = Latencies.spread(same, "p99_ms");
    return "p50 %.1f  p99 %.1f (%.1f to %.1f)  p99.9 %.1f  max %.1f ms  %,.0f posts/s  not seen %.0f  answers p50 %.2f p99 %.2f ms  others' cores %.2f"
        .formatted(
            Latencies.spread(same, "p50_ms").median(),
            p99.median(),
            p99.min(),
            p99.max(),
            Latencies.spread(same, "p999_ms").median(),
            Latencies.spread(same, "max_ms").max(),
            Latencies.spread(same, "ingested_per_s").median(),
            Latencies.spread(same, "probes_not_seen").max(),
            Latencies.spread(same, "answer_p50_ms").median(),
            Latencies.spread(same, "answer_p99_ms").median(),
            Latencies.spread(same, "others_cores").median());
  }

  private void report() throws IOException {
    System.out.printf("%nmedian of %d rounds (least to most)%n%s%n", options.rounds, line(runs));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rate", rate);
    facts.put("probes_per_s", probes);
    facts.put("tags", tags);
    facts.put("poll_ms", pollMs);
    for (String figure : List.of("p50_ms", "p99_ms", "p999_ms", "max_ms", "ingested_per_s")) {
      facts.put(figure, Latencies.spread(runs, figure).median());
    }
    facts.put("runs", runs);
    facts.put("not_shown", "a producer that lingers, a network, several instances");
    options.write(facts);
  }
}
