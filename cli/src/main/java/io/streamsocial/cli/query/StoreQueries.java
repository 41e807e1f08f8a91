package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The queries to views: what there is, and of those with or without windows one key, a page of
 * keys, the keys that have most.
 */
final class StoreQueries {
  private StoreQueries() {}

  static String path(String store, String question, Map<String, @Nullable Object> options) {
    List<String> pairs = new ArrayList<>();
    options.forEach(
        (name, value) -> {
          if (value != null) {
            pairs.add(ApiClient.encode(name) + "=" + ApiClient.encode(value.toString()));
          }
        });
    String query = pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
    return "/api/stores/" + ApiClient.encode(store) + question + query;
  }

  static void sayWhatIsMissing(JsonNode body, Shell shell) {
    if (body.path("partial").asBoolean(false)) {
      shell.say("partial: partitions " + body.path("partitions").path("missing") + " are missing");
    }
  }

  /** A query to one view, which answers some of them by its kind. */
  abstract static class ToStore extends QueryCommand.Query {
    @Parameters(index = "0", paramLabel = "STORE", description = "As query stores names it.")
    String store = "";

    @Override
    void sayWhatThereIs(Shell shell) throws Exception {
      ApiClient.Answer answer = ask(shell, "/api/stores");
      if (answer.status() != 200) {
        return; // as without the scope to see it
      }
      JsonNode stores = answer.json().path("stores");
      for (JsonNode each : stores) {
        if (each.path("store").asText().equals(store)) {
          shell.say(Table.clean("  %s answers %s".formatted(store, questions(each))));
          return;
        }
      }
      shell.say("  the stores are:");
      for (JsonNode each : stores) {
        shell.say(
            Table.clean(
                "  %s, which answers %s".formatted(each.path("store").asText(), questions(each))));
      }
    }

    private static String questions(JsonNode store) {
      if (store.path("kind").asText().equals("session")) {
        return "query sessions, query active";
      }
      boolean hasSum = false;
      for (JsonNode field : store.path("fields")) {
        hasSum |= field.path("merge").asText().equals("sum");
      }
      return "query get, query range" + (hasSum ? ", query top" : "");
    }
  }

  /** One group, as the store calls it. */
  static final class Group {
    @Option(
        names = "--group",
        paramLabel = "NAME=VALUE",
        description = "Only this group, by the name that the store has for it: region=EU-West.")
    @Nullable String group;

    void addTo(Map<String, @Nullable Object> options) {
      if (group != null) {
        int equals = group.indexOf('=');
        options.put(
            equals < 0 ? group : group.substring(0, equals),
            equals < 0 ? "" : group.substring(equals + 1));
      }
    }
  }

  /** A query of one key of a view. */
  abstract static class ToKey extends ToStore {
    @Parameters(index = "1", paramLabel = "KEY", description = "The key, as text.")
    String key = "";

    @Option(
        names = "--binary",
        description = "KEY is the base64url of its bytes, for a key that is no UTF-8.")
    boolean isBinary;

    /**
     * The path and query for it.
     *
     * @param question of the store, which the key follows
     */
    String path(String question, Map<String, @Nullable Object> options) {
      options.put("encoding", isBinary ? "base64url" : null);
      return StoreQueries.path(store, question + ApiClient.encode(key), options);
    }
  }

  /** Which rows of a key: of a group, in some windows. */
  static final class Rows {
    @Mixin final Group group = new Group();

    @Option(
        names = "--from",
        description = "An instant in the first window, epoch milliseconds. Default: the oldest.")
    @Nullable Long from;

    @Option(
        names = "--to",
        description = "An instant in the last window, epoch milliseconds. Default: now.")
    @Nullable Long to;

    Map<String, @Nullable Object> options() {
      Map<String, @Nullable Object> options = new LinkedHashMap<>();
      group.addTo(options);
      options.put("from", from);
      options.put("to", to);
      return options;
    }
  }

