package io.streamsocial.store;

import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** A store on disk cannot be used; the kind says what its owner should do. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** One value for each action of the owner. */
  public enum Kind {
    /** The files cannot be trusted: set them aside and rebuild from the changelog. */
    CORRUPTED,
    /** Sound, but written with other settings: refuse to start. */
    OTHER_FORMAT,
    /** Open elsewhere, for example in a loop that has not closed it yet: try again. */
    LOCKED,
    /** The disk is full: wait, then reopen; nothing is lost. */
    FULL,
    /** Closed, or not open yet: ask another owner. */
    CLOSED
  }

  private final Kind kind;

  StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /**
   * RocksDB reports a missing MANIFEST as an IOError and a failed fsync likewise, so every IOError
   * but a full disk is treated as damage.
   */
  static StoreException of(String action, Path dir, RocksDBException e) {
    String message = String.valueOf(e.getMessage());
    Status status = e.getStatus();
    if ((status != null && status.getSubCode() == Status.SubCode.NoSpace)
        || message.contains("No space left")) {
      return new StoreException(
          Kind.FULL,
          "%s %s: the disk is full (%s); free some space, then work resumes by itself"
              .formatted(action, dir, message),
          e);
    }
    Kind kind =
        message.contains("lock hold by") || message.contains("While lock file")
            ? Kind.LOCKED
            : Kind.CORRUPTED;
    return new StoreException(kind, "%s %s: %s".formatted(action, dir, message), e);
  }
}
