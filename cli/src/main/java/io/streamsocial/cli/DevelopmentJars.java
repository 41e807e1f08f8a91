package io.streamsocial.cli;

import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;

/**
 * Whether this process can start Kafka's server: the broker module and its libraries are not on the
 * class path of production. To be asked before {@link DevelopmentKafka} is used.
 */
final class DevelopmentJars {
  private static final String BROKER = "/io/streamsocial/broker/LocalBroker.class";

  private DevelopmentJars() {}

  /**
   * @throws CommandException when they are missing
   */
  static void require() throws CommandException {
    if (DevelopmentJars.class.getResource(BROKER) == null) {
      throw new CommandException(
          ExitCode.FAILED,
          "demo and broker need the development jars (lib-broker): run them through ./trending");
    }
  }
}
