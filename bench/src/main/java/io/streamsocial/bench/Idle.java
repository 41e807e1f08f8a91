package io.streamsocial.bench;

import io.streamsocial.bench.machine.ChildJvm;
import io.streamsocial.bench.machine.ThreadTimes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What does an instance cost that has nothing to count, or little? Run {@code bench/run idle}.
 *
 * <p>Four states of one broker, each warmed up: alone; with an instance; with a producer and no
 * instance; with both. So the share of the broker's CPU that is the instance's, and not the
 * producer's or the broker's own, is a difference of two of them. Of both processes also the share
 * of the compilers, which one that has run for hours does not have any more.
 *
 * <p>What it does not show: several instances, brokers with replicas.
 */
@Command(
    name = "idle",
    description = "CPU of an instance that has nothing to count, or little, and of its broker.",
    mixinStandardHelpOptions = true)
final class Idle implements Callable<Integer> {
  private static final String TOPIC = "posts";
  private static final int TAGS = 500;

  @Option(names = "--rate", description = "posts a second, of few (${DEFAULT-VALUE})")
  int rate = 100;

  @Mixin InstanceOptions options = new InstanceOptions("idle", 60, 60);

  private final Map<String, List<Map<String, Object>>> runs = new LinkedHashMap<>();

  @Override
  public Integer call() throws Exception {
    for (int round = 1; round <= options.rounds; round++) {
      round();
    }
    report();
    return 0;
  }

  private void round() throws IOException, InterruptedException {
    try (Rig rig = new Rig()) {
      rig.createTopic(TOPIC);
      measure("broker alone", rig, null);
      Rig.Server instance = rig.startInstance(TOPIC, options.javaWords(), options.serveWords());
      measure("idle", rig, instance.process());
      ChildJvm feed = rig.startFeed(TOPIC, TAGS, rate);
      rig.awaitRate(TOPIC, rate);
      measure("few posts", rig, instance.process());
      rig.stop(instance.process());
      measure("few posts, no instance", rig, null);
      rig.stop(feed);
    }
  }

  private void measure(String state, Rig rig, @Nullable ChildJvm instance)
      throws IOException, InterruptedException {
    TimeUnit.SECONDS.sleep(options.warmUp);
    ThreadTimes broker = ThreadTimes.of(rig.brokerPid());
    ThreadTimes process = instance == null ? null : ThreadTimes.of(instance.pid());
    long begin = System.nanoTime();
    TimeUnit.SECONDS.sleep(options.seconds);
    double nanos = System.nanoTime() - begin;
    Map<String, Object> run = new LinkedHashMap<>();
    ThreadTimes brokerThen = ThreadTimes.of(rig.brokerPid());
    run.put("broker_percent", 100 * brokerThen.since(broker) / nanos);
    run.put("broker_compilers_percent", 100 * brokerThen.compilersSince(broker) / nanos);
    if (instance != null && process != null) {
      ThreadTimes then = ThreadTimes.of(instance.pid());
      run.put("instance_percent", 100 * then.since(process) / nanos);
      run.put("instance_compilers_percent", 100 * then.compilersSince(process) / nanos);
      run.put("instance_switches_per_s", then.switchesSince(process) * 1e9 / nanos);
    }
    runs.computeIfAbsent(state, s -> new ArrayList<>()).add(run);
    System.out.printf("%-24s %s%n", state, line(List.of(run)));
  }

  private static String line(List<Map<String, Object>> same) {
    StringBuilder line = new StringBuilder();
    for (String figure : same.get(0).keySet()) {
      Latencies.Spread spread = Latencies.spread(same, figure);
      line.append(
          "%s %.2f (%.2f to %.2f)  "
              .formatted(figure.replace('_', ' '), spread.median(), spread.min(), spread.max()));
    }
    return line.toString().strip();
  }

  private void report() throws IOException {
    System.out.printf("%nmedian of %d rounds (least to most), %% of a core%n", options.rounds);
    runs.forEach((state, same) -> System.out.printf("%-24s %s%n", state, line(same)));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rate", rate);
    runs.forEach(
        (state, same) -> {
          for (String figure : same.get(0).keySet()) {
            facts.put(state + ": " + figure, Latencies.spread(same, figure).median());
          }
        });
    facts.put("runs", runs);
    facts.put("not_shown", "several instances, brokers with replicas");
    options.write(facts);
  }
}
