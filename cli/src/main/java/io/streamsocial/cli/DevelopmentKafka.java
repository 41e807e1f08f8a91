package io.streamsocial.cli;

import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.BrokerException;
import io.streamsocial.broker.LocalBroker;
import io.streamsocial.broker.Topics;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kafka's server in child processes, for demo and broker. The only class that uses the broker
 * module, so it must not be touched where {@link DevelopmentJars} finds that module missing.
 */
final class DevelopmentKafka implements AutoCloseable {
  private static final int POSTS_PARTITIONS = 4;

  private final LocalBroker broker;

  private DevelopmentKafka(LocalBroker broker) {
    this.broker = broker;
  }

  /**
   * @param strict whether a port in use is an error; otherwise a free one is taken instead
   * @param data where Kafka keeps its data; null for a temporary directory
   */
  static DevelopmentKafka start(
      int nodes, int port, boolean strict, @Nullable Path data, String topic)
      throws CommandException {
    try {
      BrokerConfig config = BrokerConfig.defaults().nodes(nodes);
      config = strict ? config.port(port) : config.preferPort(port);
      LocalBroker broker = LocalBroker.start(data == null ? config : config.dataDir(data));
      try {
        boolean unused = Topics.ensure(broker.bootstrap(), topic, POSTS_PARTITIONS, Map.of());
      } catch (BrokerException e) {
        broker.close();
        throw e;
      }
      return new DevelopmentKafka(broker);
    } catch (BrokerException | IllegalArgumentException e) {
      throw new CommandException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  String bootstrap() {
    return broker.bootstrap();
  }

  boolean isAlive() {
    for (int node = 1; node <= broker.nodes(); node++) {
      if (!broker.isAlive(node)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    broker.close();
  }
}
