package io.streamsocial.http.peers;

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

  /** Hears of each change. */
  interface Listener {
    void opened();

    void closed();
  }

  private final Listener listener;
  private int failures; // in a row
  private boolean open;

  /**
   * @param listener quick, as the breaker is held meanwhile
   */
  Breaker(Listener listener) {
    this.listener = listener;
  }

  synchronized void succeeded() {
    failures = 0;
    if (open) {
      open = false;
      listener.closed();
    }
  }

  synchronized void failed() {
    failures++;
    if (failures >= FAILURES_MAX) {
      open();
    }
  }

  private void open() {
    if (!open) {
      open = true;
      listener.opened();
    }
  }

  /** No process listens there: there is no need to find out four more times. */
  synchronized void refused() {
    failures++;
    open();
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** Whether its last answer was none: others are better asked first. */
  synchronized boolean isSuspect() {
    return failures > 0;
  }
}
