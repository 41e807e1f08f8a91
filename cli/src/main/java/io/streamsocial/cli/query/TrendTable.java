package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.Table;
import java.util.Locale;

/** The rows of /api/trending for people: how much, how fast now, and which way. */
final class TrendTable {
  private static final String UNKNOWN = "-";

  private TrendTable() {}

  static Table of(JsonNode trending) {
    Table table = new Table("#", "HASHTAG", "COUNT", "A MINUTE", "CHANGE", "DIRECTION");
    int rank = 1;
    for (JsonNode row : trending) {
      table.row(
          Integer.toString(rank++),
          "#" + row.path("hashtag").asText(),
          row.path("count").asText(),
          shown(row.path("rate_per_minute"), "%.1f"),
          shown(row.path("change_percent"), "%+.0f%%"),
          row.path("direction").asText());
    }
    return table;
  }

  private static String shown(JsonNode figure, String format) {
    return figure.isNumber() ? String.format(Locale.ROOT, format, figure.asDouble()) : UNKNOWN;
  }
}
