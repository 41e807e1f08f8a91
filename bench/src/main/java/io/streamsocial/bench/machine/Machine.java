package io.streamsocial.bench.machine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The machine that is measured on. */
public final class Machine {
  private Machine() {}

  /** Words to put before a command so that it runs on one core; none where taskset is missing. */
  public static List<String> pinned(int core) {
    return hasTaskset() ? List.of("taskset", "-c", Integer.toString(core)) : List.of();
  }

  /** Pins all threads of a running process. */
  public static void pin(long pid, int core) {
    if (hasTaskset()) {
      output(List.of("taskset", "-a", "-c", "-p", Integer.toString(core), Long.toString(pid)));
    } else {
      System.out.println("taskset is missing: nothing is pinned, figures are less steady");
    }
  }

  private static boolean hasTaskset() {
    return Files.isExecutable(Path.of("/usr/bin/taskset"));
  }

  /** The facts of a result file: commit, date, JDK, machine. */
  public static Map<String, Object> describe() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("commit", output(List.of("git", "rev-parse", "--short=12", "HEAD")));
    facts.put("uncommitted_changes", !output(List.of("git", "status", "--porcelain")).isEmpty());
    facts.put("date", Instant.now().toString());
    facts.put(
        "jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("cpu", cpuModel());
    return facts;
  }

  /** Threads that run or wait to, over the last minute; negative where the system does not tell. */
  public static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String cpuModel() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 2))
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String output(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        return String.join("\n", out.lines().toList());
      }
    } catch (IOException e) {
      return "unknown";
    }
  }

  public static void deleteTree(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(Machine::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
