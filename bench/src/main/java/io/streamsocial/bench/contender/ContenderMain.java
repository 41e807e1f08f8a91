package io.streamsocial.bench.contender;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.streamsocial.processor.Guarantee;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The process of one contender: runs the job, samples how many posts are done and what CPU the
 * process has used, and prints one line of JSON at the end.
 */
public final class ContenderMain {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final long TIMEOUT_SECONDS = 900;

  /** One look at the process. */
  private record Sample(long posts, long cpuNanos, long nanos) {
    static Sample now(long posts) {
      return new Sample(posts, SYSTEM.getProcessCpuTime(), System.nanoTime());
    }
  }

  private ContenderMain() {}

  public static int run(String name, Job job) throws IOException, InterruptedException {
    List<Sample> samples = new ArrayList<>();
    String exact;
    Map<String, Object> result = new LinkedHashMap<>();
    try (Contender contender = make(name, job)) {
      Sample begin = Sample.now(0);
      samples.add(begin);
      contender.start();
      while (!contender.isDone()) {
        TimeUnit.MILLISECONDS.sleep(100);
        samples.add(Sample.now(contender.processed()));
        if (System.nanoTime() - begin.nanos > TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS)) {
          System.err.println(name + " did not finish within " + TIMEOUT_SECONDS + " s");
          return 1;
        }
      }
      Sample end = Sample.now(job.posts());
      Sample half = half(samples, job.posts());
      result.put("name", name);
      result.put("posts", job.posts());
      result.put("seconds", seconds(end.nanos - begin.nanos));
      result.put("posts_per_s", rate(half, end));
      result.put("cpu_s_per_million", cpu(half, end));
      result.put("cpu_s_per_million_whole_run", cpu(begin, end));
      result.put("shuffle_mb", contender.shuffleBytes() / 1e6);
      result.put("changelog_mb", contender.changelogBytes() / 1e6);
      result.put("rss_peak_mb", rssPeakMb());
      exact = contender.result().toString();
    }
    result.put("digest", exact);
    System.out.println("RESULT " + new ObjectMapper().writeValueAsString(result));
    return 0;
  }

  static Contender make(String name, Job job) {
    return switch (name) {
      case "ours-eos" -> new OursContender(job, Guarantee.EXACTLY_ONCE, Duration.ZERO);
      case "ours-alo" -> new OursContender(job, Guarantee.AT_LEAST_ONCE, Duration.ZERO);
      case "ours-eos-dedupe" -> new OursContender(job, Guarantee.EXACTLY_ONCE, Duration.ofHours(1));
      case "streams-eos" -> new StreamsContender(job, StreamsContender.Kind.DEFAULT);
      case "streams-eos-tx" -> new StreamsContender(job, StreamsContender.Kind.TRANSACTIONAL);
      case "streams-eos-norepartition" ->
          new StreamsContender(job, StreamsContender.Kind.NO_REPARTITION);
      case "floor-poll" -> FloorContender.ofAnAfternoon(job, AfternoonWork.Depth.POLL);
      case "floor-parse" -> FloorContender.ofAnAfternoon(job, AfternoonWork.Depth.PARSE);
      case "floor-fold" -> FloorContender.ofAnAfternoon(job, AfternoonWork.Depth.FOLD);
      case "floor-best" -> FloorContender.best(job);
      default -> throw new IllegalArgumentException("no contender is called " + name);
    };
  }

  /** The first sample with half of the posts done: behind it everything is warm. */
  private static Sample half(List<Sample> samples, long posts) {
    for (Sample sample : samples) {
      if (sample.posts >= posts / 2) {
        return sample;
      }
    }
    return samples.get(samples.size() - 1);
  }

  private static double rate(Sample from, Sample to) {
    return (to.posts - from.posts) / Math.max(1e-9, seconds(to.nanos - from.nanos));
  }

  private static double cpu(Sample from, Sample to) {
    return seconds(to.cpuNanos - from.cpuNanos) * 1e6 / Math.max(1, to.posts - from.posts);
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  /** VmHWM of Linux; 0 elsewhere. */
  static double rssPeakMb() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    return 0;
  }
}
