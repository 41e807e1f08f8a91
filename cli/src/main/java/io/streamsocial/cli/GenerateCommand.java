package io.streamsocial.cli;

import io.streamsocial.cli.generator.GeneratorOptions;
import io.streamsocial.cli.generator.PostPump;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.processor.EngineConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sends generated posts to Kafka. */
@CommandLine.Command(
    name = "generate",
    description = "Send generated posts with weighted hashtags from several regions.")
final class GenerateCommand implements Command {
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  @Option(names = "--bootstrap", description = "Kafka's servers, host:port[,host:port...].")
  String bootstrap = DEFAULTS.brokers().bootstrap();

  @Option(names = "--topic", description = "Topic to send to.")
  String topic = DEFAULTS.posts().topic();

  @Option(names = "--count", description = "How many; 0 for endless.")
  long count = 0;

  @Mixin final GeneratorOptions posts = new GeneratorOptions();

  @Option(
      names = "--kafka",
      paramLabel = "KEY=VALUE",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Passed through to Kafka's producer, also written --kafka.KEY=VALUE.")
  Map<String, String> kafka = new HashMap<>();

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(posts.problems());
    if (count < 0) {
      problems.add("count is %d: allowed is 0 (endless) and more".formatted(count));
    }
    return problems;
  }

  @Override
  public int run(Shell shell) throws Exception {
    Map<String, String> passed = new HashMap<>(shell.environment().kafka());
    passed.putAll(kafka);
    long startNanos = System.nanoTime();
    try (PostPump pump = posts.connect(bootstrap, topic, passed)) {
      shell.shutdown().whenRequested(pump::stop);
      long sent = pump.run(0, posts.rate, count, done -> progress(shell, done));
      double seconds = (System.nanoTime() - startNanos) / 1e9;
      shell.say(
          "%s%,d posts in %.1f s, %,.0f a second"
              .formatted(shell.terminal() ? "\r" : "", sent, seconds, sent / seconds));
      return ExitCode.DONE;
    }
  }

  private static void progress(Shell shell, long sent) {
    if (shell.terminal()) {
      shell.err().print("\r%,d posts".formatted(sent));
      shell.err().flush();
    }
  }
}
