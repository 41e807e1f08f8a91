package io.streamsocial.cli.shell;

import java.util.List;

/** What one subcommand does. */
public interface Command {
  /** Everything wrong with its options beside what parsing has found; nothing is started by it. */
  default List<String> problems(Shell shell) {
    return List.of();
  }

  /**
   * @return an {@link ExitCode}
   * @throws CommandException when it cannot go on
   * @throws Exception anything else, told by its message
   */
  int run(Shell shell) throws Exception;
}
