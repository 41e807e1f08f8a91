package io.streamsocial.cli.state;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.cli.options.InstanceOptions;
import io.streamsocial.cli.options.PartitionsOption;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.offline.StateInspector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a state directory holds; needs no Kafka. */
@CommandLine.Command(
    name = "inspect",
    description = {
      "Show what a state directory holds: partitions, positions, windows, sizes, top keys, damage."
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
public final class InspectCommand implements Command {
  @Mixin final InstanceOptions instance = new InstanceOptions();
  @Mixin final PartitionsOption partitions = new PartitionsOption();

  @Option(names = "--top", description = "The largest rows of each partition.")
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
      report = StateInspector.inspect(directory, partitions.chosen(), top);
    } catch (ConfigException e) {
      throw new CommandException(ExitCode.FAILED, e.getMessage() + others());
    }
    if (json) {
      StateCommand.print(out -> write(report, out), shell);
    } else {
      print(report, shell);
    }
    for (StateInspector.Task task : report.tasks()) {
      if (task.damage() != null) {
        shell.say(
            "damaged: partition %d cannot be read to its end (%s); serve or restore sets it aside and rebuilds it from the changelog"
                .formatted(task.partition(), task.damage()));
      }
    }
    for (StateInspector.SetAside copy : report.setAside()) {
      shell.say(
          "set aside: %s, %d bytes, was damaged and replaced; delete it when nobody wants to look at it"
              .formatted(copy.directory(), copy.bytes()));
    }
    return report.isDamaged() ? ExitCode.FAILED : ExitCode.DONE;
  }

  /** The instance's own directory may have been given. */
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

  /** The instances that do lie there: --state-dir/app/instance. */
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

  private static void print(StateInspector.Report report, Shell shell) {
    shell.out().println(report.directory());
    Table tasks =
        new Table(
            "PARTITION", "ROWS", "BYTES", "SHUFFLE", "CHANGELOG", "STREAM TIME", "POSTS INCLUDED");
    Table windows = new Table("PARTITION", "WINDOW", "REGION", "ROWS", "MENTIONS");
    Table top = new Table("PARTITION", "WINDOW", "HASHTAG", "COUNT");
    for (StateInspector.Task task : report.tasks()) {
      String partition = Integer.toString(task.partition());
      tasks.row(
          partition,
          task.rows() + (task.damage() == null ? "" : " (damaged)"),
          Long.toString(task.bytes()),
          Long.toString(task.shuffleOffset()),
          Long.toString(task.changelogOffset()),
          task.streamTimeMs() == null ? "-" : time(task.streamTimeMs()),
          task.sources().toString());
      for (StateInspector.Window window : task.windows()) {
        for (StateInspector.Region region : window.regions()) {
          windows.row(
              partition,
              time(window.startMs()),
              region.region().isEmpty() ? "(all)" : region.region(),
              Long.toString(region.rows()),
              Long.toString(region.mentions()));
        }
      }
      for (StateInspector.Top each : task.top()) {
        top.row(
            partition,
            time(each.windowStartMs()),
            "#" + each.hashtag(),
            Long.toString(each.count()));
      }
    }
    for (Table table : List.of(tasks, windows, top)) {
      table.print(shell.out());
      shell.out().println();
    }
    shell.out().flush();
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }

  private static void write(StateInspector.Report report, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("state_dir", report.directory().toString());
    out.writeArrayFieldStart("partitions");
    for (StateInspector.Task task : report.tasks()) {
      write(task, out);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("set_aside");
    for (StateInspector.SetAside copy : report.setAside()) {
      out.writeStartObject();
      out.writeStringField("path", copy.directory().toString());
      out.writeNumberField("bytes", copy.bytes());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void write(StateInspector.Task task, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeNumberField("partition", task.partition());
    out.writeStringField("path", task.directory().toString());
    out.writeNumberField("rows", task.rows());
    out.writeNumberField("bytes", task.bytes());
    out.writeObjectField("damage", task.damage());
    out.writeNumberField("window_size_ms", task.windowSizeMs());
    out.writeNumberField("shuffle_offset", task.shuffleOffset());
    out.writeNumberField("changelog_offset", task.changelogOffset());
    out.writeObjectField("stream_time", task.streamTimeMs());
    out.writeObjectFieldStart("posts_offsets");
    for (Map.Entry<Integer, Long> source : task.sources().entrySet()) {
      out.writeNumberField(source.getKey().toString(), source.getValue());
    }
    out.writeEndObject();
    out.writeArrayFieldStart("windows");
    for (StateInspector.Window window : task.windows()) {
      out.writeStartObject();
      out.writeNumberField("window", window.startMs());
      out.writeArrayFieldStart("regions");
      for (StateInspector.Region region : window.regions()) {
        out.writeStartObject();
        out.writeStringField("region", region.region());
        out.writeNumberField("rows", region.rows());
        out.writeNumberField("mentions", region.mentions());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("top");
    for (StateInspector.Top each : task.top()) {
      out.writeStartObject();
      out.writeNumberField("window", each.windowStartMs());
      out.writeStringField("hashtag", each.hashtag());
      out.writeNumberField("count", each.count());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
