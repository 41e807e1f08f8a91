package io.streamsocial.cli.state;

import io.streamsocial.cli.options.InstanceOptions;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.offline.StateInspector;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows the content of a state directory; needs no Kafka. */
@CommandLine.Command(
    name = "inspect",
    description = {
      "Show what a state directory holds: partitions, positions, views, windows, sizes, top keys, damage."
          + " Needs no Kafka, reads every row, changes nothing. The instance must not run.",
      "--state-dir is what serve was given, or the directory of the instance inside."
    },
    footer = {
      "",
      "Examples:",
      "  trending inspect --state-dir /var/lib/trending --instance-id 0",
      "  trending inspect --partitions 2 --top 50 --json",
      "Exit codes: 0 all can be read, 1 a store is damaged, or the directory missing or in use,",
      "2 usage."
    })
final class InspectCommand implements Command {
  @Mixin final InstanceOptions instance = new InstanceOptions();
  @Mixin final PartitionsOption partitions = new PartitionsOption();

  @Option(names = "--top", description = "The largest rows of each partition and view.")
  int top = 5;

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(partitions.problems());
    if (top < 0 || top > 100_000) {
      problems.add("top is %d: allowed is 0 to 100000".formatted(top));
    }
    try {
      EngineConfig unused = config(shell);
    } catch (ConfigException e) {
      problems.addAll(e.problems());
    }
    return problems;
  }

  private EngineConfig config(Shell shell) {
    return EngineConfig.defaults()
        .stateDir(instance.stateDir)
        .appId(instance.appId)
        .instanceId(instance.instanceId(shell.environment()))
        .build();
  }

  @Override
  public int run(Shell shell) throws Exception {
    Path directory = directory(config(shell));
    StateInspector.Report report;
    try {
      report = StateInspector.inspect(directory, partitions.chosen(), top, known());
    } catch (ConfigException e) {
      throw new CommandException(ExitCode.FAILED, e.getMessage() + others());
    }
    if (json) {
      StateCommand.print(out -> InspectReport.write(report, out), shell);
    } else {
      InspectReport.print(report, shell);
    }
    for (StateInspector.Task task : report.tasks()) {
      if (task.damage() != null) {
        damaged(task.partition(), "", task.damage(), shell);
      }
      for (StateInspector.ViewState view : task.views()) {
        if (view.damage() != null) {
          damaged(task.partition(), " of view " + view.view(), view.damage(), shell);
        }
      }
    }
    for (StateInspector.SetAside copy : report.setAside()) {
      shell.say(
          "set aside: %s, %d bytes, was damaged and replaced; delete it when it is no longer needed"
              .formatted(copy.directory(), copy.bytes()));
    }
    return report.isDamaged() ? ExitCode.FAILED : ExitCode.DONE;
  }

  private static void damaged(int partition, String view, String damage, Shell shell) {
    shell.say(
        "damaged: partition %d%s cannot be read to its end (%s); serve or restore sets it aside and rebuilds it from the changelog"
            .formatted(partition, view, damage));
  }

  /**
   * The application's own views, whichever of them the instance runs. How long it keeps users is
   * not known: those that no sweep has found yet are still shown.
   */
  private static List<View> known() {
    String topic = EngineConfig.defaults().build().posts().topic(); // of no account here
    return PostViews.names().stream()
        .flatMap(name -> PostViews.named(name, topic, Duration.ZERO).stream())
        .toList();
  }

  /** Accepts the instance's own directory as --state-dir, too. */
  private static Path directory(EngineConfig config) throws IOException {
    if (!Files.isDirectory(config.instanceDirectory())
        && Files.isDirectory(config.storage().stateDir())) {
      try (Stream<Path> files = Files.list(config.storage().stateDir())) {
        if (files.anyMatch(file -> file.getFileName().toString().startsWith("task-"))) {
          return config.storage().stateDir();
        }
      }
    }
    return config.instanceDirectory();
  }

  /** Names the instances that are found there, as app/instance; empty for none. */
  private String others() throws IOException {
    if (!Files.isDirectory(instance.stateDir)) {
      return "";
    }
    try (Stream<Path> files = Files.walk(instance.stateDir, 2)) {
      List<String> found =
          files
              .filter(file -> Files.exists(file.resolve(".lock")))
              .map(file -> instance.stateDir.relativize(file).toString())
              .sorted()
              .toList();
      return found.isEmpty() ? "" : "; there are: " + String.join(", ", found);
    }
  }
}
