package io.streamsocial.processor.test;

/**
 * Ends the turn of an instance wherever it is, as kill -9 does. An error, because the engine gets
 * over exceptions.
 */
final class ProcessKilled extends Error {
  private static final long serialVersionUID = 1L;

  ProcessKilled() {
    super("killed by the test", null, false, false);
  }
}
