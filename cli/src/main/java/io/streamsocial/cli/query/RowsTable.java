package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.Table;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Keys of a view and their rows as a table: a line a row, a column a field. */
final class RowsTable {
  private static final Set<String> TIMES = Set.of("window", "time_ms", "start_ms", "end_ms");

  private RowsTable() {}

  /**
   * @param entries each with a key, and the rows of its windows or sessions, or its one row
   */
  static Table of(List<JsonNode> entries) {
    Set<String> fields = new LinkedHashSet<>();
    for (JsonNode entry : entries) {
      rows(entry).forEach(row -> row.fieldNames().forEachRemaining(fields::add));
    }
    List<String> titles = new ArrayList<>(List.of("KEY"));
    fields.forEach(field -> titles.add(title(field)));
    Table table = new Table(titles.toArray(String[]::new));
    for (JsonNode entry : entries) {
      for (JsonNode row : rows(entry)) {
        List<String> cells = new ArrayList<>(List.of(key(entry)));
        fields.forEach(field -> cells.add(cell(field, row.path(field))));
        table.row(cells.toArray(String[]::new));
      }
    }
    return table;
  }

  private static List<JsonNode> rows(JsonNode entry) {
    List<JsonNode> rows = new ArrayList<>();
    entry.path("windows").forEach(rows::add);
    entry.path("sessions").forEach(rows::add);
    if (entry.path("row").isObject()) {
      rows.add(entry.path("row"));
    }
    return rows;
  }

  private static String title(String field) {
    String name = TIMES.contains(field) ? field.replace("_ms", "") : field;
    return name.toUpperCase(Locale.ROOT);
  }

  private static String cell(String field, JsonNode value) {
    return TIMES.contains(field) ? Instant.ofEpochMilli(value.asLong()).toString() : value.asText();
  }

  /** A key as people read it; one that is no text, as base64url behind its name. */
  static String key(JsonNode entry) {
    return entry.has("key")
        ? entry.path("key").asText()
        : "base64:" + entry.path("key_base64").asText();
  }
}
