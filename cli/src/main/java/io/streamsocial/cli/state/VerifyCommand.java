package io.streamsocial.cli.state;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.cli.shell.ConsoleProgress;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.offline.StateVerify;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares the state with its changelog and with a recount of the input. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Count the posts again, up to where the state of an instance says that it includes them, and"
          + " compare: input, changelog, state directory. Changes nothing. The instance must not run.",
      "Window, grace, retention, topic and views must be those of the instance.",
      "The other views are verified likewise, by their own extractors and merges."
    },
    footer = {
      "",
      "What a recount can prove of a window:",
      "  exact     the counts must be equal; with grace = retention (the default) all windows are",
      "  at_most   posts may have come too late for it: the state may have less, never more",
      "  at_least  posts were deleted from the topic: the state may have more, never less",
      "  none      both",
      "Examples:",
      "  trending verify --bootstrap kafka:9092 --state-dir /var/lib/trending --instance-id 0",
      "  trending verify --json | jq .differences",
      "Exit codes: 0 all is proven equal, 1 failed, 2 usage, 3 no difference but not all is proven,",
      "4 differences were found."
    })
final class VerifyCommand extends StateCommand {
  @Mixin final PartitionsOption partitions = new PartitionsOption();

  @Option(
      names = "--max-differences",
      description = "So many are printed; all of them are counted.")
  int maxDifferences = 20;

  @Option(
      names = "--max-rows",
      description =
          "So many rows are held in memory, about 100 bytes each; with more, the topics are read"
              + " several times.")
  long maxRows = 2_000_000;

  @Override
  List<String> moreProblems(Shell shell) {
    List<String> problems = new ArrayList<>(partitions.problems());
    if (maxDifferences < 0 || maxDifferences > 1_000_000) {
      problems.add("max-differences is %d: allowed is 0 to 1000000".formatted(maxDifferences));
    }
    if (maxRows < 1_000) {
      problems.add("max-rows is %d: allowed is 1000 or more".formatted(maxRows));
    }
    return problems;
  }

  @Override
  int run(EngineConfig config, Shell shell) {
    StateVerify.Result result;
    try (ConsoleProgress progress = new ConsoleProgress(shell, System::nanoTime)) {
      result =
          StateVerify.run(
              config,
              new StateVerify.Options(partitions.chosen(), maxRows, maxDifferences),
              (pass, topic, done, total) ->
                  progress.at("pass %d, %s".formatted(pass, topic), done, total),
              shell.shutdown()::isRequested);
    }
    if (json) {
      print(out -> write(result, out), shell);
    } else {
      print(result, shell);
    }
    result.problems().forEach(problem -> shell.say("difference: " + problem));
    result.notes().forEach(note -> shell.say("note: " + note));
    return switch (result.verdict()) {
      case EQUAL -> ExitCode.DONE;
      case PARTIAL -> ExitCode.NOT_READY;
      case DIFFERENT -> ExitCode.DIFFERENCE;
    };
  }

  private static void print(StateVerify.Result result, Shell shell) {
    if (!result.differences().isEmpty()) {
      differences(result).print(shell.out());
      shell.out().println();
    }
    windows(result).print(shell.out());
    shell
        .out()
        .println(
            "%s: %d rows of partitions %s against %d posts; %d different, %d unproven"
                .formatted(
                    lower(result.verdict()),
                    result.rows(),
                    result.partitions(),
                    result.posts(),
                    result.differenceCount(),
                    result.unproven()));
    result.views().forEach(view -> print(view, shell));
  }

  private static void print(StateVerify.ViewResult view, Shell shell) {
    if (!view.differences().isEmpty()) {
      Table table = new Table("PARTITION", "START", "GROUP", "KEY", "INPUT", "CHANGELOG", "STATE");
      for (StateVerify.RowDifference each : view.differences()) {
        table.row(
            Integer.toString(each.partition()),
            Instant.ofEpochMilli(each.startMs()).toString(),
            each.group().isEmpty() ? "(all)" : each.group(),
            each.key(),
            row(each.input()),
            row(each.changelog()),
            row(each.state()));
      }
      shell.out().println();
      table.print(shell.out());
    }
    shell
        .out()
        .println(
            "view %s: %d rows against %s; %d different, %d unproven"
                .formatted(
                    view.view(),
                    view.rows(),
                    view.recounted() ? "posts and changelog" : "the changelog",
                    view.differenceCount(),
                    view.unproven()));
  }

