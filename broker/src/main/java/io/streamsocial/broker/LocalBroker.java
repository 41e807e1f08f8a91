package io.streamsocial.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka cluster of one or three nodes on the loopback interface, each node a child JVM.
 *
 * <p>The children end with this JVM, also when it is killed with -9 (see {@link BrokerProcess}).
 * Nodes are numbered from 1. All methods may be called from any thread; those that start or stop
 * something wait for each other.
 */
public final class LocalBroker implements AutoCloseable {

  /** System property that names the children's class path; the default is this JVM's own. */
  public static final String CLASS_PATH_PROPERTY = "streamsocial.broker.classpath";

  private static final int PORT_ATTEMPTS = 5;
  private static final Duration PORT_PAUSE = Duration.ofSeconds(1);
  // One node alone always comes to its end, by and by on a busy machine. Of several the last may
  // not.
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration STOP_TIMEOUT_OF_SEVERAL = Duration.ofSeconds(5);

  private final BrokerConfig config;
  private final Path dataDir;
  private final boolean temporary;
  private final List<BrokerNode> nodes;
  private final String clusterId;
  private Ports ports;
  private boolean closed;

  private LocalBroker(BrokerConfig config) throws IOException {
    this.config = config;
    Path given = config.dataDir();
    this.temporary = given == null;
    this.dataDir =
        given == null
            ? Files.createTempDirectory("streamsocial-kafka-")
            : Files.createDirectories(given.toAbsolutePath().normalize());
    this.nodes =
        IntStream.rangeClosed(1, config.nodes()).mapToObj(i -> new BrokerNode(i, dataDir)).toList();
    this.clusterId = existingClusterId().orElseGet(() -> Uuid.randomUuid().toString());
    this.ports = Ports.free(config.nodes(), config.listeners().size());
  }

  /** One node, free ports, a temporary directory. */
  public static LocalBroker start() {
    return builder().start();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** host:port of all nodes, also of those that do not run at present. */
  public synchronized String bootstrap() {
    return ports.bootstrap();
  }

  /** As {@link #bootstrap()}, of a listener that was asked for. */
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
    return dataDir;
  }

