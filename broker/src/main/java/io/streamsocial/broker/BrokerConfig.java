package io.streamsocial.broker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link LocalBroker}. Immutable; each method with an argument returns a copy
 * with one setting changed. {@link LocalBroker#start(BrokerConfig)} refuses wrong settings.
 *
 * @param nodes 1 or 3, each broker and controller in one
 * @param port where the first node listens; the others listen on the ports after it
 * @param dataDir null for a temporary one, deleted on close
 * @param jvm the child processes
 * @param properties override those of {@link ServerProperties}
 * @param listeners beside the plain one, which stays the one between the nodes
 * @param readyTimeout for all nodes together
 */
public record BrokerConfig(
    int nodes,
    Port port,
    @Nullable Path dataDir,
    Jvm jvm,
    Map<String, String> properties,
    List<Listener> listeners,
    Duration readyTimeout) {
  // A node that dies is noticed at once, so this is only for a slow one: three nodes on one busy
  // core need more than a minute.
  private static final Duration READY_TIMEOUT = Duration.ofMinutes(5);

  /**
   * @param number 0 for any free port
   * @param isPreference whether free ports are taken instead when one of them is in use
   */
  public record Port(int number, boolean isPreference) {
    static final Port ANY = new Port(0, false);
  }

  /**
   * @param classPath Kafka's server, this module, an SLF4J provider; wildcards as java takes them
   * @param heap of each child, as -Xmx takes it
   * @param optimizing whether the children get the optimizing compiler and the JVM's choice of
   *     collector, for measurements; otherwise they start faster and stay smaller
   */
  public record Jvm(String classPath, String heap, boolean optimizing) {
    List<String> arguments() {
      List<String> arguments =
          new ArrayList<>(List.of("-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError"));
      if (!optimizing) {
        arguments.add("-XX:TieredStopAtLevel=1");
        arguments.add("-XX:+UseSerialGC");
      }
      return arguments;
    }
  }

  public BrokerConfig {
    properties = Map.copyOf(properties);
    listeners = List.copyOf(listeners);
  }

  /** One node, free ports, a temporary directory. */
  public static BrokerConfig defaults() {
    return new BrokerConfig(
        1,
        Port.ANY,
        null,
        new Jvm(defaultClassPath(), "256m", false),
        Map.of(),
        List.of(),
        READY_TIMEOUT);
  }

  private static String defaultClassPath() {
    String property = System.getProperty(LocalBroker.CLASS_PATH_PROPERTY);
    if (property != null) {
      return property;
    }
    String environment = System.getenv("STREAMSOCIAL_BROKER_CLASSPATH");
    return environment != null ? environment : System.getProperty("java.class.path");
  }

  public BrokerConfig nodes(int value) {
    return new BrokerConfig(value, port, dataDir, jvm, properties, listeners, readyTimeout);
  }

  /** Where the first node listens; a port in use is refused. */
  public BrokerConfig port(int value) {
    return port(new Port(value, false));
  }

  /** Like {@link #port(int)}, but free ports are taken instead when one of them is in use. */
  public BrokerConfig preferPort(int value) {
    return port(new Port(value, true));
  }

  private BrokerConfig port(Port value) {
    return new BrokerConfig(nodes, value, dataDir, jvm, properties, listeners, readyTimeout);
  }

  /** Keeps the data: a directory that was used before is started again as the same cluster. */
  public BrokerConfig dataDir(Path value) {
    return new BrokerConfig(nodes, port, value, jvm, properties, listeners, readyTimeout);
  }

  public BrokerConfig classPath(String value) {
    return jvm(new Jvm(value, jvm.heap, jvm.optimizing));
  }

  public BrokerConfig heap(String value) {
    return jvm(new Jvm(jvm.classPath, value, jvm.optimizing));
  }

  /** For measurements: the optimizing compiler and the JVM's own choice of collector. */
  public BrokerConfig optimizing() {
    return jvm(new Jvm(jvm.classPath, jvm.heap, true));
  }

  private BrokerConfig jvm(Jvm value) {
    return new BrokerConfig(nodes, port, dataDir, value, properties, listeners, readyTimeout);
  }

  /** One of Kafka's server properties, instead of the module's own choice. */
  public BrokerConfig property(String key, String value) {
    Map<String, String> more = new HashMap<>(properties);
    more.put(key, value);
    return new BrokerConfig(nodes, port, dataDir, jvm, more, listeners, readyTimeout);
  }

  /**
   * A further listener for clients on a free port, for example one with TLS and a login. The plain
   * one stays: with an authorizer its clients are {@code User:ANONYMOUS}.
   *
   * @param name capital letters and digits
   * @param protocol SSL, SASL_SSL or SASL_PLAINTEXT
   * @param values its own server properties, without Kafka's prefix for listeners
   */
  public BrokerConfig listener(String name, String protocol, Map<String, String> values) {
    return listener(new Listener(name, protocol, values, OptionalInt.empty()));
  }

  /**
   * A further plain listener whose clients come through something in between, such as a connection
   * that a test cuts: they are told to come to that port of the loopback interface. Of a single
   * node.
   *
   * @param name capital letters and digits
   */
  public BrokerConfig listenerBehind(String name, int advertisedPort) {
    return listener(new Listener(name, "PLAINTEXT", Map.of(), OptionalInt.of(advertisedPort)));
  }

  private BrokerConfig listener(Listener listener) {
    List<Listener> more = new ArrayList<>(listeners);
    more.add(listener);
    return new BrokerConfig(nodes, port, dataDir, jvm, properties, more, readyTimeout);
  }

  public BrokerConfig readyTimeout(Duration value) {
    return new BrokerConfig(nodes, port, dataDir, jvm, properties, listeners, value);
  }

  /**
   * @throws IllegalArgumentException naming all settings that are wrong
   */
  void requireValid() {
    List<String> problems = new ArrayList<>();
    if (nodes != 1 && nodes != 3) {
      problems.add("nodes is %d: allowed are 1 and 3".formatted(nodes));
    }
    if (nodes > 1 && listeners.stream().anyMatch(each -> each.advertised().isPresent())) {
      problems.add("an advertised port is of one node, there are %d nodes".formatted(nodes));
    }
    if (port.number < 0 || port.number + nodes - 1 > 65_535) {
      problems.add(
          "port is %d: allowed is 0 (any free port) to %d".formatted(port.number, 65_536 - nodes));
    }
    if (dataDir != null && dataDir.toString().contains(",")) {
      problems.add(
          "data directory %s has a comma in its path, which Kafka takes for two directories"
              .formatted(dataDir));
    }
    if (!jvm.heap.matches("[1-9][0-9]*[kKmMgG]?")) {
      problems.add("heap is '%s': write it as 256m or 1g".formatted(jvm.heap));
    }
    if (readyTimeout.isNegative() || readyTimeout.isZero()) {
      problems.add("ready timeout is %s: it must be positive".formatted(readyTimeout));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }
}
