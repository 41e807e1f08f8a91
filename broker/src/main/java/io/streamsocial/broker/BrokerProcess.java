package io.streamsocial.broker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * The main class of a child JVM: formats the node's directory if it is new, then is a Kafka server.
 *
 * <p>Its life hangs on its standard input, a pipe whose other end only the parent holds. The kernel
 * closes that end when the parent ends, however it ends, kill -9 included, and then this process
 * halts. It halts rather than shuts down because an orderly shutdown of one node waits for the
 * others, which are ending as well; Kafka recovers its log from that as from any crash.
 *
 * <p>Ctrl-C and a closed terminal reach every process of the terminal at once. They are ignored
 * here: the parent gets them too, still needs this broker for its last transactions, and then stops
 * it.
 */
final class BrokerProcess {

  // The next attempt deletes the files that other threads create meanwhile.
  private static final int DELETE_ATTEMPTS = 20;

  private BrokerProcess() {}

  /**
   * Arguments: the path of server.properties, the cluster id, and, if the node is temporary, its
   * directory, to be deleted when the parent ends without having done so.
   */
  public static void main(String[] args) throws ReflectiveOperationException {
    haltWithParent(args.length > 2 ? Optional.of(Path.of(args[2])) : Optional.empty());
    ignoreSignal("INT");
    ignoreSignal("HUP");
    String properties = args[0];
    String clusterId = args[1];
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int exit =
        StorageTool.execute(
            new String[] {
              "format", "--ignore-formatted", "--config", properties, "--cluster-id", clusterId
            },
            new PrintStream(output, true, StandardCharsets.UTF_8));
    if (exit != 0) {
      System.err.println(
          "formatting the node's directory failed: " + output.toString(StandardCharsets.UTF_8));
      System.exit(exit);
    }
    Kafka.main(new String[] {properties});
  }

  private static void haltWithParent(Optional<Path> temporary) {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // The parent never writes; only the end of the stream means something.
                }
              } catch (IOException e) {
                // A pipe that cannot be read has no parent behind it either.
              }
              temporary.ifPresent(BrokerProcess::deleteQuietly);
              Runtime.getRuntime().halt(143);
            },
            "parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  /** And the cluster's directory with it, if this was the last node's in there. */
  private static void deleteQuietly(Path nodeDir) {
    // A server whose files vanish halts its process: not before all of them have.
    Exit.setHaltProcedure((status, message) -> LockSupport.park());
    for (int attempt = 1; attempt <= DELETE_ATTEMPTS && Files.exists(nodeDir); attempt++) {
      try {
        Directories.delete(nodeDir);
      } catch (IOException | UncheckedIOException e) {
        // The parent is gone, so there is no one to report to; the files are temporary ones.
      }
    }
    try {
      Path clusterDir = nodeDir.getParent();
      if (clusterDir != null) {
        Files.deleteIfExists(clusterDir);
      }
    } catch (IOException e) {
      // Another node is still there, and does it.
    }
  }

  /**
   * By reflection, because javac refuses to name {@code sun.misc.Signal} without a warning. A
   * handler that does nothing, not {@code SIG_IGN}: Kafka puts its own in front and calls the
   * former one from it.
   */
  private static void ignoreSignal(String name) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object nothing =
        Proxy.newProxyInstance(
            BrokerProcess.class.getClassLoader(),
            new Class<?>[] {handler},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(proxy);
                  case "equals" -> proxy == arguments[0];
                  case "toString" -> "ignore SIG" + name;
                  default -> null;
                });
    signal
        .getMethod("handle", signal, handler)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), nothing);
  }
}