  /** kill -9 of one node; returns when its process has ended. Nothing happens if it has already. */
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
        // While the node was away, somebody's connection was given its port: it keeps the port, so
        // that clients find it again, and the connection ends.
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
   * Stops all nodes, in order where the data is kept and at once where it is not, by force after
   * half a minute, several after five seconds; then deletes a temporary directory. Does nothing the
   * second time.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!temporary) {
      stopInOrder();
    }
    nodes.forEach(BrokerNode::kill);
    if (temporary) {
      deleteDataDir();
    }
  }

  /**
   * All are asked at once: the last of several could not stop in order anyway, since there is no
   * quorum left to release it.
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
    boolean given = config.port() != 0;
    if (given) {
      Ports wanted = Ports.from(config.port(), config.nodes(), config.listeners().size());
      List<Integer> taken = wanted.taken();
      if (taken.isEmpty()) {
        ports = wanted;
      } else if (config.portIsWish()) {
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
        if (!portTaken || (given && !config.portIsWish()) || attempt == PORT_ATTEMPTS) {
          throw e;
        }
        // Between choosing the port and binding it somebody else took it.
        ports = Ports.free(config.nodes(), config.listeners().size());
      }
    }
  }

  private void startNode(BrokerNode node) {
    Properties server = ServerProperties.of(node.id(), config, ports, node.logDir());
    if (nodes.size() == 1 && node.wasKilled()) {
      int port = ports.controllers().get(0);
      node.start(clusterId, StaleRegistration.controllerOnly(server, port), config, temporary);
      StaleRegistration.remove(node, port, config.readyTimeout());
      node.kill();
    }
    node.start(clusterId, server, config, temporary);
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

  /** Of the cluster that the directory holds already; its number of nodes cannot change. */
  private Optional<String> existingClusterId() throws IOException {
    List<Path> formatted =
        IntStream.rangeClosed(1, 3)
            .mapToObj(i -> new BrokerNode(i, dataDir).metaFile())
            .filter(Files::exists)
            .toList();
    if (formatted.isEmpty()) {
      return Optional.empty();
    }
    if (formatted.size() > nodes.size() || (formatted.size() == 1 && nodes.size() > 1)) {
      throw new BrokerException(
          "%s holds a cluster of %d node(s), %d asked for: ask for as many as it has, or name another directory"
              .formatted(dataDir, formatted.size(), nodes.size()));
    }
    Properties meta = new Properties();
    try (InputStream in = Files.newInputStream(formatted.get(0))) {
      meta.load(in);
    }
    String id = meta.getProperty("cluster.id");
    if (id == null) {
      throw new BrokerException(
          "%s has no cluster.id: the directory is damaged, delete it or name another one"
              .formatted(formatted.get(0)));
    }
    return Optional.of(id);
  }

  private void deleteDataDir() {
    try {
      Directories.delete(dataDir);
    } catch (IOException | UncheckedIOException e) {
      throw new BrokerException(
          "temporary directory %s cannot be deleted: %s".formatted(dataDir, e.getMessage()), e);
    }
  }

  /** What to start; every default is here. Not thread-safe. */
  public static final class Builder {
    private int nodes = 1;
    private int port = 0;
    private boolean portIsWish = false;
    private @Nullable Path dataDir = null;
    private String classPath = defaultClassPath();
    private String heap = "256m";
    private boolean optimizing = false;
    private final Map<String, String> properties = new HashMap<>();
    private final List<Listener> listeners = new ArrayList<>();
    // A node that dies is noticed at once, so this is only for one that is slow: three on one busy
    // core need more than a minute.
    private Duration readyTimeout = Duration.ofMinutes(5);

    private Builder() {}

    /** 1 or 3. */
    public Builder nodes(int value) {
      nodes = value;
      return this;
    }

    /** Of the first node, the others follow; refused when taken. 0, the default: free ones. */
    public Builder port(int value) {
      port = value;
      portIsWish = false;
      return this;
    }

    /** Like {@link #port}, but free ports are taken instead when one of them is in use. */
    public Builder preferPort(int value) {
      port = value;
      portIsWish = true;
      return this;
    }

    /**
     * Keeps the data: a directory that was used before is started again as the same cluster.
     * Default: a temporary directory, deleted on close.
     */
    public Builder dataDir(Path value) {
      dataDir = value;
      return this;
    }

    /** Of the children; wildcards as java takes them. */
    public Builder classPath(String value) {
      classPath = value;
      return this;
    }

    /** Of each node, as -Xmx takes it. */
    public Builder heap(String value) {
      heap = value;
      return this;
    }

    /** For measurements: the optimizing compiler and the JVM's own choice of collector. */
    public Builder optimizing(boolean value) {
      optimizing = value;
      return this;
    }

    /** One of Kafka's server properties, instead of the module's own choice. */
    public Builder property(String key, String value) {
      properties.put(key, value);
      return this;
    }

    /**
     * A further listener for clients on a free port, for example one with TLS and a login. The
     * plain one stays: with an authorizer its clients are {@code User:ANONYMOUS}.
     *
     * @param name capital letters and digits
     * @param protocol SSL, SASL_SSL or SASL_PLAINTEXT
     * @param values its own server properties, without Kafka's prefix for listeners
     */
    public Builder listener(String name, String protocol, Map<String, String> values) {
      listeners.add(new Listener(name, protocol, values));
      return this;
    }

    /** For all nodes together. */
    public Builder readyTimeout(Duration value) {
      readyTimeout = value;
      return this;
    }

    /**
     * Returns when every node answers.
     *
     * @throws IllegalArgumentException naming all settings that are wrong
     * @throws BrokerException when it does not get ready; nothing is left running
     */
    public LocalBroker start() {
      BrokerConfig config =
          new BrokerConfig(
              nodes,
              port,
              portIsWish,
              dataDir,
              classPath,
              heap,
              optimizing,
              properties,
              listeners,
              readyTimeout);
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

    private static String defaultClassPath() {
      String property = System.getProperty(CLASS_PATH_PROPERTY);
      if (property != null) {
        return property;
      }
      String environment = System.getenv("STREAMSOCIAL_BROKER_CLASSPATH");
      return environment != null ? environment : System.getProperty("java.class.path");
    }
  }
}
