package io.streamsocial.cli.state;

import io.streamsocial.cli.options.StateOptions;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.http.Json;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that works on the state of an instance that does not run. */
abstract class StateCommand implements Command {
  @Mixin final StateOptions state = new StateOptions();

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  /** Problems of the options that a subclass adds. */
  List<String> moreProblems(Shell shell) {
    return List.of();
  }

  @Override
  public final List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(state.problems(shell.environment()));
    problems.addAll(moreProblems(shell));
    return problems;
  }

  @Override
  public final int run(Shell shell) throws Exception {
    try {
      int code = run(state.build(shell.environment()), shell);
      shell.out().flush();
      return code;
    } catch (ConfigException e) {
      // The options are well-formed, but do not fit the state or the topics.
      throw new CommandException(ExitCode.FAILED, String.join("\nerror: ", e.problems()));
    }
  }

  abstract int run(EngineConfig config, Shell shell) throws Exception;

  /** Prints a JSON document on stdout. */
  static void print(Json.Body body, Shell shell) {
    shell.out().println(new String(Json.bytes(body), StandardCharsets.UTF_8));
    shell.out().flush();
  }
}
