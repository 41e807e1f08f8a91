package io.streamsocial.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One answer, plain data up to the edge. Immutable: the body is not changed after it is built. */
public final class Response {
  public static final String JSON = "application/json";
  public static final String PROBLEM_JSON = "application/problem+json";
  static final String TEXT = "text/plain; charset=utf-8";

  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;
  private final boolean close;
  private final @Nullable Takeover takeover;

  /**
   * @param status 200 to 599
   * @param contentType empty when there is no body
   * @param body not copied
   * @param headers beside those that the server sets: length, connection, request id and the like
   * @param close whether the connection cannot be used again
   */
  public Response(
      int status, String contentType, byte[] body, Map<String, String> headers, boolean close) {
    this(status, contentType, body, headers, close, null);
  }

  private Response(
      int status,
      String contentType,
      byte[] body,
      Map<String, String> headers,
      boolean close,
      @Nullable Takeover takeover) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = Map.copyOf(headers);
    this.close = close;
    this.takeover = takeover;
  }

  /** Instead of a body: the connection becomes something else. */
  public static Response of(int status, Takeover takeover) {
    return new Response(status, "", new byte[0], Map.of(), false, takeover);
  }

  public static Response json(int status, Json.Body body) {
    return new Response(status, JSON, Json.bytes(body), Map.of(), false);
  }

  /** JSON that is already encoded. */
  public static Response json(int status, byte[] body, Map<String, String> headers) {
    return new Response(status, JSON, body, headers, false);
  }

  /**
   * The client has it already.
   *
   * @param headers those of the answer that it has, its ETag among them: caches take them over
   */
  public static Response notModified(Map<String, String> headers) {
    return new Response(304, "", new byte[0], headers, false);
  }

  public static Response text(int status, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Response(status, TEXT, bytes, Map.of(), false);
  }

  /** The answer to OPTIONS. */
  public static Response allow(String methods) {
    return new Response(204, "", new byte[0], Map.of("Allow", methods), false);
  }

  /** What becomes of the connection; empty for an ordinary answer. */
  public Optional<Takeover> takeover() {
    return Optional.ofNullable(takeover);
  }

  public int status() {
    return status;
  }

  /** Empty when there is no body. */
  public String contentType() {
    return contentType;
  }

  public byte[] body() {
    return body;
  }

  /** The headers that not every answer has. */
  public Map<String, String> headers() {
    return headers;
  }

  /** Whether the connection cannot be used again. */
  public boolean close() {
    return close;
  }
}
