package io.streamsocial.cli;

import io.streamsocial.cli.generator.GeneratorOptions;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.options.LogOptions;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.posts.PostViews;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs all of it on one machine: Kafka, one instance or several, posts. */
@CommandLine.Command(
    name = "demo",
    description = {
      "Run Kafka, instances and a stream of posts on this machine, until Ctrl-C.",
      "It keeps what serve --views trending,users,sessions keeps; trending query stores lists it."
    })
final class DemoCommand implements Command {
  private static final int KAFKA_PORT = 9092;
  private static final int INSTANCES_MAX = 5;
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  @Mixin final ListenOptions listen = new ListenOptions();
  @Mixin final LogOptions logs = new LogOptions();
  @Mixin final GeneratorOptions posts = new GeneratorOptions();

  @Option(names = "--kafka-port", description = "Default: 9092, or a free one when it is taken.")
  @Nullable Integer kafkaPort;

  @Option(
      names = "--instances",
      description =
          "1 to 5, on --port and the ports after it. They share the work; with two or more each partition has a standby.")
  int instances = 1;

  @Option(
      names = "--data",
      description = "Keep all state in this directory. Default: a temporary directory.")
  @Nullable Path data;

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(listen.problems());
    problems.addAll(posts.problems());
    if (kafkaPort != null && (kafkaPort < 0 || kafkaPort > 65_535)) {
      problems.add("kafka-port is %d: allowed is 0 to 65535".formatted(kafkaPort));
    }
    if (instances < 1 || instances > INSTANCES_MAX) {
      problems.add("instances is %d: allowed is 1 to %d".formatted(instances, INSTANCES_MAX));
    }
    if (instances > 1) {
      problems.addAll(listen.problemsOfSeveral(instances));
    }
    return problems;
  }

  @Override
  public int run(Shell shell) throws Exception {
    DevelopmentJars.require();
    Path directory = data == null ? Files.createTempDirectory("streamsocial-demo-") : data;
    try {
      Optional<Path> log = log(Files.createDirectories(directory).resolve("demo.log"), shell);
      List<Integer> ports = new ArrayList<>();
      for (int i = 0; i < instances; i++) {
        ports.add(port(i, shell));
      }
      return runIn(directory, ports, log, shell);
    } finally {
      if (data == null) {
        delete(directory, shell);
      }
    }
  }

  /** The first screen is for people; what programs say to each other goes to a file. */
  private Optional<Path> log(Path file, Shell shell) {
    // All instances share this process and its log: a line names the loop, not the instance.
    Map<String, String> ofProcess = Map.of("app_id", DEFAULTS.identity().appId());
    Optional<Path> to = logs.fileOr(file);
    if (to.isPresent()) {
      logs.apply(to.get(), ofProcess);
    } else {
      logs.apply(shell.terminal(), ofProcess);
    }
    return to;
  }

  /** A port that the user named must be free; in place of the default, any free one will do. */
  private int port(int instance, Shell shell) throws CommandException {
    int first = listen.port("0");
    int wish = first == 0 ? 0 : first + instance;
    if (listen.port != null) {
      ListenOptions.requireFree(listen.host, wish);
      return wish;
    }
    if (ListenOptions.isFree(listen.host, wish)) {
      return wish;
    }
    shell.say("port %d is in use: taking a free one".formatted(wish));
    return 0;
  }

  private int runIn(Path directory, List<Integer> ports, Optional<Path> log, Shell shell)
      throws Exception {
    shell.say("starting Kafka...");
    Path kafkaData = data == null ? null : directory.resolve("kafka");
    try (DevelopmentKafka kafka =
        DevelopmentKafka.start(
            1,
            kafkaPort == null ? KAFKA_PORT : kafkaPort,
            kafkaPort != null,
            kafkaData,
            DEFAULTS.posts().topic())) {
      shell.say("Kafka is ready at " + kafka.bootstrap());
      if (shell.shutdown().isRequested()) {
        return ExitCode.DONE;
      }
      try (Demo demo = new Demo(listen, posts, config(0, kafka, directory), shell)) {
        for (int i = 0; i < ports.size(); i++) {
          demo.start(config(i, kafka, directory), ports.get(i));
        }
        log.ifPresent(file -> shell.say("log        %s".formatted(file)));
        return demo.await();
      }
    }
  }

  private EngineConfig config(int instance, DevelopmentKafka kafka, Path directory) {
    String topic = DEFAULTS.posts().topic();
    return EngineConfig.defaults()
        .bootstrap(kafka.bootstrap())
        .hashtags(true)
        .view(PostViews.users(topic))
        .view(PostViews.sessions(topic))
        .instanceId(Integer.toString(instance))
        .standbys(instances > 1 ? 1 : 0)
        .stateDir(directory.resolve("state-stores"))
        .build();
  }

  /** May fail: a loop that did not end in time still writes there. */
  private static void delete(Path directory, Shell shell) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      shell.say("temporary directory %s is left behind: %s".formatted(directory, e));
    }
  }
}
