package io.streamsocial.cli;

import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Prints what a shell needs to complete commands and options. */
@CommandLine.Command(
    name = "completion",
    description = "Print a script that completes commands and options in bash and zsh.",
    footer = {
      "",
      "For this shell:   source <(./trending completion)",
      "For all of them:  ./trending completion > ~/.local/share/bash-completion/completions/trending"
    })
final class CompletionCommand implements Command {
  private static final String NAME = "trending";

  @Override
  public List<String> problems(Shell shell) {
    return List.of();
  }

  @Override
  public int run(Shell shell) {
    shell.out().println(AutoComplete.bash(NAME, Main.commandLine(shell.environment())));
    // The script knows the program by its bare name alone.
    shell.out().println("complete -F _complete_trending -o default ./" + NAME);
    return ExitCode.DONE;
  }
}
