package io.streamsocial.store.snapshots;

/** A snapshot cannot be taken, fetched or used; the message says what and why, for people. */
public final class SnapshotException extends Exception {
  private static final long serialVersionUID = 1L;

  public SnapshotException(String message) {
    super(message);
  }

  public SnapshotException(String message, Throwable cause) {
    super(message, cause);
  }
}
