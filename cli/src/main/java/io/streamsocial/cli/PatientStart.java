package io.streamsocial.cli;

import io.streamsocial.cli.shell.DurationConverter;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.http.server.WaitingServer;
import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts an instance as soon as Kafka answers and has the topics: until then it says every {@value
 * #LINE_SECONDS} s for what it waits, and the process is alive to who asks over HTTP, and not
 * ready. An instance and its Kafka are often started together, and the instance is faster.
 */
final class PatientStart {
  private static final int LINE_SECONDS = 5;
  private static final long PAUSE_MS = 1_000;

  private final EngineConfig config;
  private final ServerOptions options;
  private final Duration patience;
  private final Shell shell;
  private final long beganNanos = System.nanoTime();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread lines = new Thread(this::sayLines, "start-lines");
  private @Nullable WaitingServer waiting;
  private volatile String reason;

  private PatientStart(EngineConfig config, ServerOptions options, Duration patience, Shell shell) {
    this.config = config;
    this.options = options;
    this.patience = patience;
    this.shell = shell;
    this.reason =
        "waiting for Kafka at %s, which has not answered yet"
            .formatted(config.brokers().bootstrap());
    lines.setDaemon(true);
  }

  /**
   * @param patience for how long it is tried again
   * @throws UnavailableException when Kafka or a topic is still away then
   * @throws InterruptedException while it waits
   * @throws IOException when the address cannot be bound
   */
  static Instance start(EngineConfig config, ServerOptions options, Duration patience, Shell shell)
      throws IOException, InterruptedException {
    PatientStart start = new PatientStart(config, options, patience, shell);
    start.lines.start();
    try {
      return start.tryAgain();
    } finally {
      start.begin();
    }
  }

  private Instance tryAgain() throws IOException, InterruptedException {
    while (true) {
      try {
        return Instance.start(config, options, this::begin);
      } catch (AccessException e) {
        throw e; // no waiting changes that
      } catch (UnavailableException e) {
        if (shell.shutdown().isRequested() || elapsed().compareTo(patience) >= 0) {
          throw e;
        }
        explain(String.valueOf(e.getMessage()));
        Thread.sleep(PAUSE_MS);
      }
    }
  }

  /** Each reason is told once in full; the lines after it are short. */
  private void explain(String now) {
    if (!now.equals(reason)) {
      reason = now;
      shell.say(now);
    }
  }

  /** Kafka has answered: what follows says itself what it does, and listens itself. */
  private void begin() {
    ended.countDown();
    stopWaiting();
  }

  private synchronized void stopWaiting() {
    if (waiting != null) {
      waiting.close();
      waiting = null;
    }
  }

  /** Not where any free port will do: nobody knows it yet. */
  private synchronized void listen() {
    if (ended.getCount() == 0 || waiting != null || options.port() == 0) {
      return;
    }
    try {
      waiting = WaitingServer.start(options, () -> reason);
    } catch (IOException | ConfigException e) {
      shell.say("nobody can ask meanwhile whether it is alive: " + e.getMessage());
    }
  }

  private void sayLine(boolean isFirst) {
    if (isFirst) {
      listen();
    }
    shell.say(
        "waiting for Kafka at %s and topic %s: %s, at most %s (--wait-for-kafka)"
            .formatted(
                config.brokers().bootstrap(),
                config.posts().topic(),
                DurationConverter.format(Duration.ofSeconds(elapsed().toSeconds())),
                DurationConverter.format(patience)));
  }

  private void sayLines() {
    try {
      for (int i = 0; !ended.await(LINE_SECONDS, TimeUnit.SECONDS); i++) {
        if (!patience.isZero()) {
          sayLine(i == 0);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - beganNanos);
  }
}
