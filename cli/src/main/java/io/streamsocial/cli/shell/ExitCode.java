package io.streamsocial.cli.shell;

/** Exit codes of the process. */
public final class ExitCode {
  public static final int DONE = 0;
  public static final int FAILED = 1;
  public static final int USAGE = 2;
  public static final int NOT_READY = 3;
  public static final int DIFFERENCE = 4;

  private ExitCode() {}
}