  /** query stores. */
  @CommandLine.Command(name = "stores", description = "The views, and what the instance holds.")
  static final class Stores extends QueryCommand.Query {
    @Override
    String pathAndQuery() {
      return "/api/stores";
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("STORE", "KIND", "GROUP", "FIELDS", "RANKED BY", "ENTRIES", "BYTES");
      for (JsonNode store : body.path("stores")) {
        List<String> fields = new ArrayList<>();
        for (JsonNode field : store.path("fields")) {
          fields.add(field.path("merge").asText() + " " + field.path("name").asText());
        }
        table.row(
            store.path("store").asText(),
            store.path("kind").asText(),
            store.path("group").asText("-"),
            String.join(", ", fields),
            store.path("ranked_by").asText("-"),
            store.path("entries").asText(),
            store.path("bytes").asText());
      }
      table.print(shell.out());
    }
  }

  /** query get. */
  @CommandLine.Command(name = "get", description = "The rows of one key of a view.")
  static final class Get extends ToKey {
    @Mixin final Rows rows = new Rows();

    @Override
    String pathAndQuery() {
      return path("/keys/", rows.options());
    }

    @Override
    void print(JsonNode body, Shell shell) {
      RowsTable.of(List.of(body)).print(shell.out());
      if (!body.path("known").asBoolean()) {
        shell.say("nothing was counted of this key, in these windows");
      }
    }
  }

  /** query range. */
  @CommandLine.Command(name = "range", description = "A page of keys of a view, in their order.")
  static final class Range extends ToStore {
    @Option(names = "--from-key", description = "The first key.")
    @Nullable String fromKey;

    @Option(names = "--to-key", description = "The key behind the last.")
    @Nullable String toKey;

    @Option(names = "--prefix", description = "Only keys that begin with this.")
    @Nullable String prefix;

    @Option(names = "--limit", description = "How many keys.")
    int limit = 100;

    @Option(names = "--cursor", description = "Where the page before ended, as it said.")
    @Nullable String cursor;

    @Mixin final Rows rows = new Rows();

    @Override
    String pathAndQuery() {
      Map<String, @Nullable Object> options = rows.options();
      options.put("from_key", fromKey);
      options.put("to_key", toKey);
      options.put("prefix", prefix);
      options.put("limit", limit);
      options.put("cursor", cursor);
      return path(store, "/range", options);
    }

    @Override
    void print(JsonNode body, Shell shell) {
      List<JsonNode> entries = new ArrayList<>();
      body.path("entries").forEach(entries::add);
      RowsTable.of(entries).print(shell.out());
      if (!body.path("next").isNull()) {
        shell.say("more: --cursor " + body.path("next").asText());
      }
      sayWhatIsMissing(body, shell);
    }
  }

  /** query top. */
  @CommandLine.Command(name = "top", description = "The keys of a view that have most.")
  static final class Top extends ToStore {
    @Option(
        names = "--by",
        paramLabel = "FIELD",
        description = "The sum to go by. Default: that which the view is ranked by.")
    @Nullable String by;

    @Option(names = "--limit", description = "How many rows.")
    int limit = 10;

    @Option(names = "--windows", description = "How many windows back.")
    @Nullable Integer windows;

    @Option(names = "--at", description = "Another instant than now, epoch milliseconds.")
    @Nullable Long at;

    @Mixin final Group group = new Group();

    @Override
    String pathAndQuery() {
      Map<String, @Nullable Object> options = new LinkedHashMap<>();
      group.addTo(options);
      options.put("by", by);
      options.put("limit", limit);
      options.put("windows", windows);
      options.put("at", at);
      return path(store, "/top", options);
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("#", "KEY", body.path("by").asText().toUpperCase(Locale.ROOT));
      int rank = 1;
      for (JsonNode row : body.path("top")) {
        table.row(Integer.toString(rank++), RowsTable.key(row), row.path("total").asText());
      }
      table.print(shell.out());
      sayWhatIsMissing(body, shell);
    }
  }
}
