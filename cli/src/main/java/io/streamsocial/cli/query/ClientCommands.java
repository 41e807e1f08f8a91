package io.streamsocial.cli.query;

import java.util.List;

/** The commands that ask a running instance, in the order of the help. */
public final class ClientCommands {
  private ClientCommands() {}

  public static List<Object> all() {
    return List.of(new TopCommand(), new QueryCommand());
  }
}
