package io.streamsocial.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What each thread of a process had used at one moment, by Linux's own account in nanoseconds: the
 * process's total comes in steps of 10 ms, and that is what an idle one uses in a second.
 *
 * @param threads by the system's thread id
 */
public record ThreadTimes(Map<String, OneThread> threads) {
  /**
   * @param switches times that it gave up its core to wait
   */
  public record OneThread(String name, long cpuNanos, long switches) {
    private boolean isCompiler() {
      return name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler");
    }
  }

  /**
   * @throws IOException where there is no /proc, or no such process
   */
  public static ThreadTimes of(long pid) throws IOException {
    Map<String, OneThread> threads = new HashMap<>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks) {
        try {
          threads.put(task.getFileName().toString(), thread(task));
        } catch (IOException e) {
          // It has ended meanwhile.
        }
      }
    }
    return new ThreadTimes(threads);
  }

  private static OneThread thread(Path task) throws IOException {
    long nanos = Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ", 2)[0]);
    List<String> status = Files.readAllLines(task.resolve("status"));
    String name = field(status, "Name:");
    return new OneThread(name, nanos, Long.parseLong(field(status, "voluntary_ctxt_switches:")));
  }

  private static String field(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip())
        .findFirst()
        .orElse("0");
  }

  /** CPU time since another moment, ns; that of threads that have ended since is not known. */
  public long since(ThreadTimes before) {
    return sum(before, false, OneThread::cpuNanos);
  }

  /** The same of the JVM's compilers alone. */
  public long compilersSince(ThreadTimes before) {
    return sum(before, true, OneThread::cpuNanos);
  }

  /** How often a thread has begun to wait since another moment. */
  public long switchesSince(ThreadTimes before) {
    return sum(before, false, OneThread::switches);
  }

  private long sum(ThreadTimes before, boolean compilers, ToLongFunction<OneThread> figure) {
    long sum = 0;
    for (Map.Entry<String, OneThread> each : threads.entrySet()) {
      OneThread now = each.getValue();
      OneThread then = before.threads.get(each.getKey());
      if (!compilers || now.isCompiler()) {
        sum += figure.applyAsLong(now) - (then == null ? 0 : figure.applyAsLong(then));
      }
    }
    return sum;
  }
}
