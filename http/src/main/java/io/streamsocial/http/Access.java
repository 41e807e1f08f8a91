package io.streamsocial.http;

import java.util.Locale;
import java.util.Optional;

/** The right that a path requires of its caller, and that a token gives. */
public enum Access {
  /** None: for probes and the files of the pages, which hold no one's data. */
  OPEN,
  /** To read counts and the state of the instances. */
  READ,
  /** To post, too. */
  WRITE,
  /** All, the state itself included. */
  ADMIN,
  /** Another instance of the application; no token of a client is one. */
  PEER;

  /** Whether a token of this scope will do where the other is asked for. */
  public boolean includes(Access needed) {
    return needed.compareTo(this) <= 0;
  }

  /** As tokens files, answers and the API's description write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Empty when no token can have it. */
  public static Optional<Access> ofToken(String label) {
    return switch (label) {
      case "read" -> Optional.of(READ);
      case "write" -> Optional.of(WRITE);
      case "admin" -> Optional.of(ADMIN);
      default -> Optional.empty();
    };
  }
}
