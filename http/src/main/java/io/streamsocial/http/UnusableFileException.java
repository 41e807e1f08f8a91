package io.streamsocial.http;

/** A file of certificates or secrets cannot be used. The message says why and quotes no secret. */
final class UnusableFileException extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableFileException(String message) {
    super(message);
  }
}
