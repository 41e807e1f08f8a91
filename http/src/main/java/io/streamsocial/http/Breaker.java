package io.streamsocial.http;

/**
 * Whether another instance is worth asking.
 *
 * <pre>
 *   closed --5 failures in a row, or a refused connection--> open --the probe is answered--> closed
 * </pre>
 *
 * Half open is the exchange of statuses: it asks once a second whatever the breaker says, so no
 * query of a client has to be the probe. Any thread.
 */
final class Breaker {
  static final int FAILURES_MAX = 5;

  private int failures; // in a row
  private boolean open;

  synchronized void succeeded() {
    failures = 0;
    open = false;
  }

  synchronized void failed() {
    failures++;
    open |= failures >= FAILURES_MAX;
  }

  /** Nobody listens there: no need to find out four more times. */
  synchronized void refused() {
    failures++;
    open = true;
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** Whether its last answer was none: others are better asked first. */
  synchronized boolean isSuspect() {
    return failures > 0;
  }
}
