package io.streamsocial.http.peers;

/**
 * How this server reaches the other instances of its application, and they it.
 *
 * @param advertisedHost under which they reach it
 * @param advertisedPort on which they reach it; 0 for the port that it listens on
 * @param timeoutMs for all that one query asks of them together, 10 to 60,000
 * @param hedgeMs after so long without an answer a standby is asked too
 * @param statusMs for one of them to send its status
 * @param publishMs how often counts become visible: an answer with parts of others is not reused
 *     for longer
 * @param waitersMax requests that may wait for posts to be included; one more is answered by 503
 * @param queriesMax queries under way that need another instance; one more is answered by 503
 */
public record PeerOptions(
    String advertisedHost,
    int advertisedPort,
    long timeoutMs,
    long hedgeMs,
    long statusMs,
    long publishMs,
    int waitersMax,
    int queriesMax) {
  public static final long TIMEOUT_MS = 500;
  public static final int WAITERS_MAX = 1_000;
  public static final int QUERIES_MAX = 256;

  /** A standby is asked while there is time to use it, and a status given up before the next. */
  public PeerOptions(
      String advertisedHost,
      int advertisedPort,
      long timeoutMs,
      long publishMs,
      int waitersMax,
      int queriesMax) {
    this(
        advertisedHost,
        advertisedPort,
        timeoutMs,
        Math.max(1, timeoutMs / 3),
        Math.min(timeoutMs, StatusExchange.EVERY_MS),
        publishMs,
        waitersMax,
        queriesMax);
  }
}
