package io.streamsocial.http.net;

import java.time.Duration;

/**
 * What one client, or all together, may take of the server.
 *
 * @param maxBodyBytes a larger request body is answered by 413
 * @param requestMemoryBytes what bodies, posts and answers of all requests under way may hold
 * @param maxConnections open at once; one more is refused with 503 unless it is a probe
 * @param headerTimeout from a request's first byte to the end of its headers
 * @param bodyTimeout from the end of its headers to the end of its body
 * @param writeTimeout for the client to take an answer
 * @param idleTimeout without a byte in either direction
 * @param maxStreams WebSockets and event streams open at once, a part of the connections; one more
 *     is answered by 503
 * @param readThreads threads that read RocksDB
 * @param readQueue reads that may wait for one of them; one more is answered by 503
 */
public record HttpLimits(
    int maxBodyBytes,
    long requestMemoryBytes,
    int maxConnections,
    int maxStreams,
    Duration headerTimeout,
    Duration bodyTimeout,
    Duration writeTimeout,
    Duration idleTimeout,
    int readThreads,
    int readQueue) {

  /** Longest request line, bytes: Netty's own default, named because answers quote it. */
  static final int MAX_LINE_BYTES = 4_096;

  /** All header lines of one request together, bytes. */
  static final int MAX_HEADER_BYTES = 8_192;

  static final int MAX_HEADERS = 100;

  static final int MAX_QUERY_PARAMETERS = 32;

  /** The memory that requests need to be answered at all: for bodies of the largest size. */
  public static long leastRequestMemory(int maxBodyBytes) {
    return 4L * Math.max(maxBodyBytes, 1 << 20);
  }

  /** An eighth of the heap, where that is enough. */
  public static long requestMemoryOfHeap(int maxBodyBytes) {
    return Math.max(Runtime.getRuntime().maxMemory() / 8, leastRequestMemory(maxBodyBytes));
  }

  public static HttpLimits defaults() {
    return new HttpLimits(
        1 << 20,
        requestMemoryOfHeap(1 << 20),
        2_000,
        1_000,
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        4,
        128);
  }
}
