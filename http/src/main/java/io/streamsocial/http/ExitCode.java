package io.streamsocial.http;

/** What the process says to the one that started it. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int NOT_READY = 3;
  static final int DIFFERENCE = 4;

  private ExitCode() {}
}
