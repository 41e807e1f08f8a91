package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The command line in a process of its own, as {@code ./trending} runs it, but for the time that an
 * orderly stop may take: how long that is depends on who else uses this machine.
 */
final class CommandProcess implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Of the JVM: a stop that is cut short is another matter than one in order. */
  static final String PATIENT_STOP =
      "-D%s=%d".formatted(Shutdown.PATIENCE_PROPERTY, PATIENCE.toMillis());

  private static final Pattern LISTENING =
      Pattern.compile("^listening on .*:([0-9]+)$", Pattern.MULTILINE);

  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

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
    command.add(PATIENT_STOP);
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
    readers.add(thread);
  }

  /** What it has printed may come behind its end. */
  private int ended() throws InterruptedException {
    for (Thread reader : readers) {
      reader.join(PATIENCE.toMillis());
    }
    return process.exitValue();
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

  /** Where it listens, on a port that it has chosen itself: one that we chose may be taken. */
  int awaitPort() {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              assertThat(isAlive()).as(output()).isTrue();
              return LISTENING.matcher(output()).results().findFirst();
            },
            Optional::isPresent)
        .map(found -> Integer.parseInt(found.group(1)))
        .orElseThrow();
  }

  /** Waits for it to end by itself; returns the exit code. */
  int awaitEnd(int seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + seconds + " s:\n" + output());
    }
    return ended();
  }

  /** SIGTERM; returns the exit code. */
  int terminate() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still running long after SIGTERM:\n" + output());
    }
    return ended();
  }

  /** It writes nothing any more when this returns: its directory may be deleted. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
