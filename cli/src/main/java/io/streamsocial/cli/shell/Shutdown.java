package io.streamsocial.cli.shell;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGTERM and SIGINT as a future, so that commands end in order on their own thread. The JVM would
 * end with 143 as soon as its hooks have run; the hook here waits for the command and then ends the
 * process with the command's own exit code.
 */
public final class Shutdown {
  /** Milliseconds that a stop may take, for a machine that is too slow for the default. */
  public static final String PATIENCE_PROPERTY = "streamsocial.stop.ms";

  /** Less than the 10 s after which orchestrators and people kill a process. */
  public static final Duration PATIENCE = Duration.ofMillis(Long.getLong(PATIENCE_PROPERTY, 9_500));

  private final CompletableFuture<Void> requested = new CompletableFuture<>();
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile int exitCode = ExitCode.FAILED;

  /** Not tied to the process, as tests need it. */
  public Shutdown() {}

  /** Once in a process. */
  public static Shutdown install() {
    Shutdown shutdown = new Shutdown();
    Runtime.getRuntime().addShutdownHook(new Thread(shutdown::onSignal, "shutdown"));
    return shutdown;
  }

  /** Completed when the process was asked to end. */
  public CompletableFuture<Void> requested() {
    return requested;
  }

  /** The task must be short: it runs on the hook's thread. */
  public void whenRequested(Runnable task) {
    var unused = requested.thenRun(task);
  }

  public boolean isRequested() {
    return requested.isDone();
  }

  /** Does what a signal does. */
  public void request() {
    requested.complete(null);
  }

  private void onSignal() {
    if (finished.getCount() == 0) {
      return; // an ordinary exit, which runs the hooks as well
    }
    request();
    try {
      if (!finished.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println(
            "not finished after " + PATIENCE.toMillis() + " ms: ending all the same");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.err.flush();
    Runtime.getRuntime().halt(exitCode);
  }

  /** The command has ended; does not return. */
  public void exit(int code) {
    exitCode = code;
    finished.countDown();
    System.exit(code);
  }
}
