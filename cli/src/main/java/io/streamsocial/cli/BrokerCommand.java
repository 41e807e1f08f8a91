package io.streamsocial.cli;

import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.processor.EngineConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Runs Kafka alone, for development. */
@CommandLine.Command(
    name = "broker",
    description = "Run a real Kafka on this machine, for development, until Ctrl-C.")
final class BrokerCommand implements Command {
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Option(names = "--nodes", description = "1 or 3.")
  int nodes = 1;

  @Option(
      names = "--port",
      description = "Port of the first node, the others follow; 0 for free ports.")
  int port = 9092;

  @Option(
      names = "--data",
      description = "Keep the data in this directory. Default: a temporary directory.")
  @Nullable Path data;

  @Option(
      names = "--topic",
      description = "The posts topic, created with 4 partitions when it is missing.")
  String topic = EngineConfig.defaults().build().posts().topic();

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>();
    if (nodes != 1 && nodes != 3) {
      problems.add("nodes is %d: allowed are 1 and 3".formatted(nodes));
    }
    if (port < 0 || port > 65_533) {
      problems.add("port is %d: allowed is 0 to 65533".formatted(port));
    }
    return problems;
  }

  @Override
  public int run(Shell shell) throws Exception {
    DevelopmentJars.require();
    shell.say("starting Kafka, %d node(s)...".formatted(nodes));
    try (DevelopmentKafka kafka = DevelopmentKafka.start(nodes, port, true, data, topic)) {
      shell.out().println(kafka.bootstrap());
      shell.out().flush();
      shell.say(
          "Kafka is ready at %s, topic %s; Ctrl-C ends it".formatted(kafka.bootstrap(), topic));
      while (kafka.isAlive()) {
        try {
          shell.shutdown().requested().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
          return ExitCode.DONE;
        } catch (TimeoutException e) {
          // Not asked to end: check again whether the nodes still run.
        }
      }
      throw new CommandException(ExitCode.FAILED, "a node of Kafka has ended by itself");
    }
  }
}
