package io.streamsocial.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.streamsocial.bench.Contender.Rebuild;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The process of one contender that rebuilds its state: its posts are all counted, its state
 * directory is gone. Measures from its start, without that of the JVM, until its state is whole.
 */
final class RestoreMain {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final long TIMEOUT_SECONDS = 600;

  private RestoreMain() {}

  static int run(String name, Job job) throws IOException, InterruptedException {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("name", name);
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
          System.err.println(name + " did not restore within " + TIMEOUT_SECONDS + " s");
          return 1;
        }
      }
      result.put("seconds", (System.nanoTime() - begin) / 1e9);
      result.put("cpu_s", (SYSTEM.getProcessCpuTime() - beginCpu) / 1e9);
      result.put("reading_s", (System.nanoTime() - reading) / 1e9);
      result.put("reading_cpu_s", (SYSTEM.getProcessCpuTime() - readingCpu) / 1e9);
      result.put("records", contender.restoredRecords());
      result.put("rss_peak_mb", ContenderMain.rssPeakMb());
      Digest digest = contender.result();
      result.put("compared_keys", digest.additions());
      result.put("digest", digest.toString());
      result.put("keys", digest.additions() + contender.furtherKeys());
    }
    System.out.println("RESULT " + new ObjectMapper().writeValueAsString(result));
    return 0;
  }
}
