package io.streamsocial.http;

import java.net.http.HttpRequest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of one request on every instance that contributes to its answer. Where equal questions
 * share an answer, it has the name of the first.
 *
 * @param requestId never empty
 * @param parent W3C's traceparent as the client sent it, for tracing around this server; empty
 *     without one
 */
public record Trace(String requestId, String parent) {
  public static final String PARENT_HEADER = "traceparent";

  private static final Pattern PARENT =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  /**
   * @param parent as it was sent; dropped when it is not a traceparent
   */
  public static Trace of(String requestId, @Nullable String parent) {
    return new Trace(requestId, parent != null && PARENT.matcher(parent).matches() ? parent : "");
  }

  public void writeTo(HttpRequest.Builder request) {
    request.header(RequestId.HEADER, requestId);
    if (!parent.isEmpty()) {
      request.header(PARENT_HEADER, parent);
    }
  }
}
