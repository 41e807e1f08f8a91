package io.streamsocial.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;

/** The real server on a free port, over an in-memory recount and a clock that stands still. */
final class TestServer implements AutoCloseable {
  /** 2026-11-22T12:07:30Z: in the middle of a five-minute window. */
  static final long NOW = Instant.parse("2026-11-22T12:07:30Z").toEpochMilli();

  static final long WINDOW_MS = 300_000;

  /** For what must come, however slow the machine is. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Start of the window that NOW is in. */
  static final long W0 = NOW - 150_000;

  final InMemoryTrends trends;
  final RecordedPosts posts = new RecordedPosts();
  final HttpServer server;
  volatile EngineStatus status = Statuses.of(EngineState.RUNNING, NOW - 60_000, NOW - 20);
  private final AnswerSchemas schemas;
  private final String address;
  private HttpClient client = HttpClient.newHttpClient();

  TestServer() {
    this(HttpLimits.defaults());
  }

  TestServer(HttpLimits limits) {
    this(options("0", limits, peers(PeerOptions.TIMEOUT_MS)), new InMemoryTrends(WINDOW_MS));
  }

  /** Alone, and with these rules. */
  TestServer(SecuritySettings security) {
    this(
        options("0", HttpLimits.defaults(), peers(PeerOptions.TIMEOUT_MS), security),
        new InMemoryTrends(WINDOW_MS));
  }

  TestServer(ServerOptions options, InMemoryTrends trends) {
    this.trends = trends;
    address = options.security().tls().cert() == null ? "http://127.0.0.1" : "https://localhost";
    try {
      server =
          HttpServer.start(options, trends, () -> status, posts, () -> Instant.ofEpochMilli(NOW));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    schemas = new AnswerSchemas(server.resources());
  }

  static ServerOptions options(String instanceId, HttpLimits limits, PeerOptions peers) {
    return options(instanceId, limits, peers, SecuritySettings.OPEN);
  }

  static ServerOptions options(
      String instanceId, HttpLimits limits, PeerOptions peers, SecuritySettings security) {
    return new ServerOptions(
        "127.0.0.1",
        0,
        instanceId,
        Duration.ofMillis(WINDOW_MS),
        Duration.ofHours(1),
        Duration.ofMinutes(5),
        10_000,
        limits,
        peers,
        security);
  }

  /** Others have all of the time for their status, too: a pause shall make none of them suspect. */
  static PeerOptions peers(long timeoutMs) {
    return peers(timeoutMs, timeoutMs / 3, timeoutMs);
  }

  static PeerOptions peers(long timeoutMs, long hedgeMs, long statusMs) {
    return new PeerOptions("localhost", 0, timeoutMs, hedgeMs, statusMs, 100, 1_000, 256);
  }

  /** Keeps the posts and gives them offsets in two partitions by turns; or fails. */
  static final class RecordedPosts implements PostSink {
    final List<Post> written = new CopyOnWriteArrayList<>();
    volatile boolean away;

    @Override
    public CompletionStage<List<Written>> write(List<Post> posts) {
      if (away) {
        return CompletableFuture.failedFuture(new IOException("no broker"));
      }
      List<Written> acks = new ArrayList<>();
      for (Post post : posts) {
        acks.add(new Written(written.size() % 2, written.size() / 2));
        written.add(post);
      }
      return CompletableFuture.completedFuture(acks);
    }

    @Override
    public void close() {}
  }

  /** From now on as a client that trusts and presents what this context does. */
  void speak(SSLContext tls) {
    client = HttpClient.newBuilder().sslContext(tls).build();
  }

  HttpResponse<String> get(String path, String... headers) {
    return send("GET", path, "", headers);
  }

  HttpResponse<String> send(String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + ":" + server.port() + path))
            .timeout(PATIENCE)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      schemas.check(
          method,
          path,
          response.statusCode(),
          response.headers().firstValue("Content-Type").orElse(""),
          response.headers().firstValue("Content-Encoding").isPresent() ? "" : response.body());
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  JsonNode json(String path) {
    return parse(get(path).body());
  }

  static JsonNode parse(String body) {
    try {
      return Json.MAPPER.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends the bytes as they are and reads until the server closes. */
  String raw(String bytes) {
    try (Socket socket = connect()) {
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      boolean isRefused = false;
      try {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      } catch (SocketException e) {
        isRefused = true; // before all was written: the answer is still to be read
      }
      try {
        socket.getInputStream().transferTo(answer);
      } catch (SocketException e) {
        if (!isRefused) {
          throw e;
        }
      }
      return answer.toString(StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.setTcpNoDelay(true);
    return socket;
  }

  @Override
  public void close() {
    server.close();
  }
}
