package io.streamsocial.broker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;

/**
 * A real Kafka cluster of one or three nodes on the loopback interface, each node a child JVM.
 *
 * <p>The children end with this JVM, also when it is killed with -9 (see {@link BrokerProcess}).
 * Nodes are numbered from 1. All methods may be called from any thread; those that start or stop a
 * node wait for each other.
 */
public final class LocalBroker implements AutoCloseable {

  /** System property that names the children's class path; the default is this JVM's own. */
  public static final String CLASS_PATH_PROPERTY = "streamsocial.broker.classpath";

  private static final int PORT_ATTEMPTS = 5;
  private static final Duration PORT_PAUSE = Duration.ofSeconds(1);
  // A single node always stops in the end, slowly on a busy machine; the last of several may not.
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration STOP_TIMEOUT_OF_SEVERAL = Duration.ofSeconds(5);

  private final BrokerConfig config;
  private final ClusterDirectory directory;
  private final List<BrokerNode> nodes;
  private final String clusterId;
  private Ports ports;
  private boolean closed;

  private LocalBroker(BrokerConfig config) throws IOException {
    this.config = config;
    this.directory = ClusterDirectory.open(config.dataDir());
    this.nodes =
        IntStream.rangeClosed(1, config.nodes())
            .mapToObj(i -> new BrokerNode(i, directory.path()))
            .toList();
    this.clusterId = directory.clusterId(config.nodes());
    this.ports = Ports.free(config.nodes(), config.listeners().size());
  }

  /** One node, free ports, a temporary directory. */
  public static LocalBroker start() {
    return start(BrokerConfig.defaults());
  }

  /**
   * Returns when every node answers.
   *
   * @throws IllegalArgumentException naming all settings that are wrong
   * @throws BrokerException when it does not get ready; no process is left running
   */
  public static LocalBroker start(BrokerConfig config) {
    config.requireValid();
    LocalBroker broker;
    try {
      broker = new LocalBroker(config);
    } catch (IOException e) {
      throw new BrokerException(
          "the data directory cannot be used: %s".formatted(e.getMessage()), e);
    }
    try {
      broker.startAll();
      return broker;
    } catch (RuntimeException | Error e) {
      try {
        broker.close();
      } catch (RuntimeException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** host:port of all nodes, also of nodes that are not running. */
  public synchronized String bootstrap() {
    return ports.bootstrap();
  }

  /** As {@link #bootstrap()}, for a further listener of the configuration. */
  public synchronized String bootstrap(String listener) {
    for (int i = 0; i < config.listeners().size(); i++) {
      if (config.listeners().get(i).name().equals(listener)) {
        return Ports.bootstrap(ports.further().get(i));
      }
    }
    throw new IllegalArgumentException("no listener is named " + listener);
  }

  public String clusterId() {
    return clusterId;
  }

  /** How many nodes the cluster has. */
  public int nodes() {
    return nodes.size();
  }

  /** Where a node serves clients; it keeps its port over {@link #restart}. */
  public synchronized int port(int node) {
    node(node);
    return ports.clients().get(node - 1);
  }

  /** Of the node's present, or last, process. */
  public synchronized long pid(int node) {
    return node(node).pid();
  }

  public synchronized boolean isAlive(int node) {
    return node(node).isAlive();
  }

  /** The cluster's directory; with a log for each node in {@code node-N/broker.log}. */
  public Path dataDir() {
    return directory.path();
  }

  /** kill -9 of one node; returns when its process has ended. No effect on one that has ended. */
  public synchronized void kill(int node) {
    node(node).kill();
  }

  /** Starts a node again, killing it first if it runs, and returns when all running are ready. */
  public synchronized void restart(int node) {
    if (closed) {
      throw new IllegalStateException("this broker is closed");
    }
    node(node).kill();
    List<BrokerNode> running = nodes.stream().filter(n -> n.id() == node || n.isAlive()).toList();
    for (int attempt = 1; ; attempt++) {
      try {
        startNode(node(node));
        awaitReady(running);
        return;
      } catch (BrokerException e) {
        if (!node(node).foundPortTaken() || attempt == PORT_ATTEMPTS) {
          throw e;
        }
        node(node).kill();
        // While the node was down, the system gave its port to an outgoing connection. Wait for
        // the connection to end: clients look for the node at its old port.
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PORT_PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted while waiting for a port", e);
    }
  }

  /**
   * Stops all nodes: in order where the data is kept, at once where it is not, and by force after
   * half a minute (several nodes: five seconds). Then deletes a temporary directory. Idempotent.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!directory.isTemporary()) {
      stopInOrder();
    }
    nodes.forEach(BrokerNode::kill);
    if (directory.isTemporary()) {
      directory.delete();
    }
  }

  /**
   * Asks all at once: the last of several could not stop in order anyway, since there is no quorum
   * left to release it.
   */
  private void stopInOrder() {
    nodes.forEach(BrokerNode::terminate);
    Duration timeout = nodes.size() == 1 ? STOP_TIMEOUT : STOP_TIMEOUT_OF_SEVERAL;
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      for (BrokerNode node : nodes) {
        if (!node.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()))) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void startAll() {
    BrokerConfig.Port port = config.port();
    boolean given = port.number() != 0;
    if (given) {
      Ports wanted = Ports.from(port.number(), config.nodes(), config.listeners().size());
      List<Integer> taken = wanted.taken();
      if (taken.isEmpty()) {
        ports = wanted;
      } else if (port.isPreference()) {
        given = false;
      } else {
        throw new BrokerException(
            "port %s on %s is in use: stop what listens there, or choose another port, 0 for any free one"
                .formatted(taken.get(0), Ports.HOST));
      }
    }
    for (int attempt = 1; ; attempt++) {
      try {
        nodes.forEach(this::startNode);
        awaitReady(nodes);
        return;
      } catch (BrokerException e) {
        nodes.forEach(BrokerNode::kill);
        boolean portTaken = nodes.stream().anyMatch(BrokerNode::foundPortTaken);
        if (!portTaken || (given && !port.isPreference()) || attempt == PORT_ATTEMPTS) {
          throw e;
        }
        // Another process took the port between choosing and binding it.
        ports = Ports.free(config.nodes(), config.listeners().size());
      }
    }
  }

  private void startNode(BrokerNode node) {
    Properties server = ServerProperties.of(node.id(), config, ports, node.logDir());
    if (nodes.size() == 1 && node.wasKilled()) {
      int port = ports.controllers().get(0);
      node.start(
          clusterId,
          StaleRegistration.controllerOnly(server, port),
          config,
          directory.isTemporary());
      StaleRegistration.remove(node, port, config.readyTimeout());
      node.kill();
    }
    node.start(clusterId, server, config, directory.isTemporary());
  }

  private void awaitReady(List<BrokerNode> running) {
    new ReadyProbe(running, ports, clusterId).await(config.readyTimeout());
  }

  private BrokerNode node(int node) {
    if (node < 1 || node > nodes.size()) {
      throw new IllegalArgumentException(
          "node is %d: allowed is 1 to %d".formatted(node, nodes.size()));
    }
    return nodes.get(node - 1);
  }
}
