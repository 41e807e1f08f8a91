package io.streamsocial.http.live;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.auth.Cors;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.processor.trends.Trending;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * GET /ws and GET /api/stream: checks the origin and whether there is room, then hands the
 * connection over.
 */
public final class StreamEndpoint implements Endpoint.Direct {
  private static final String WEBSOCKET_VERSION = "13";

  private final TrendStreams streams;
  private final Function<Request, Trending.Question> reader;
  private final HttpLimits limits;
  private final List<String> origins;
  private final boolean webSocket;

  private StreamEndpoint(
      TrendStreams streams,
      Function<Request, Trending.Question> reader,
      HttpLimits limits,
      List<String> origins,
      boolean webSocket) {
    this.streams = streams;
    this.reader = reader;
    this.limits = limits;
    this.origins = origins;
    this.webSocket = webSocket;
  }

  /**
   * @param reader reads the question that the client wants to follow
   * @param origins whose pages may follow beside our own
   */
  public static StreamEndpoint webSocket(
      TrendStreams streams,
      Function<Request, Trending.Question> reader,
      HttpLimits limits,
      List<String> origins) {
    return new StreamEndpoint(streams, reader, limits, origins, true);
  }

  public static StreamEndpoint events(
      TrendStreams streams,
      Function<Request, Trending.Question> reader,
      HttpLimits limits,
      List<String> origins) {
    return new StreamEndpoint(streams, reader, limits, origins, false);
  }

  @Override
  public Response answer(Request request) {
    return refusal(request).map(request::refuse).orElseGet(() -> accept(request));
  }

  /** The place for one more is taken last, when nothing else can be wrong. */
  private Optional<Problem> refusal(Request request) {
    Request.Handshake handshake = request.headers().handshake();
    if (!handshake.isSameOrigin() && !isAllowed(handshake.origin())) {
      return Optional.of(
          Problem.of(
              ProblemType.FOREIGN_ORIGIN, "the Origin header names another site than Host does"));
    }
    if (webSocket) {
      if (!handshake.offersWebSocket() || !handshake.version().strip().equals(WEBSOCKET_VERSION)) {
        String detail =
            "open it as a WebSocket, version 13, by HTTP/1.1; /api/stream sends the same over HTTP";
        return Optional.of(
            Problem.of(ProblemType.UPGRADE_REQUIRED, detail)
                .with("Upgrade", "websocket")
                .with("Connection", "upgrade")
                .with("Sec-WebSocket-Version", WEBSOCKET_VERSION));
      }
      if (!handshake.hasKey()) {
        String detail = "Sec-WebSocket-Key has to be 16 bytes in base64";
        return Optional.of(Problem.of(ProblemType.MALFORMED_REQUEST, detail));
      }
    }
    if (!streams.metrics().open()) {
      String detail =
          "%d streams are open, and no more are allowed".formatted(streams.metrics().clientsMax());
      return Optional.of(Problem.retryLater(ProblemType.OVERLOADED, detail, 5));
    }
    return Optional.empty();
  }

  private boolean isAllowed(String origin) {
    return origins.contains(Cors.ANY) || origins.stream().anyMatch(origin::equalsIgnoreCase);
  }

  private Response accept(Request request) {
    StreamQuestion question = StreamQuestion.of(reader.apply(request));
    return webSocket
        ? Response.of(101, new WebSocketTakeover(streams, question, limits))
        : Response.of(200, new EventStreamTakeover(streams, question, limits));
  }
}
