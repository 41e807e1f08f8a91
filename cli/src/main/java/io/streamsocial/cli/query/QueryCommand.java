package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Queries the API from the shell; each kind of query is a subcommand. */
@CommandLine.Command(
    name = "query",
    description = "Ask a running instance.",
    subcommands = {
      QueryCommand.TrendingQuery.class,
      QueryCommand.HashtagQuery.class,
      EmergingQuery.class,
      StoreQueries.Stores.class,
      StoreQueries.Get.class,
      StoreQueries.Range.class,
      StoreQueries.Top.class,
      SessionQueries.Sessions.class,
      SessionQueries.Active.class,
      QueryCommand.MetadataQuery.class,
      QueryCommand.HealthQuery.class,
      ProbeQuery.Ready.class,
      ProbeQuery.Live.class
    })
final class QueryCommand {

  /** A query whose answer is JSON, and is printed as a table or as it came. */
  abstract static class Query extends ApiQuestion {
    @Option(names = "--json", description = "Print the body as it came.")
    boolean json;

    abstract void print(JsonNode body, Shell shell);

    /** Whether an answer of status 200 lacks a part of what was asked for. */
    boolean isIncomplete(JsonNode body) {
      return body.path("partial").asBoolean(false);
    }

    /** Says what else may be asked, when there is nothing at the path. */
    void sayWhatThereIs(Shell shell) throws Exception {
      // Only where the path has a name that the user gave.
    }

    @Override
    public int run(Shell shell) throws Exception {
      ApiClient.Answer answer = ask(shell);
      JsonNode body = answer.json();
      if (body.has("type") && answer.status() >= 400) {
        return problem(answer, body, shell);
      }
      if (json) {
        shell.out().println(answer.body());
      } else {
        print(body, shell);
      }
      shell.out().flush();
      return answer.status() == 200 && !isIncomplete(body) ? ExitCode.DONE : ExitCode.NOT_READY;
    }

    private int problem(ApiClient.Answer answer, JsonNode body, Shell shell) throws Exception {
      if (json) {
        shell.out().println(answer.body());
        shell.out().flush();
      }
      shell.say(Table.clean(body.path("title").asText() + ": " + body.path("detail").asText()));
      if (answer.status() == 401) {
        shell.say(
            "  --token-file names a file with a token, or %s holds one"
                .formatted(Environment.TOKEN));
      }
      for (JsonNode error : body.path("errors")) {
        shell.say(
            Table.clean(
                "  %s is '%s': allowed is %s"
                    .formatted(
                        error.path("parameter").asText(),
                        error.path("value").asText(),
                        error.path("allowed").asText())));
      }
      if (answer.status() == 404) {
        sayWhatThereIs(shell);
      }
      return switch (answer.status()) {
        case 400, 401, 403 -> ExitCode.USAGE;
        case 503 -> ExitCode.NOT_READY;
        default -> ExitCode.FAILED;
      };
    }
  }

  /** Window, region and instant, as both trending paths take them. */
  static final class Scope {
    @Option(names = "--windows", description = "How many windows back.")
    @Nullable Integer windows;

    @Option(names = "--region", description = "Only this region.")
    @Nullable String region;

    @Option(names = "--at", description = "Another instant than now, epoch milliseconds.")
    @Nullable Long at;

    String query(Map<String, Object> more) {
      Map<String, Object> all = new LinkedHashMap<>(more);
      Optional.ofNullable(windows).ifPresent(value -> all.put("windows", value));
      Optional.ofNullable(region).ifPresent(value -> all.put("region", value));
      Optional.ofNullable(at).ifPresent(value -> all.put("at", value));
      List<String> pairs = new ArrayList<>();
      all.forEach((name, value) -> pairs.add(name + "=" + ApiClient.encode(value.toString())));
      return pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
    }
  }

  /** query trending. */
  @CommandLine.Command(name = "trending", description = "The trending list.")
  static final class TrendingQuery extends Query {
    @Option(names = "--limit", description = "How many rows.")
    int limit = 10;

    @Mixin final Scope scope = new Scope();

    @Override
    String pathAndQuery() {
      return "/api/trending" + scope.query(Map.of("limit", limit));
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("#", "HASHTAG", "COUNT", "VELOCITY", "TREND");
      int rank = 1;
      for (JsonNode row : body.path("trending")) {
        table.row(
            Integer.toString(rank++),
            "#" + row.path("hashtag").asText(),
            row.path("count").asText(),
            row.path("velocity").asText(),
            row.path("trend").asText());
      }
      table.print(shell.out());
      if (isIncomplete(body)) {
        shell.say(
            "partial: partitions " + body.path("partitions").path("missing") + " are missing");
      }
    }
  }

  /** query hashtag. */
  @CommandLine.Command(name = "hashtag", description = "The windows of one hashtag.")
  static final class HashtagQuery extends Query {
    @Parameters(paramLabel = "NAME", description = "With or without '#'.")
    String name = "";

    @Mixin final Scope scope = new Scope();

    @Override
    String pathAndQuery() {
      return "/api/trending/" + ApiClient.encode(name) + scope.query(Map.of());
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("WINDOW", "COUNT");
      for (JsonNode window : body.path("stats").path("windows")) {
        table.row(
            Instant.ofEpochMilli(window.path("window").asLong()).toString(),
            window.path("count").asText());
      }
      table.row("total", body.path("stats").path("total_count").asText());
      table.row("average", body.path("stats").path("average").asText());
      table.print(shell.out());
    }
  }

  /** query metadata. */
  @CommandLine.Command(name = "metadata", description = "The instances and what they hold.")
  static final class MetadataQuery extends Query {
    @Override
    String pathAndQuery() {
      return "/api/metadata";
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("INSTANCE", "ADDRESS", "STATE", "ACTIVE", "STANDBY", "LAG");
      for (JsonNode each : body.path("instances")) {
        table.row(
            each.path("instance_id").asText(),
            each.path("host").asText() + ":" + each.path("port").asText(),
            each.path("state").asText(),
            each.path("active").toString(),
            each.path("standby").toString(),
            each.path("lag").asText());
      }
      table.print(shell.out());
    }
  }

  /** query health. */
  @CommandLine.Command(name = "health", description = "The instance's own judgement.")
  static final class HealthQuery extends Query {
    @Override
    String pathAndQuery() {
      return "/api/health";
    }

    @Override
    boolean isIncomplete(JsonNode body) {
      return !body.path("status").asText().equals("healthy");
    }

    @Override
    void print(JsonNode body, Shell shell) {
      Table table = new Table("CHECK", "STATUS", "DETAIL");
      table.row(
          "instance", body.path("status").asText(), "version " + body.path("version").asText());
      for (JsonNode check : body.path("checks")) {
        table.row(
            check.path("name").asText(),
            check.path("status").asText(),
            check.path("detail").asText());
      }
      table.print(shell.out());
    }
  }
}
