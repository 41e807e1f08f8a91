package io.streamsocial.http.auth;

/** A file of certificates or secrets cannot be used. The message says why and quotes no secret. */
public final class UnusableFileException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnusableFileException(String message) {
    super(message);
  }
}
