package io.streamsocial.http.peers;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** Another instance gave no answer that can be used. */
final class PeerException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The kind of failure decides what follows. */
  enum Kind {
    /** No process listens there. */
    REFUSED("refused"),
    /** The connection broke; perhaps only this one. */
    FAILED("failed"),
    /** No answer in time. */
    TIMEOUT("timeout"),
    /** An answer, but not one of this application, or too large, or not to be read. */
    REJECTED("rejected"),
    /** It answers, but not this question: it is well, ask another one. */
    UNABLE("unable"),
    /** It has too much to do and says so: it is well, ask another one. */
    OVERLOADED("overloaded"),
    /** Another holder answered first. */
    CANCELLED("cancelled");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** The value of a metric's label. */
    String label() {
      return label;
    }
  }

  private final Kind kind;

  PeerException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  static PeerException timeout() {
    return new PeerException(Kind.TIMEOUT, "it did not answer in time");
  }

  static PeerException cancelled() {
    return new PeerException(Kind.CANCELLED, "another answer came first");
  }

  /** Classifies the failure of an exchange. */
  static PeerException of(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof PeerException known) {
        return known;
      }
    }
    if (cause instanceof HttpTimeoutException) {
      return timeout();
    }
    if (isMistrust(cause)) {
      return new PeerException(
          Kind.REJECTED,
          "TLS with it fails, %s: compare --tls-cert, --tls-ca and --tls-client-ca of the two, and the name that it advertises"
              .formatted(cause.getMessage()));
    }
    return cause instanceof ConnectException
        ? new PeerException(Kind.REFUSED, whyRefused(cause))
        : new PeerException(Kind.FAILED, cause.toString());
  }

  /** Java's own exception often says no more than its name. */
  private static String whyRefused(Throwable refused) {
    for (Throwable each = refused.getCause(); each != null; each = each.getCause()) {
      if (each instanceof UnresolvedAddressException) {
        return "no address is known by the name of its host";
      }
    }
    String more = refused.getMessage();
    return "no process listens at its address" + (more == null ? "" : ": " + more);
  }

  /**
   * Whether the two sides do not take each other's TLS; a handshake that is cut off says nothing.
   */
  private static boolean isMistrust(Throwable failure) {
    boolean inTls = false;
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof EOFException || each instanceof SocketException) {
        return false;
      }
      inTls |=
          each instanceof SSLHandshakeException
              || (each instanceof SSLException
                  && String.valueOf(each.getMessage()).contains("SSL message"));
    }
    return inTls;
  }

  Kind kind() {
    return kind;
  }
}
