package io.streamsocial.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A JVM with this one's class path, its output in a file. Ended by {@link #close}. */
public final class ChildJvm implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(12);

  private final String name;
  private final Path log;
  private final Process process;

  private ChildJvm(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
  }

  /**
   * @param directory where its output goes, to {@code NAME.log}
   */
  public static ChildJvm start(
      String name, Path directory, List<String> options, String mainClass, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(arguments);
    Path log = directory.resolve(name + ".log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new ChildJvm(name, log, process);
  }

  /** Waits until its output has the pattern, and returns the first group. */
  public String await(Pattern pattern, Duration timeout) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      boolean alive = process.isAlive();
      Matcher matcher = pattern.matcher(Files.readString(log));
      if (matcher.find()) {
        return matcher.group(1);
      }
      if (!alive || System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s does not say '%s', it says:%n%s".formatted(name, pattern, Files.readString(log)));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  public long pid() {
    return process.pid();
  }

  /**
   * CPU time of all its threads so far, in steps of about 10 ms; 0 where the system does not tell.
   */
  public long cpuNanos() {
    return process.toHandle().info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  /** The most memory it has held so far; NaN where there is no /proc. */
  public double rssPeakMb() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /** Ends it at once, as {@code kill -9} does. */
  public void kill() throws InterruptedException {
    int unused = process.destroyForcibly().waitFor();
  }

  /** Asks the process to end, and kills it after some seconds. */
  @Override
  public void close() {
    end(STOP);
  }

  /** Asks the process to end, and kills it when it has not after so long. */
  public void end(Duration patience) {
    process.destroy();
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
