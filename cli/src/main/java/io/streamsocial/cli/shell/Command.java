package io.streamsocial.cli.shell;

import java.util.List;

/** One subcommand. */
public interface Command {
  /** Problems of the options that parsing has not found; must start nothing. */
  default List<String> problems(Shell shell) {
    return List.of();
  }

  /**
   * @return an {@link ExitCode}
   * @throws CommandException when it cannot go on, with a message for the user
   * @throws Exception any other failure; its message is printed
   */
  int run(Shell shell) throws Exception;
}
