package io.streamsocial.bench.contender;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.streamsocial.bench.contender.Contender.Rebuild;
import io.streamsocial.bench.machine.Machine;
import io.streamsocial.bench.posts.Digest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The process of one contender that rebuilds its state: its posts are all counted, its state
 * directory is gone. Measures from its start, without that of the JVM, until its state is whole.
 */
public final class RestoreMain {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final long TIMEOUT_SECONDS = 600;

  private RestoreMain() {}

  /**
   * @param times restores in this one process, each on an empty disk; the last one counts
   */
  public static int run(String name, Job job, int times) throws IOException, InterruptedException {
    Map<String, Object> result = restore(name, job);
    for (int i = 1; i < times && !result.isEmpty(); i++) {
      Machine.deleteTree(job.stateDir());
      Groups.empty(job.bootstrap(), name);
      result = restore(name, job);
    }
    if (result.isEmpty()) {
      System.err.println(name + " did not restore within " + TIMEOUT_SECONDS + " s");
      return 1;
    }
    System.out.println("RESULT " + new ObjectMapper().writeValueAsString(result));
    return 0;
  }

  /** Empty when it took too long. */
  private static Map<String, Object> restore(String name, Job job)
      throws IOException, InterruptedException {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("name", name);
    Map<String, Double> beginByKind = ThreadCpu.byKind();
    long beginCpu = SYSTEM.getProcessCpuTime();
    long begin = System.nanoTime();
    try (Contender contender = ContenderMain.make(name, job)) {
      contender.start();
      long reading = 0;
      long readingCpu = 0;
      for (Rebuild state = contender.rebuild();
          state != Rebuild.DONE;
          state = contender.rebuild()) {
        if (state == Rebuild.READING && reading == 0) {
          reading = System.nanoTime();
          readingCpu = SYSTEM.getProcessCpuTime();
        }
        TimeUnit.MILLISECONDS.sleep(5);
        if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS)) {
          return Map.of();
        }
      }
      long end = System.nanoTime();
      long endCpu = SYSTEM.getProcessCpuTime();
      if (reading == 0) {
        reading = end; // over before the first look
        readingCpu = endCpu;
      }
      result.put("seconds", (end - begin) / 1e9);
      result.put("cpu_s", (endCpu - beginCpu) / 1e9);
      ThreadCpu.byKind()
          .forEach(
              (kind, seconds) ->
                  result.put("cpu_" + kind + "_s", seconds - beginByKind.getOrDefault(kind, 0.0)));
      result.put("reading_s", (end - reading) / 1e9);
      result.put("reading_cpu_s", (endCpu - readingCpu) / 1e9);
      result.put("records", contender.restoredRecords());
      result.put("rss_peak_mb", ContenderMain.rssPeakMb());
      Digest digest = contender.result();
      result.put("compared_keys", digest.additions());
      result.put("digest", digest.toString());
      result.put("keys", digest.additions() + contender.furtherKeys());
    }
    return result;
  }
}
