package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpUtil;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.PositionToken;
import io.streamsocial.processor.Incidents;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * POST /api/posts. Parses and sends in a pool of its own, so that a Kafka that is away holds up no
 * reads; the answer comes when all replicas have acknowledged.
 */
final class PostsEndpoint implements Endpoint {
  private static final Logger log = LoggerFactory.getLogger(PostsEndpoint.class);
  private static final String NDJSON = "application/x-ndjson";
  private static final String ALLOWED = "application/json or " + NDJSON + ", in UTF-8";

  private final PostSink sink;
  private final BoundedPool pool;
  private final PostReader.Bounds bounds;
  private final Supplier<Uuid> postsTopic;
  private final Incidents incidents;

  PostsEndpoint(
      PostSink sink,
      BoundedPool pool,
      PostReader.Bounds bounds,
      Supplier<Uuid> postsTopic,
      Incidents incidents) {
    this.postsTopic = postsTopic;
    this.incidents = incidents;
    this.sink = sink;
    this.pool = pool;
    this.bounds = bounds;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> refused = unsupported(request.headers());
    if (refused.isPresent()) {
      return request.refused(refused.get());
    }
    return pool.submit(() -> readAndSend(request)).thenCompose(stage -> stage);
  }

  private static Optional<Problem> unsupported(Request.Headers headers) {
    String type = mimeType(headers);
    String charset = "" + HttpUtil.getCharsetAsSequence(headers.contentType());
    String encoding = headers.contentEncoding().toLowerCase(Locale.ROOT);
    String detail = "";
    if (!type.equals(Response.JSON) && !type.equals(NDJSON)) {
      detail =
          "Content-Type is '%s': send %s".formatted(Faults.quote(headers.contentType()), ALLOWED);
    } else if (!charset.equals("null") && !charset.replace("\"", "").equalsIgnoreCase("utf-8")) {
      detail = "charset is %s: send %s".formatted(Faults.quote(charset), ALLOWED);
    } else if (!encoding.isEmpty() && !encoding.equals("identity")) {
      detail = "Content-Encoding is '%s': send the body as it is".formatted(Faults.quote(encoding));
    }
    return detail.isEmpty()
        ? Optional.empty()
        : Optional.of(Problem.of(ProblemType.UNSUPPORTED_TYPE, detail));
  }

  private static String mimeType(Request.Headers headers) {
    CharSequence type = HttpUtil.getMimeType(headers.contentType());
    return type == null ? "" : type.toString().trim().toLowerCase(Locale.ROOT);
  }

  private CompletionStage<Response> readAndSend(Request request) {
    boolean lines = mimeType(request.headers()).equals(NDJSON);
    PostReader.Read read =
        PostReader.read(request.body(), lines, request.now().latestMs(), bounds, request::hold);
    if (!read.faults().isEmpty()) {
      return request.refused(
          Problem.of(ProblemType.BAD_POSTS, "nothing was accepted; " + read.faults().summary())
              .with(read.faults()));
    }
    return sink.write(read.posts())
        .handle(
            (written, failure) ->
                failure == null
                    ? Response.json(202, json -> write(json, written))
                    : unavailable(request, failure));
  }

  private Response unavailable(Request request, Throwable failure) {
    log.atDebug()
        .addKeyValue("request_id", request.requestId())
        .log("posts were not acknowledged: {}", failure.toString());
    incidents.begin(
        Incidents.Kind.POSTS_REFUSED,
        "http-write",
        "posts over HTTP are not acknowledged by Kafka and answered with 503: " + failure);
    String detail =
        "not all posts were acknowledged in time; some may have been written, so a second try"
            + " can count those twice";
    return request.refuse(Problem.retryLater(ProblemType.KAFKA_UNAVAILABLE, detail, 2));
  }

  private void write(JsonGenerator json, List<PostSink.Written> written) throws IOException {
    json.writeStartObject();
    json.writeNumberField("accepted", written.size());
    json.writeArrayFieldStart("records");
    for (PostSink.Written each : written) {
      json.writeStartObject();
      json.writeNumberField("partition", each.partition());
      json.writeNumberField("offset", each.offset());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("token", token(postsTopic.get(), written).encode());
    json.writeEndObject();
  }

  /** The position just after all of these posts. */
  static PositionToken token(Uuid topic, List<PostSink.Written> written) {
    Map<Integer, Long> last = new HashMap<>();
    written.forEach(each -> last.merge(each.partition(), each.offset(), Math::max));
    return PositionToken.after(topic, last);
  }
}
