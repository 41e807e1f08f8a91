package io.streamsocial.broker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link LocalBroker} was asked for.
 *
 * @param nodes 1 or 3, each broker and controller in one
 * @param port of the first node, the others on the ports after it; 0 for free ones
 * @param portIsWish a port that is taken is replaced by free ones instead of refused
 * @param dataDir null for a temporary one, deleted on close
 * @param classPath of the children: Kafka's server, this module, an SLF4J provider
 * @param heap of each child, as -Xmx takes it
 * @param optimizing whether the children get the optimizing compiler and the JVM's choice of
 *     collector, for measurements; otherwise they start faster and stay smaller
 * @param properties override those of {@link ServerProperties}
 * @param listeners beside the plain one, which stays the one between the nodes
 * @param readyTimeout for all nodes together
 */
record BrokerConfig(
    int nodes,
    int port,
    boolean portIsWish,
    @Nullable Path dataDir,
    String classPath,
    String heap,
    boolean optimizing,
    Map<String, String> properties,
    List<Listener> listeners,
    Duration readyTimeout) {

  BrokerConfig {
    properties = Map.copyOf(properties);
    listeners = List.copyOf(listeners);
    List<String> problems = new ArrayList<>();
    if (nodes != 1 && nodes != 3) {
      problems.add("nodes is %d: allowed are 1 and 3".formatted(nodes));
    }
    if (port < 0 || port + nodes - 1 > 65_535) {
      problems.add(
          "port is %d: allowed is 0 (any free port) to %d".formatted(port, 65_536 - nodes));
    }
    if (dataDir != null && dataDir.toString().contains(",")) {
      problems.add(
          "data directory %s has a comma in its path, which Kafka takes for two directories"
              .formatted(dataDir));
    }
    if (!heap.matches("[1-9][0-9]*[kKmMgG]?")) {
      problems.add("heap is '%s': write it as 256m or 1g".formatted(heap));
    }
    if (readyTimeout.isNegative() || readyTimeout.isZero()) {
      problems.add("ready timeout is %s: it must be positive".formatted(readyTimeout));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  List<String> jvmArguments() {
    List<String> arguments = new ArrayList<>(List.of("-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError"));
    if (!optimizing) {
      arguments.add("-XX:TieredStopAtLevel=1");
      arguments.add("-XX:+UseSerialGC");
    }
    return arguments;
  }
}