  private static Table differences(StateVerify.Result result) {
    Table table =
        new Table("PARTITION", "WINDOW", "REGION", "HASHTAG", "INPUT", "CHANGELOG", "STATE");
    for (StateVerify.Difference each : result.differences()) {
      table.row(
          Integer.toString(each.partition()),
          Instant.ofEpochMilli(each.windowStartMs()).toString(),
          each.region().isEmpty() ? "(all)" : each.region(),
          "#" + each.hashtag(),
          text(each.input()),
          text(each.changelog()),
          Long.toString(each.state()));
    }
    return table;
  }

  private static Table windows(StateVerify.Result result) {
    Table windows = new Table("WINDOW", "PROOF", "ROWS", "UNPROVEN");
    for (StateVerify.Window each : result.windows()) {
      windows.row(
          Instant.ofEpochMilli(each.startMs()).toString(),
          lower(each.proof()),
          Long.toString(each.rows()),
          Long.toString(each.unproven()));
    }
    return windows;
  }

  private static String row(StateVerify.@Nullable RowValue row) {
    if (row == null) {
      return "-";
    }
    return row.numbers() + (row.bytes() == null ? "" : " " + row.bytes());
  }

  private static String text(@Nullable Object count) {
    return count == null ? "-" : count.toString();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static void write(StateVerify.Result result, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("verdict", lower(result.verdict()));
    out.writeNumberField("rows", result.rows());
    out.writeNumberField("unproven", result.unproven());
    out.writeNumberField("posts", result.posts());
    out.writeNumberField("passes", result.passes());
    out.writeArrayFieldStart("partitions");
    for (int partition : result.partitions()) {
      out.writeNumber(partition);
    }
    out.writeEndArray();
    out.writeNumberField("difference_count", result.differenceCount());
    writeDifferences(result, out);
    writeWindows(result, out);
    writeViews(result, out);
    writeTexts("problems", result.problems(), out);
    writeTexts("notes", result.notes(), out);
    out.writeEndObject();
  }

  private static void writeDifferences(StateVerify.Result result, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart("differences");
    for (StateVerify.Difference each : result.differences()) {
      out.writeStartObject();
      out.writeNumberField("partition", each.partition());
      out.writeNumberField("window", each.windowStartMs());
      out.writeStringField("region", each.region());
      out.writeStringField("hashtag", each.hashtag());
      out.writeObjectField("input", each.input());
      out.writeObjectField("changelog", each.changelog());
      out.writeNumberField("state", each.state());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void writeWindows(StateVerify.Result result, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart("windows");
    for (StateVerify.Window each : result.windows()) {
      out.writeStartObject();
      out.writeNumberField("window", each.startMs());
      out.writeStringField("proof", lower(each.proof()));
      out.writeNumberField("rows", each.rows());
      out.writeNumberField("unproven", each.unproven());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void writeViews(StateVerify.Result result, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("views");
    for (StateVerify.ViewResult view : result.views()) {
      out.writeStartObject();
      out.writeStringField("view", view.view());
      out.writeBooleanField("recounted", view.recounted());
      out.writeNumberField("rows", view.rows());
      out.writeNumberField("unproven", view.unproven());
      out.writeNumberField("difference_count", view.differenceCount());
      out.writeArrayFieldStart("differences");
      for (StateVerify.RowDifference each : view.differences()) {
        out.writeStartObject();
        out.writeNumberField("partition", each.partition());
        out.writeNumberField("start", each.startMs());
        out.writeStringField("group", each.group());
        out.writeStringField("key", each.key());
        write("input", each.input(), out);
        write("changelog", each.changelog(), out);
        write("state", each.state(), out);
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void write(String field, StateVerify.@Nullable RowValue row, JsonGenerator out)
      throws IOException {
    if (row == null) {
      out.writeNullField(field);
      return;
    }
    out.writeArrayFieldStart(field);
    for (long number : row.numbers()) {
      out.writeNumber(number);
    }
    out.writeEndArray();
    if (row.bytes() != null) {
      out.writeStringField(field + "_bytes", row.bytes());
    }
  }

  private static void writeTexts(String field, List<String> texts, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart(field);
    for (String text : texts) {
      out.writeString(text);
    }
    out.writeEndArray();
  }
}
