package io.streamsocial.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One node's directory and its child JVM, if one runs. Owned by {@link LocalBroker}, which guards
 * it.
 *
 * <pre>
 *   node-1/server.properties   written at each start
 *   node-1/broker.log          what the child prints, appended
 *   node-1/data/               Kafka's; meta.properties holds the cluster id
 * </pre>
 */
final class BrokerNode {

  private static final int TAIL_LINES = 20;
  private static final int TAIL_BYTES = 64 << 10;
  private static final Duration KILL_TIMEOUT = Duration.ofMinutes(1);

  private final int id;
  private final Path dir;
  private @Nullable Process process;
  private long logStart;

  BrokerNode(int id, Path clusterDir) {
    this.id = id;
    this.dir = clusterDir.resolve("node-" + id);
  }

  int id() {
    return id;
  }

  Path logDir() {
    return dir.resolve("data");
  }

  Path metaFile() {
    return logDir().resolve("meta.properties");
  }

  /** Whether it ran before and its last process did not end in order. */
  boolean wasKilled() {
    return Files.exists(metaFile()) && !Files.exists(logDir().resolve(".kafka_cleanshutdown"));
  }

  /**
   * Starts the child and returns at once.
   *
   * @param temporary whether the child deletes its directory when it outlives this JVM
   */
  void start(String clusterId, Properties server, BrokerConfig config, boolean temporary) {
    if (isAlive()) {
      throw new IllegalStateException("node %d runs already, pid %d".formatted(id, pid()));
    }
    Path properties = dir.resolve("server.properties");
    Path log = log();
    try {
      Files.createDirectories(dir);
      try (OutputStream out = Files.newOutputStream(properties)) {
        server.store(out, null);
      }
      logStart = Files.exists(log) ? Files.size(log) : 0;
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(config.jvm().arguments());
      command.add("-Dlogback.configurationFile=io/streamsocial/broker/child-logback.xml");
      command.add("-cp");
      command.add(config.jvm().classPath());
      command.add(BrokerProcess.class.getName());
      command.add(properties.toString());
      command.add(clusterId);
      if (temporary) {
        command.add(dir.toString());
      }
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    } catch (IOException e) {
      throw new BrokerException(
          "node %d cannot be started in %s: %s".formatted(id, dir, e.getMessage()), e);
    }
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  long pid() {
    if (process == null) {
      throw new IllegalStateException("node %d was never started".formatted(id));
    }
    return process.pid();
  }

  int exitCode() {
    return process == null || process.isAlive() ? -1 : process.exitValue();
  }

  /** Waits until the child ends, at most so long; true when it has ended. */
  boolean awaitEnd(Duration timeout) throws InterruptedException {
    return process == null || process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Asks for an orderly shutdown and returns at once. Through the handle, because {@code
   * Process.destroy} also closes the child's standard input, at which it halts.
   */
  void terminate() {
    if (process != null) {
      process.toHandle().destroy();
    }
  }

  /** kill -9, and waits for the end. */
  void kill() {
    if (process == null) {
      return;
    }
    process.destroyForcibly();
    boolean interrupted = false;
    boolean ended = false;
    long deadline = System.nanoTime() + KILL_TIMEOUT.toNanos();
    while (!ended && System.nanoTime() < deadline) {
      try {
        ended = process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!ended) {
      throw new BrokerException("node %d, pid %d, survives kill -9".formatted(id, process.pid()));
    }
  }

  Path log() {
    return dir.resolve("broker.log");
  }

  /** The last lines that the child printed since it was last started. */
  String logTail() {
    List<String> lines = logSinceStart().lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
  }

  /** Whether the child said since its start that another process has its port. */
  boolean foundPortTaken() {
    return logSinceStart().contains("Address already in use");
  }

  private String logSinceStart() {
    try (RandomAccessFile file = new RandomAccessFile(log().toFile(), "r")) {
      long from = Math.max(logStart, file.length() - TAIL_BYTES);
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(%s cannot be read: %s)".formatted(log(), e.getMessage());
    }
  }
}
