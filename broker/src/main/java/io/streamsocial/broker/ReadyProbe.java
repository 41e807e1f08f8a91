package io.streamsocial.broker;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterResult;

/**
 * Waits until every running node itself answers, as a member of the right cluster, and sees all the
 * others.
 *
 * <p>A node is asked only once its port accepts connections, because a client warns about every
 * attempt that fails.
 */
final class ReadyProbe {

  private static final Duration INTERVAL = Duration.ofMillis(50);
  private static final int REQUEST_MS = 10_000;

  private final List<BrokerNode> nodes;
  private final Ports ports;
  private final String clusterId;

  ReadyProbe(List<BrokerNode> nodes, Ports ports, String clusterId) {
    this.nodes = nodes;
    this.ports = ports;
    this.clusterId = clusterId;
  }

  void await(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      for (BrokerNode node : nodes) {
        for (String missing = state(node); !missing.isEmpty(); missing = state(node)) {
          // The pause between two questions ends early when the node dies.
          if (node.awaitEnd(INTERVAL)) {
            throw failure(node, "ended with exit code %d".formatted(node.exitCode()));
          }
          if (System.nanoTime() - deadline > 0) {
            throw failure(node, "was not ready after %s: %s".formatted(timeout, missing));
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted while waiting for Kafka to get ready", e);
    }
  }

  /** What keeps the node from being ready; empty when nothing does. */
  private String state(BrokerNode node) throws InterruptedException {
    int port = ports.clients().get(node.id() - 1);
    if (!Ports.accepts(port)) {
      return "port %d is closed".formatted(port);
    }
    Map<String, Object> config =
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, Ports.HOST + ":" + port,
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MS,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MS);
    try (Admin admin = Admin.create(config)) {
      DescribeClusterResult cluster = admin.describeCluster();
      String id = cluster.clusterId().get(REQUEST_MS, TimeUnit.MILLISECONDS);
      if (!clusterId.equals(id)) {
        return "port %d is served by another cluster, %s".formatted(port, id);
      }
      int seen = cluster.nodes().get(REQUEST_MS, TimeUnit.MILLISECONDS).size();
      return seen >= nodes.size() ? "" : "it sees %d of %d nodes".formatted(seen, nodes.size());
    } catch (ExecutionException | TimeoutException e) {
      return "it does not answer: " + e;
    }
  }

  private static BrokerException failure(BrokerNode node, String what) {
    return new BrokerException(
        "Kafka node %d %s. Its log, %s, ends with:%n%s"
            .formatted(node.id(), what, node.log(), node.logTail()));
  }
}
