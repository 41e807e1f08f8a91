package io.streamsocial.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How old is what an answer does not show yet: how long from when a post was to be sent until
 * /api/trending includes it, while posts flow at a rate? Run {@code bench/run freshness}.
 *
 * <p>A probe is a post like the others, sent without lingering by a producer of its own. It is
 * visible when an answer's {@code as_of} is beyond its offset: that says more than its hashtag in
 * the list, which it would not reach. Answers are asked for one after the other, so a figure is too
 * high by up to the pause between two of them and the time that one takes. Latency counts from when
 * a probe was due: a producer or a broker that is held up is not left out.
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

  @Option(names = "--seconds", description = "measured, each round (${DEFAULT-VALUE})")
  int seconds = 20;

  @Option(names = "--warm-up", description = "seconds before the first (${DEFAULT-VALUE})")
  int warmUp = 20;

  @Mixin InstanceOptions options = new InstanceOptions();

  @Option(names = "--poll-ms", description = "pause between two questions (${DEFAULT-VALUE})")
  int pollMs = 2;

  @Option(names = "--json", description = "the result file (${DEFAULT-VALUE})")
  Path json = Path.of("bench", "results", "freshness.json");

  private final List<Map<String, Object>> runs = new ArrayList<>();

  /** A probe that is in the log. */
  private record Sent(long dueNanos, int partition, long offset) {}

  @Override
  public Integer call() throws Exception {
    try (Rig rig = new Rig()) {
      rig.createTopic(TOPIC);
      try (PostFeed feed = new PostFeed(rig.bootstrap(), TOPIC, tags);
          KafkaProducer<byte[], byte[]> producer = PostFeed.producer(rig.bootstrap(), 0)) {
        boolean unused = feed.fillWindows();
        feed.past(options.posts);
        Rig.Server instance =
            rig.startInstance(
                TOPIC, Query.words(options.javaOptions), Query.words(options.serveOptions));
        Probe probe = new Probe(instance.port());
        probe.awaitDrained(rig.ends(TOPIC), DRAIN);
        ChildJvm stream = rig.startFeed(TOPIC, tags, rate);
        rig.awaitRate(TOPIC, rate);
        System.out.printf("warms up for %d s%n", warmUp);
        measure(rig, instance, probe, producer, warmUp);
        for (int round = 1; round <= options.rounds; round++) {
          Map<String, Object> run = measure(rig, instance, probe, producer, seconds);
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
    Queue<Sent> written = new ConcurrentLinkedQueue<>();
    AtomicLong failed = new AtomicLong();
    long count = (long) forSeconds * probes;
    long begin = System.nanoTime();
    Usage.Watch usage = new Usage.Watch(rig, TOPIC, instance.process());
    usage.begins();
    Thread sender = new Thread(() -> send(producer, begin, count, written, failed), "probes");
    sender.start();
    Histogram latencies = new Histogram(MAX_NANOS, 3);
    Histogram answers = new Histogram(MAX_NANOS, 3);
    List<Sent> waiting = new ArrayList<>();
    long end = begin + TimeUnit.SECONDS.toNanos(forSeconds);
    boolean inTime = true;
    while (latencies.getTotalCount() + failed.get() < count) {
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
      for (Sent sent = written.poll(); sent != null; sent = written.poll()) {
        waiting.add(sent);
      }
      for (Iterator<Sent> each = waiting.iterator(); each.hasNext(); ) {
        Sent sent = each.next();
        if (asOf.getOrDefault(sent.partition, 0L) > sent.offset) {
          latencies.recordValue(Math.min(MAX_NANOS, now - sent.dueNanos));
          each.remove();
        }
      }
      TimeUnit.MILLISECONDS.sleep(pollMs);
    }
    if (inTime) {
      usage.ends();
    }
    sender.join();
    Map<String, Object> run = new LinkedHashMap<>(Latencies.figures(latencies));
    run.put("probes", count);
    run.put("probes_failed", failed.get());
    run.put("probes_not_seen", count - failed.get() - latencies.getTotalCount());
    run.put("answer_p50_ms", answers.getValueAtPercentile(50) / 1e6);
    run.put("answer_p99_ms", answers.getValueAtPercentile(99) / 1e6);
    run.putAll(usage.figures());
    run.put("posts_behind", Probe.behind(probe.asOf(), rig.ends(TOPIC)));
    return run;
  }

  private void send(
      KafkaProducer<byte[], byte[]> producer,
      long begin,
      long count,
      Queue<Sent> written,
      AtomicLong failed) {
    long interval = TimeUnit.SECONDS.toNanos(1) / probes;
    for (long i = 0; i < count; i++) {
      long due = begin + i * interval;
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      Future<RecordMetadata> unused =
          producer.send(
              post(i),
              (metadata, failure) -> {
                if (failure == null) {
                  written.add(new Sent(due, metadata.partition(), metadata.offset()));
                } else {
                  failed.incrementAndGet();
                }
              });
    }
  }

  private static ProducerRecord<byte[], byte[]> post(long i) {
    long nowMs = System.currentTimeMillis();
    String json =
        "{\"post_id\":\"probe-%d\",\"user_id\":\"prober\",\"text\":\"is it there yet #probe_%d\",\"region\":\"EU-West\",\"timestamp\":%d}"
            .formatted(i, i, nowMs);
    return new ProducerRecord<>(
        TOPIC, (int) (i % Rig.PARTITIONS), nowMs, null, json.getBytes(StandardCharsets.UTF_8));
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
    Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
    all.put("question", "freshness");
    all.put("rate", rate);
    all.put("probes_per_s", probes);
    all.put("tags", tags);
    all.put("posts", options.posts);
    all.put("seconds", seconds);
    all.put("warm_up_s", warmUp);
    all.put("rounds", options.rounds);
    all.put("poll_ms", pollMs);
    all.put("java_options", options.javaOptions);
    all.put("serve_options", options.serveOptions);
    for (String figure : List.of("p50_ms", "p99_ms", "p999_ms", "max_ms", "ingested_per_s")) {
      all.put(figure, Latencies.spread(runs, figure).median());
    }
    all.put("runs", runs);
    all.put("not_shown", "a producer that lingers, a network, several instances");
    ResultFile.write(json, all);
  }
}
