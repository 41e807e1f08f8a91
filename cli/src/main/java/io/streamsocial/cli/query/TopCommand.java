package io.streamsocial.cli.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints the trending list at an interval: redrawn in place on a terminal, else table by table. */
@CommandLine.Command(
    name = "top",
    description = "Watch the trending list, redrawn like top(1), until Ctrl-C.")
final class TopCommand implements Command {
  // ECMA-48: cursor home, erase to the end of the line, erase below. Nothing is erased before it is
  // drawn over, so it does not flicker.
  private static final String HOME = "\u001b[H";
  private static final String CLEAR = "\u001b[2J";
  private static final String END_OF_LINE = "\u001b[K";
  private static final String BELOW = "\u001b[J";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());

  @Option(
      names = {"--api-url", "--url"},
      description = "The instance to ask.")
  String url = "http://localhost:8080";

  @Mixin final ApiOptions access = new ApiOptions();

  @Option(names = "--limit", description = "How many rows.")
  int limit = 20;

  @Option(names = "--region", description = "Only this region.")
  @Nullable String region;

  @Option(names = "--interval", description = "How often.")
  Duration interval = Duration.ofSeconds(1);

  @Option(names = "--count", description = "How many times; 0 for endless.")
  long count = 0;

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>();
    if (!isHttp(url)) {
      problems.add("api-url is '%s': write it as http://host:port".formatted(url));
    }
    if (limit < 1 || limit > Trending.Question.LIMIT_MAX) {
      problems.add("limit is %d: allowed is 1 to %d".formatted(limit, Trending.Question.LIMIT_MAX));
    }
    if (interval.toMillis() < 100 || interval.toHours() > 1) {
      problems.add("interval is %d ms: allowed is 100ms to 1h".formatted(interval.toMillis()));
    }
    problems.addAll(access.problems(shell.environment()));
    if (count < 0) {
      problems.add("count is %d: allowed is 0 (endless) and more".formatted(count));
    }
    return problems;
  }

  private static boolean isHttp(String text) {
    try {
      String scheme = URI.create(text).getScheme();
      return "http".equals(scheme) || "https".equals(scheme);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The exit code is that of the last refresh: the instance may stop and start meanwhile. */
  @Override
  public int run(Shell shell) throws Exception {
    boolean redraws = Shell.stdoutIsTerminal();
    ApiClient api = access.client(url, shell.environment());
    if (redraws) {
      shell.out().print(CLEAR);
    }
    // A slow answer must not delay the end.
    shell.shutdown().whenRequested(Thread.currentThread()::interrupt);
    int code = ExitCode.DONE;
    try {
      for (long done = 0; count == 0 || done < count; ) {
        StringWriter text = new StringWriter();
        code = refresh(api, new PrintWriter(text), shell);
        shell.out().print(redraws ? redrawn(text.toString()) : text);
        shell.out().flush();
        done++;
        if (done < count || count == 0) {
          TimeUnit.MILLISECONDS.sleep(interval.toMillis());
        }
      }
    } catch (InterruptedException e) {
      if (!shell.shutdown().isRequested()) {
        throw e;
      }
    }
    return code;
  }

  static String redrawn(String text) {
    return HOME + text.replace(System.lineSeparator(), END_OF_LINE + "\n") + BELOW;
  }

  private int refresh(ApiClient api, PrintWriter text, Shell shell) throws InterruptedException {
    String query = region == null ? "" : "&region=" + ApiClient.encode(region);
    try {
      ApiClient.Answer answer = api.get("/api/trending?limit=" + limit + query);
      JsonNode body = answer.json();
      if (answer.status() != 200) {
        text.println(
            Table.clean(body.path("title").asText() + ": " + body.path("detail").asText()));
        return answer.status() >= 400 && answer.status() < 500
            ? ExitCode.USAGE
            : ExitCode.NOT_READY;
      }
      return print(body, text);
    } catch (IOException e) {
      text.println(
          "nobody answers at %s (%s)%s"
              .formatted(
                  url,
                  ApiClient.reason(e),
                  shell.terminal() ? ": is the instance running? asking again" : ""));
      return ExitCode.FAILED;
    }
  }

  private int print(JsonNode body, PrintWriter text) {
    boolean partial = body.path("partial").asBoolean(false);
    text.println(
        "%s  trending in %s%s"
            .formatted(
                TIME.format(Instant.ofEpochMilli(body.path("timestamp").asLong())),
                region == null ? "all regions" : Table.clean(region),
                partial ? "  PARTIAL, missing " + body.path("partitions").path("missing") : ""));
    TrendTable.of(body.path("trending")).print(text);
    return partial ? ExitCode.NOT_READY : ExitCode.DONE;
  }
}
