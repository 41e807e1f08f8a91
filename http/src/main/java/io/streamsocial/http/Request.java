package io.streamsocial.http;

import io.streamsocial.processor.Moment;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One request that is valid HTTP on a known path with valid parameters. Immutable. */
public final class Request {
  private final String path;
  private final String variable;
  private final Arguments arguments;
  private final Headers headers;
  private final Body body;
  private final Trace trace;
  private final Moment now;
  private final int localPort;

  /**
   * @param path as it was sent, without the query
   * @param variable the decoded last segment, where the template has a variable; else empty
   * @param now when the request was read
   * @param localPort the port that the client connected to
   */
  public Request(
      String path,
      String variable,
      Arguments arguments,
      Headers headers,
      Body body,
      Trace trace,
      Moment now,
      int localPort) {
    this.path = path;
    this.variable = variable;
    this.arguments = arguments;
    this.headers = headers;
    this.body = body;
    this.trace = trace;
    this.now = now;
    this.localPort = localPort;
  }

  /** The body, and the share of memory that counts it and what is made of it. */
  public static final class Body {
    private final byte[] bytes;
    private final RequestMemory.Share memory;

    /**
     * @param bytes not changed by any reader
     * @param memory stays the caller's, who closes it when the request is answered
     */
    public Body(byte[] bytes, RequestMemory.Share memory) {
      this.bytes = bytes;
      this.memory = memory;
    }
  }

  /**
   * The few headers that endpoints look at; empty when absent.
   *
   * @param contentType with its parameters
   * @param idempotencyKeys each value that was given
   */
  public record Headers(
      String contentType,
      String contentEncoding,
      String accept,
      EntityTags ifNoneMatch,
      List<String> idempotencyKeys,
      Handshake handshake) {
    public static final Headers NONE =
        new Headers("", "", "", EntityTags.NONE, List.of(), Handshake.NONE);
  }

  /**
   * The headers by which a browser names the page that opens a stream, and the kind of stream;
   * empty when absent.
   *
   * @param host as the client addresses this server
   * @param origin of the page that opens it
   * @param upgrade the protocols that the client offers, when it may: HTTP/1.0 knows none
   * @param connection the options of the connection
   * @param version of the WebSocket protocol
   * @param key of a WebSocket
   */
  public record Handshake(
      String host, String origin, String upgrade, String connection, String version, String key) {
    static final Handshake NONE = new Handshake("", "", "", "", "", "");

    /** Whether the client offers to speak WebSocket, perhaps among others (RFC 9110, 7.8). */
    public boolean offersWebSocket() {
      return has(upgrade, "websocket") && has(connection, "upgrade");
    }

    /** Whether the key is 16 bytes in base64 (RFC 6455, 4.1). */
    public boolean hasKey() {
      try {
        return Base64.getDecoder().decode(key).length == 16;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }

    private static boolean has(String list, String token) {
      return Arrays.stream(list.split(",")).anyMatch(each -> each.strip().equalsIgnoreCase(token));
    }

    /** Whether the page came from here, or it is no page at all: other clients send no origin. */
    public boolean isSameOrigin() {
      return origin.isEmpty()
          || origin.equalsIgnoreCase("http://" + host)
          || origin.equalsIgnoreCase("https://" + host);
    }
  }

  public String path() {
    return path;
  }

  public String variable() {
    return variable;
  }

  public <T> T get(Parameter<T> parameter) {
    return arguments.get(parameter);
  }

  public Arguments arguments() {
    return arguments;
  }

  public Headers headers() {
    return headers;
  }

  /**
   * The headers of a whole answer by which caches know it. One that was asked for with a bound on
   * its staleness is good for nobody later.
   */
  public Map<String, String> cacheable(String etag) {
    return Map.of("ETag", etag, CachePolicy.HEADER, cachePolicy());
  }

  /** The same of an answer without a tag. */
  public String cachePolicy() {
    return arguments.has("max_staleness_ms") ? CachePolicy.NEVER : CachePolicy.READ;
  }

  /** Whether the client has the answer with this entity tag already. */
  public boolean has(String etag) {
    return headers.ifNoneMatch.contain(etag);
  }

  public byte[] body() {
    return body.bytes;
  }

  /**
   * Counts so many bytes more as held until the request is answered.
   *
   * @throws RefusalException when they do not fit; what it held before stays held
   */
  public void hold(long bytes) {
    body.memory.take(bytes, RequestMemory.Use.POSTS);
  }

  public String requestId() {
    return trace.requestId();
  }

  /** For the instances that are asked for a part of the answer. */
  public Trace trace() {
    return trace;
  }

  /** When it was read, by both clocks. */
  public Moment now() {
    return now;
  }

  public long nowMs() {
    return now.wallMs();
  }

  public int localPort() {
    return localPort;
  }

  public Response refuse(Problem problem) {
    return problem.toResponse(path, requestId());
  }

  public CompletionStage<Response> refused(Problem problem) {
    return CompletableFuture.completedFuture(refuse(problem));
  }
}
