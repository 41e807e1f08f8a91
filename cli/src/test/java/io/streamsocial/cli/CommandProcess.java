package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.cli.shell.Shutdown;
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
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The command line in a process of its own, as {@code ./trending} runs it, except that an orderly
 * stop may take longer: other work on this machine may slow it down.
 */
public final class CommandProcess implements AutoCloseable {
  /** For what comes soon, but on a busy machine need not. */
  public static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Of the JVM: a stop that is cut short is another matter than one in order. */
  public static final String PATIENT_STOP = "-D%s=60000".formatted(Shutdown.PATIENCE_PROPERTY);

  private static final Pattern LISTENING = Pattern.compile("listening on https?://[^ :]+:(\\d+)");

  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

  private CommandProcess(Process process) {
    this.process = process;
    collect(process.getInputStream());
    collect(process.getErrorStream());
  }

  /** Quick to start. */
  public static CommandProcess start(List<String> arguments) throws IOException {
    return start(arguments, Map.of());
  }

  /** Quick to start, with these variables in its environment. */
  public static CommandProcess start(List<String> arguments, Map<String, String> environment)
      throws IOException {
    return start(
        List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), arguments, environment);
  }

  /** With the optimizing compiler and the heap of {@code ./trending}, for measurements. */
  public static CommandProcess startOptimizing(List<String> arguments) throws IOException {
    return start(List.of("-Xmx512m"), arguments, Map.of());
  }

  private static CommandProcess start(
      List<String> jvm, List<String> arguments, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(jvm);
    command.add(PATIENT_STOP);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return startJava(command, environment);
  }

  /** Java with exactly these arguments. */
  public static CommandProcess startJava(List<String> arguments, Map<String, String> environment)
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

  private void read(InputStream stream) {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      in.lines().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) { // closed when the process is destroyed
      lines.add("the output ended: " + e.getMessage());
    }
  }

  /** Everything printed so far, on either stream. */
  public String output() {
    return String.join("\n", lines);
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /**
   * The port that it says it listens on. With {@code --port 0} a test need not choose one, which
   * another process could take first.
   */
  public int awaitPort() {
    awaitUntil(() -> port().isPresent());
    return port().orElseThrow();
  }

  /** As {@link #awaitPort}, empty until it says so. */
  public OptionalInt port() {
    Matcher said = LISTENING.matcher(output());
    return said.find() ? OptionalInt.of(Integer.parseInt(said.group(1))) : OptionalInt.empty();
  }

  /**
   * Waits until this is so, and fails as soon as the process has ended. While its server does not
   * answer, it is not so.
   */
  public void awaitUntil(Callable<Boolean> condition) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              assertThat(isAlive()).as(output()).isTrue();
              return condition.call();
            });
  }

  /** Waits for it to end by itself; returns the exit code. Then all that it said is known. */
  public int awaitEnd() throws InterruptedException {
    return awaitEnd((int) PATIENCE.toSeconds());
  }

  /** As {@link #awaitEnd()}, at most so long. */
  public int awaitEnd(int seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + seconds + " s:\n" + output());
    }
    awaitOutput();
    return process.exitValue();
  }

  /** What it said last may still be in the pipes. */
  private void awaitOutput() throws InterruptedException {
    for (Thread reader : readers) {
      reader.join(PATIENCE.toMillis());
    }
  }

  /**
   * SIGTERM; returns the exit code. Through the handle, because {@code Process.destroy} also closes
   * the pipes, and what it says while it stops would be lost.
   */
  public int terminate() throws InterruptedException {
    boolean unused = process.toHandle().destroy();
    return awaitEnd();
  }

  /** kill -9; when this returns it writes to no file any more. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      boolean unused = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      awaitOutput();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
