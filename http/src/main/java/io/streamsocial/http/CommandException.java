package io.streamsocial.http;

/** A command cannot go on; the message is for its user and says what to do. */
final class CommandException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CommandException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
