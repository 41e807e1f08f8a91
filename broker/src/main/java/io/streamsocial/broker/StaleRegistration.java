package io.streamsocial.broker;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.jspecify.annotations.Nullable;

/**
 * Makes a cluster of one node that was killed forget the killed process before the node starts
 * again.
 *
 * <p>Without this, Kafka 4.4 loses transactions whose commit it has acknowledged. The new process
 * finds its former self registered and leading, loads the transaction log, and tries to write the
 * markers of the commits that the kill interrupted to that leader, which no longer runs. When the
 * former session ends, the partitions have no leader for a moment; the coordinator takes them for
 * deleted, drops the markers ("these partitions are likely deleted already and hence can be
 * skipped") and calls the transaction complete. Its records then stay invisible, and the
 * partition's last stable offset stands still, for good. Seen in 8 of 8 kills right after a commit.
 * With three nodes the others fence the dead one while it is away.
 *
 * <p>So the node first runs as a controller alone, which leads no partition, and gets the request
 * to unregister the broker. That also saves waiting for the former session's end.
 */
final class StaleRegistration {

  private static final Duration INTERVAL = Duration.ofMillis(20);

  private StaleRegistration() {}

  /** The node's properties for this run: only the controller, on the same port. */
  static Properties controllerOnly(Properties server, int controllerPort) {
    Properties p = new Properties();
    p.putAll(server);
    p.setProperty("process.roles", "controller");
    p.setProperty("listeners", "CONTROLLER://%s:%d".formatted(Ports.HOST, controllerPort));
    p.remove("advertised.listeners");
    return p;
  }

  /** Of a node that was started so; returns when the broker is unregistered. */
  static void remove(BrokerNode node, int controllerPort, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      while (!Ports.accepts(controllerPort)) {
        if (node.awaitEnd(INTERVAL) || System.nanoTime() - deadline > 0) {
          throw failure(node, "it does not listen on port " + controllerPort, null);
        }
      }
      Map<String, Object> config =
          Map.of(
              AdminClientConfig.BOOTSTRAP_CONTROLLERS_CONFIG,
              Ports.HOST + ":" + controllerPort,
              AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
              10_000,
              AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
              (int) timeout.toMillis());
      try (Admin admin = Admin.create(config)) {
        admin.unregisterBroker(node.id()).all().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof BrokerIdNotRegisteredException)) {
        throw failure(node, "it refuses: " + e.getCause(), e);
      }
    } catch (TimeoutException e) {
      throw failure(node, "it does not answer within " + timeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(node, "interrupted", e);
    }
  }

  private static BrokerException failure(BrokerNode node, String why, @Nullable Throwable cause) {
    return new BrokerException(
        "Kafka node %d was killed before, and its controller does not unregister it: %s. Its log, %s, ends with:%n%s"
            .formatted(node.id(), why, node.log(), node.logTail()),
        cause);
  }
}
