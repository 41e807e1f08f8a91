package io.streamsocial.cli.state;

import io.streamsocial.cli.shell.Command;
import java.util.List;

/** The commands of an operator, in the order of the help. */
public final class OperatorCommands {
  private OperatorCommands() {}

  public static List<Command> all() {
    return List.of(
        new RestoreCommand(),
        new VerifyCommand(),
        new InspectCommand(),
        new ResetCommand(),
        new DoctorCommand());
  }
}
