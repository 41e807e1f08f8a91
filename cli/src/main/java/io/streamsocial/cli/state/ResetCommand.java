package io.streamsocial.cli.state;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.cli.options.StateOptions;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.offline.StateReset;
import io.streamsocial.processor.offline.ViewReset;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.View;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Deletes state, after it has shown what would be deleted and has asked. */
@CommandLine.Command(
    name = "reset",
    description = {
      "Delete the state of an application, to count from the start: --local the stores of one instance, --topics the internal topics and the group's offsets; --view one view alone. The posts stay.",
      "Shows what would be deleted, then asks. No instance may run."
    },
    footer = {
      "",
      "With --local alone the next serve rebuilds the stores from the changelog. With --topics the",
      "next serve counts all posts that the topic still has; delete the stores of every instance",
      "then, one --instance-id after the other.",
      "With --view the rows of that view in the stores of one instance and its changelog are deleted;",
      "with --local or --topics only the one or the other. All else stays. A view that is configured",
      "counts from the next start on. Run it for every instance before the view is counted again.",
      "Examples:",
      "  trending reset --local --state-dir /var/lib/trending --instance-id 0",
      "  trending reset --local --topics --yes --bootstrap kafka:9092",
      "  trending reset --view users --bootstrap kafka:9092 --instance-id 0",
      "Exit codes: 0 deleted, or nothing is there; 1 failed, not confirmed, or no such view; 2 usage."
    })
final class ResetCommand extends StateCommand {
  @Option(names = "--local", description = "The stores of this instance.")
  boolean local;

  @Option(names = "--topics", description = "The internal topics, and the group's offsets.")
  boolean topics;

  @Option(
      names = "--view",
      paramLabel = "NAME",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description =
          "This view alone, configured or taken away; the name as in --views, or that of its store.")
  String view = "";

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  @Override
  List<String> moreProblems(Shell shell) {
    return local || topics || !view.isEmpty()
        ? List.of()
        : List.of(
            "nothing to reset: say --local, --topics or both, or --view; see --help for what they are");
  }

  @Override
  int run(EngineConfig config, Shell shell) throws Exception {
    if (!view.isEmpty()) {
      boolean both = local == topics;
      String store = store(config);
      try (ViewReset reset = ViewReset.open(config, store, both || local, both || topics)) {
        if (reset.plan().isEmpty() && !known(config).contains(store)) {
          throw new CommandException(ExitCode.FAILED, unknown(reset));
        }
        return run(reset.plan(), reset::delete, shell);
      }
    }
    try (StateReset reset = StateReset.open(config, local, topics)) {
      return run(reset.plan(), reset::delete, shell);
    }
  }

  private String store(EngineConfig config) {
    if (view.equals(StateOptions.TRENDING)) {
      return TopicNames.STORE;
    }
    return PostViews.named(view, config.posts().topic()).map(View::name).orElse(view);
  }

  /** Names of stores of the application itself, and of those configured. */
  private static Set<String> known(EngineConfig config) {
    Set<String> known = new TreeSet<>(config.views().names());
    known.add(TopicNames.STORE);
    PostViews.names()
        .forEach(
            name ->
                PostViews.named(name, config.posts().topic())
                    .ifPresent(each -> known.add(each.name())));
    return known;
  }

  private String unknown(ViewReset reset) {
    List<String> stored = reset.stored();
    return "there is no view '%s', so nothing was deleted: known are %s, %s%s"
        .formatted(
            view,
            StateOptions.TRENDING,
            String.join(", ", PostViews.names()),
            stored.isEmpty()
                ? ""
                : "; the stores of this instance have " + String.join(", ", stored));
  }

  private int run(StateReset.Plan plan, Runnable deletion, Shell shell) throws Exception {
    if (!json) {
      print(plan, shell);
    }
    if (!plan.isEmpty()) {
      confirm(shell);
    }
    deletion.run(); // without rows there may be notes on them
    if (!plan.isEmpty()) {
      shell.say("deleted");
    }
    if (json) {
      print(out -> write(plan, out), shell);
    }
    return ExitCode.DONE;
  }

  private void confirm(Shell shell) throws CommandException, IOException {
    if (yes) {
      return;
    }
    if (!shell.terminal()) {
      throw new CommandException(
          ExitCode.FAILED, "nothing was deleted: there is no terminal to ask on, say --yes");
    }
    shell.err().print("Delete all of this? [y/N] ");
    shell.err().flush();
    // Not closed: stdin is the process's.
    String answer =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    boolean confirmed =
        answer != null && List.of("y", "yes").contains(answer.strip().toLowerCase(Locale.ROOT));
    if (!confirmed) {
      throw new CommandException(ExitCode.FAILED, "nothing was deleted");
    }
  }

  private void print(StateReset.Plan plan, Shell shell) {
    if (plan.isEmpty()) {
      shell.say("there is nothing to delete");
      return;
    }
    Table table = new Table("WHAT", "NAME", "SIZE");
    for (StateReset.Local each : plan.local()) {
      table.row(
          view.isEmpty() ? "store" : "rows in store",
          each.path().toString(),
          each.bytes() + " bytes");
    }
    for (StateReset.Topic each : plan.topics()) {
      table.row(
          "topic",
          each.name(),
          "%d partition(s), at most %d records".formatted(each.partitions(), each.records()));
    }
    if (!plan.group().isEmpty()) {
      table.row("group offsets", plan.group(), Integer.toString(plan.offsets()));
    }
    table.print(shell.out());
    shell.out().flush();
  }

  private static void write(StateReset.Plan plan, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeArrayFieldStart("local");
    for (StateReset.Local each : plan.local()) {
      out.writeStartObject();
      out.writeStringField("path", each.path().toString());
      out.writeNumberField("bytes", each.bytes());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("topics");
    for (StateReset.Topic each : plan.topics()) {
      out.writeStartObject();
      out.writeStringField("topic", each.name());
      out.writeNumberField("partitions", each.partitions());
      out.writeNumberField("records", each.records());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeStringField("group", plan.group());
    out.writeNumberField("offsets", plan.offsets());
    out.writeEndObject();
  }
}
