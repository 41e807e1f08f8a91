package io.streamsocial.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The command line in a process of its own, as {@code ./trending} runs it. */
final class CommandProcess implements AutoCloseable {
  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private CommandProcess(Process process) {
    this.process = process;
    collect(process.getInputStream());
    collect(process.getErrorStream());
  }

  /** Quick to start. */
  static CommandProcess start(List<String> arguments) throws IOException {
    return start(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), arguments);
  }

  /** With the optimizing compiler and the heap of {@code ./trending}, for measurements. */
  static CommandProcess startOptimizing(List<String> arguments) throws IOException {
    return start(List.of("-Xmx512m"), arguments);
  }

  private static CommandProcess start(List<String> jvm, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return startJava(command, Map.of());
  }

  /** All that java is given, by somebody else than this class. */
  static CommandProcess startJava(List<String> arguments, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new CommandProcess(builder.start());
  }

  private void collect(InputStream stream) {
    Thread thread = new Thread(() -> read(stream), "output-of-" + process.pid());
    thread.setDaemon(true);
    thread.start();
  }

  private void read(InputStream stream) {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      in.lines().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) { // closed when the process is destroyed
      lines.add("the output ended: " + e.getMessage());
    }
  }

  /** Everything printed so far, on either stream. */
  String output() {
    return String.join("\n", lines);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** Waits for it to end by itself; returns the exit code. */
  int awaitEnd(int seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + seconds + " s:\n" + output());
    }
    return process.exitValue();
  }

  /** SIGTERM; returns the exit code. */
  int terminate() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new AssertionError("still running 10 s after SIGTERM:\n" + output());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
