package io.streamsocial.processor.snapshots;

/** An instance gives no snapshot; the message says why, for people. */
public final class RefusedSnapshotException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What the other instance can do then. */
  public enum Kind {
    /** The partition is not here, or cannot be read: ask another one. */
    NOT_HERE,
    /** As many as allowed are taken: try again a little later. */
    BUSY,
    /** There is no such snapshot, any more, or no such part of it: begin again. */
    UNKNOWN,
    /** It cannot be taken or read; the log here says more. */
    FAILED
  }

  private final Kind kind;

  public RefusedSnapshotException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
