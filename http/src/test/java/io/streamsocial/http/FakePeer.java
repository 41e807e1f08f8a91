package io.streamsocial.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** Something that listens where another instance should, and answers as a test wants. */
final class FakePeer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closing = new CountDownLatch(1);

  /** Bytes of the longest body that somebody took. */
  final AtomicLong longestBody = new AtomicLong();

  final AtomicLong requests = new AtomicLong();

  /** Answers one request; the exchange is closed behind it. */
  @FunctionalInterface
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  FakePeer(Answer answer) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            answer.to(exchange);
          }
        });
    server.setExecutor(threads);
    server.start();
  }

  static FakePeer hung() {
    CountDownLatch never = new CountDownLatch(1);
    return new FakePeer(exchange -> await(never));
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a third instance that holds nothing tells of itself. */
  static String statusOf(String appId, String instanceId, int version) {
    return """
        {"version": %d, "app_id": "%s", "instance_id": "%s", "process": "%s", "epoch": 1,
         "state": "RUNNING", "checks": {"shuffle_partitions": 4, "window_ms": 300000},
         "posts_lag": 0, "partitions": [], "news": "from a later version"}
        """
        .formatted(version, appId, instanceId, TestCluster.process(2));
  }

  static FakePeer saying(int status, String body) {
    return new FakePeer(exchange -> send(exchange, status, body));
  }

  static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  /** A body of so many bytes, without a length. */
  void flood(HttpExchange exchange, long bytes) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] chunk = new byte[1 << 16];
    try (OutputStream out = exchange.getResponseBody()) {
      for (long sent = 0; sent < bytes && closing.getCount() > 0; sent += chunk.length) {
        out.write(chunk);
        longestBody.accumulateAndGet(sent + chunk.length, Math::max);
      }
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
