package io.streamsocial.bench.contender;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** CPU time of this process by kind of thread, in steps of 10 ms; empty without /proc. */
final class ThreadCpu {
  private static final double TICKS_A_SECOND = 100; // USER_HZ, fixed in Linux's interface

  private ThreadCpu() {}

  /** Seconds by kind, of the threads that live now. */
  static Map<String, Double> byKind() {
    Map<String, Double> seconds = new TreeMap<>();
    Path tasks = Path.of("/proc/self/task");
    if (!Files.isDirectory(tasks)) {
      return seconds;
    }
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        // 25 (C2 CompilerThre) S 1 ...: behind the name, utime and stime are the 12th and 13th.
        String stat = Files.readString(thread.resolve("stat"));
        String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        double used = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_A_SECOND;
        seconds.merge(kind(name), used, Double::sum);
      }
    } catch (IOException e) {
      seconds.clear(); // a thread has ended meanwhile
    }
    return seconds;
  }

  /** From names that the kernel cuts at 15 characters. */
  static String kind(String thread) {
    if (thread.startsWith("C1 Comp") || thread.startsWith("C2 Comp")) {
      return "jit";
    }
    if (thread.startsWith("rocksdb:")) {
      return "rocksdb";
    }
    if (thread.startsWith("loop-")
        || thread.contains("StreamThread")
        || thread.contains("StateUpdater")) {
      return "work";
    }
    // The thread of main() is called java: it starts everything.
    return thread.equals("java") || thread.equals("main") ? "main" : "other";
  }
}
