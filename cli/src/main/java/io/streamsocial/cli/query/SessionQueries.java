package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The queries to views of sessions: those of one key, and how many keys are active. */
final class SessionQueries {
  private SessionQueries() {}

  /** query sessions. */
  @CommandLine.Command(name = "sessions", description = "The sessions of one key of a view.")
  static final class Sessions extends StoreQueries.ToKey {
    @Option(
        names = "--from",
        description = "Only sessions that end then or later, epoch milliseconds.")
    @Nullable Long from;

    @Option(names = "--to", description = "Only sessions that begin before, epoch milliseconds.")
    @Nullable Long to;

    @Mixin final StoreQueries.Group group = new StoreQueries.Group();

    @Override
    String pathAndQuery() {
      Map<String, @Nullable Object> options = new LinkedHashMap<>();
      group.addTo(options);
      options.put("from", from);
      options.put("to", to);
      return path("/sessions/", options);
    }

    @Override
    void print(JsonNode body, Shell shell) {
      RowsTable.of(List.of(body)).print(shell.out());
      if (!body.path("known").asBoolean()) {
        shell.say("there is no session of this key, in this time");
      }
      if (body.path("short").asBoolean()) {
        shell.say("these are the newest; for older ones give --to");
      }
    }
  }

  /** query active. */
  @CommandLine.Command(name = "active", description = "How many keys of a view are active now.")
  static final class Active extends StoreQueries.ToStore {
    @Mixin final StoreQueries.Group group = new StoreQueries.Group();

    @Override
    String pathAndQuery() {
      Map<String, @Nullable Object> options = new LinkedHashMap<>();
      group.addTo(options);
      return StoreQueries.path(store, "/active", options);
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("GROUP", "ACTIVE");
      table.row(group.group == null ? "all" : group.group, body.path("active").asText());
      for (JsonNode each : body.path("groups")) {
        each.fieldNames()
            .forEachRemaining(
                name -> {
                  if (!name.equals("active")) {
                    table.row(name + "=" + each.path(name).asText(), each.path("active").asText());
                  }
                });
      }
      table.print(shell.out());
      if (body.path("other_groups").asLong() > 0) {
        shell.say("and %d groups more".formatted(body.path("other_groups").asLong()));
      }
      StoreQueries.sayWhatIsMissing(body, shell);
    }
  }
}
