package io.streamsocial.cli.query;

import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that sends one request to a running instance. */
abstract class ApiQuestion implements Command {
  @Option(names = "--api-url", description = "The instance to ask.")
  String apiUrl = "http://localhost:8080";

  @Mixin final ApiOptions api = new ApiOptions();

  abstract String pathAndQuery();

  @Override
  public List<String> problems(Shell shell) {
    try {
      String scheme = URI.create(apiUrl).getScheme();
      if ("http".equals(scheme) || "https".equals(scheme)) {
        return api.problems(shell.environment());
      }
    } catch (IllegalArgumentException e) {
      // Reported below.
    }
    return List.of("api-url is '%s': write it as http://host:port".formatted(apiUrl));
  }

  ApiClient.Answer ask(Shell shell) throws CommandException, InterruptedException {
    return ask(shell, pathAndQuery());
  }

  ApiClient.Answer ask(Shell shell, String path) throws CommandException, InterruptedException {
    try {
      return api.client(apiUrl, shell.environment()).get(path);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.FAILED,
          "nobody answers at %s (%s): is the instance running? name another with --api-url"
              .formatted(apiUrl, ApiClient.reason(e)));
    }
  }
}
