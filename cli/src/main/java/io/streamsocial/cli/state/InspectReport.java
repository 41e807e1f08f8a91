package io.streamsocial.cli.state;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.processor.offline.StateInspector;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** What inspect found, as tables or as JSON. */
final class InspectReport {
  private InspectReport() {}

  /** Tables: partitions, windows with their regions, largest rows; then of all other views. */
  static void print(StateInspector.Report report, Shell shell) {
    shell.out().println(report.directory());
    for (Table table : List.of(tasks(report), windows(report), top(report))) {
      table.print(shell.out());
      shell.out().println();
    }
    if (report.tasks().stream().anyMatch(task -> !task.views().isEmpty())) {
      for (Table table : List.of(views(report), topOfViews(report))) {
        table.print(shell.out());
        shell.out().println();
      }
    }
    shell.out().flush();
  }

  private static Table tasks(StateInspector.Report report) {
    Table table =
        new Table(
            "PARTITION", "ROWS", "BYTES", "SHUFFLE", "CHANGELOG", "STREAM TIME", "INPUT INCLUDED");
    for (StateInspector.Task task : report.tasks()) {
      table.row(
          Integer.toString(task.partition()),
          task.rows() + (task.damage() == null ? "" : " (damaged)"),
          Long.toString(task.bytes()),
          Long.toString(task.shuffleOffset()),
          Long.toString(task.changelogOffset()),
          task.streamTimeMs() == null ? "-" : time(task.streamTimeMs()),
          (task.inputs().isEmpty() ? task.sources() : task.inputs()).toString());
    }
    return table;
  }

  private static Table windows(StateInspector.Report report) {
    Table table = new Table("PARTITION", "WINDOW", "REGION", "ROWS", "MENTIONS");
    for (StateInspector.Task task : report.tasks()) {
      for (StateInspector.Window window : task.windows()) {
        for (StateInspector.Region region : window.regions()) {
          table.row(
              Integer.toString(task.partition()),
              time(window.startMs()),
              region.region().isEmpty() ? "(all)" : region.region(),
              Long.toString(region.rows()),
              Long.toString(region.mentions()));
        }
      }
    }
    return table;
  }

  private static Table top(StateInspector.Report report) {
    Table table = new Table("PARTITION", "WINDOW", "HASHTAG", "COUNT");
    for (StateInspector.Task task : report.tasks()) {
      for (StateInspector.Top each : task.top()) {
        table.row(
            Integer.toString(task.partition()),
            time(each.windowStartMs()),
            "#" + each.hashtag(),
            Long.toString(each.count()));
      }
    }
    return table;
  }

  private static Table views(StateInspector.Report report) {
    Table table =
        new Table(
            "PARTITION",
            "VIEW",
            "KIND",
            "SIZE MS",
            "ROWS",
            "WINDOWS",
            "SHUFFLE",
            "CHANGELOG",
            "STREAM TIME");
    for (StateInspector.Task task : report.tasks()) {
      for (StateInspector.ViewState view : task.views()) {
        table.row(
            Integer.toString(task.partition()),
            view.view(),
            view.kind(),
            Long.toString(view.sizeMs()),
            view.rows() + (view.damage() == null ? "" : " (damaged)"),
            Long.toString(view.windows()),
            Long.toString(view.shuffleOffset()),
            Long.toString(view.changelogOffset()),
            view.streamTimeMs() == null ? "-" : time(view.streamTimeMs()));
      }
    }
    return table;
  }

  private static Table topOfViews(StateInspector.Report report) {
    Table table = new Table("PARTITION", "VIEW", "START", "KEY", "VALUES");
    for (StateInspector.Task task : report.tasks()) {
      for (StateInspector.ViewState view : task.views()) {
        for (StateInspector.ViewRow row : view.top()) {
          List<String> values = new ArrayList<>();
          for (int i = 0; i < view.fields().size(); i++) {
            values.add(view.fields().get(i) + "=" + row.values().get(i));
          }
          if (row.bytes() != null) {
            values.add("bytes=" + row.bytes());
          }
          table.row(
              Integer.toString(task.partition()),
              view.view(),
              view.kind().equals("unwindowed") ? "-" : time(row.startMs()),
              row.key(),
              String.join(" ", values));
        }
      }
    }
    return table;
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }

  static void write(StateInspector.Report report, JsonGenerator out) throws IOException {
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
    writeOffsets(task.sources(), out);
    out.writeEndObject();
    if (!task.inputs().isEmpty()) {
      out.writeObjectFieldStart("input_offsets");
      for (Map.Entry<String, SortedMap<Integer, Long>> input : task.inputs().entrySet()) {
        out.writeObjectFieldStart(input.getKey());
        writeOffsets(input.getValue(), out);
        out.writeEndObject();
      }
      out.writeEndObject();
    }
    writeWindows(task, out);
    writeTop(task, out);
    out.writeArrayFieldStart("views");
    for (StateInspector.ViewState view : task.views()) {
      write(view, out);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void write(StateInspector.ViewState view, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("view", view.view());
    out.writeStringField("kind", view.kind());
    out.writeObjectField("definition", view.definition());
    out.writeNumberField("size_ms", view.sizeMs());
    out.writeNumberField("rows", view.rows());
    out.writeNumberField("windows", view.windows());
    out.writeNumberField("shuffle_offset", view.shuffleOffset());
    out.writeNumberField("changelog_offset", view.changelogOffset());
    out.writeObjectField("stream_time", view.streamTimeMs());
    out.writeObjectField("damage", view.damage());
    out.writeArrayFieldStart("top");
    for (StateInspector.ViewRow row : view.top()) {
      out.writeStartObject();
      out.writeNumberField("start", row.startMs());
      out.writeStringField("key", row.key());
      out.writeObjectFieldStart("values");
      for (int i = 0; i < view.fields().size(); i++) {
        out.writeNumberField(view.fields().get(i), row.values().get(i));
      }
      out.writeEndObject();
      if (row.bytes() != null) {
        out.writeStringField("bytes", row.bytes());
      }
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void writeOffsets(SortedMap<Integer, Long> offsets, JsonGenerator out)
      throws IOException {
    for (Map.Entry<Integer, Long> source : offsets.entrySet()) {
      out.writeNumberField(source.getKey().toString(), source.getValue());
    }
  }

  private static void writeWindows(StateInspector.Task task, JsonGenerator out) throws IOException {
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
  }

  private static void writeTop(StateInspector.Task task, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("top");
    for (StateInspector.Top each : task.top()) {
      out.writeStartObject();
      out.writeNumberField("window", each.windowStartMs());
      out.writeStringField("hashtag", each.hashtag());
      out.writeNumberField("count", each.count());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
