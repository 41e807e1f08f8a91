package io.streamsocial.cli.query;

import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import picocli.CommandLine;

/**
 * query ready and query live: an instance's probes as exit codes, so that a container's health
 * check needs no curl in the image. Unlike {@code query health} they do not judge the rest of the
 * group.
 */
abstract class ProbeQuery extends ApiQuestion {
  private final String path;

  private ProbeQuery(String path) {
    this.path = path;
  }

  @Override
  String pathAndQuery() {
    return path + "?verbose";
  }

  @Override
  public int run(Shell shell) throws Exception {
    ApiClient.Answer answer = ask(shell);
    shell.out().print(answer.body());
    shell.out().flush();
    return switch (answer.status()) {
      case 200 -> ExitCode.DONE;
      case 503 -> ExitCode.NOT_READY;
      default ->
          throw new CommandException(
              ExitCode.FAILED,
              "%s answered %d on %s: is this the API?".formatted(apiUrl, answer.status(), path));
    };
  }

  /** query ready. */
  @CommandLine.Command(name = "ready", description = "Whether the instance answers queries.")
  static final class Ready extends ProbeQuery {
    Ready() {
      super("/readyz");
    }
  }

  /** query live. */
  @CommandLine.Command(name = "live", description = "Whether the instance's loops move.")
  static final class Live extends ProbeQuery {
    Live() {
      super("/livez");
    }
  }
}
