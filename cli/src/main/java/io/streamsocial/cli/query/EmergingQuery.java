package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** query emerging. */
@CommandLine.Command(
    name = "emerging",
    description = "Hashtags that are suddenly mentioned more than they should be.")
final class EmergingQuery extends QueryCommand.Query {
  @Option(names = "--limit", description = "How many rows.")
  int limit = 10;

  @Option(names = "--region", description = "Only this region. Default: each of them.")
  @Nullable String region;

  @Option(names = "--scorer", description = "surprise, sigma or signi.")
  String scorer = "surprise";

  @Option(names = "--min-count", description = "Mentions in the running window at least.")
  @Nullable Long minCount;

  @Option(names = "--threshold", description = "Smallest score. Default: that of the scorer.")
  @Nullable Double threshold;

  @Option(names = "--at", description = "Another instant than now, epoch milliseconds.")
  @Nullable Long at;

  @Override
  String pathAndQuery() {
    List<String> pairs = new ArrayList<>();
    add(pairs, "limit", limit);
    add(pairs, "region", region);
    add(pairs, "scorer", scorer);
    add(pairs, "min_count", minCount);
    add(pairs, "threshold", threshold);
    add(pairs, "at", at);
    return "/api/emerging?" + String.join("&", pairs);
  }

  private static void add(List<String> pairs, String name, @Nullable Object value) {
    if (value != null) {
      pairs.add(name + "=" + ApiClient.encode(value.toString()));
    }
  }

  @Override
  void print(JsonNode body, Shell shell) {
    Table table = new Table("#", "HASHTAG", "REGION", "COUNT", "EXPECTED", "SCORE", "VELOCITY");
    int rank = 1;
    for (JsonNode row : body.path("emerging")) {
      table.row(
          Integer.toString(rank++),
          "#" + row.path("hashtag").asText(),
          row.path("region").asText(),
          row.path("count").asText(),
          row.path("expected").asText(),
          row.path("score").asText(),
          row.path("velocity").asText());
    }
    table.print(shell.out());
    if (isIncomplete(body)) {
      shell.say("partial: partitions " + body.path("partitions").path("missing") + " are missing");
    }
  }
}
