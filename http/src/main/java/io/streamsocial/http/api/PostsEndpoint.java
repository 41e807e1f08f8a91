package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.IdempotencyKey;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.PositionToken;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
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
  static final Parameter<Boolean> STRICT = Parameter.flag("strict");
  private static final List<String> TYPES = List.of(Response.JSON, NDJSON);

  private final PostSink sink;
  private final BoundedPool pool;
  private final PostJudge.Bounds bounds;
  private final ThisInstance self;
  private final Incidents incidents;

  PostsEndpoint(
      PostSink sink,
      BoundedPool pool,
      PostJudge.Bounds bounds,
      ThisInstance self,
      Incidents incidents) {
    this.self = self;
    this.incidents = incidents;
    this.sink = sink;
    this.pool = pool;
    this.bounds = bounds;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> refused = BodyType.refusal(request.headers(), TYPES);
    if (refused.isPresent()) {
      return request.refused(refused.get());
    }
    List<String> given = request.headers().idempotencyKeys();
    return IdempotencyKey.read(given)
        .map(key -> pool.submit(() -> readAndSend(request, key)).thenCompose(stage -> stage))
        .orElseGet(() -> request.refused(IdempotencyKey.refusal(given)));
  }

  private CompletionStage<Response> readAndSend(Request request, String key) {
    boolean lines = BodyType.mimeType(request.headers()).equals(NDJSON);
    PostReader.Read read =
        PostReader.read(
            request.body(),
            new PostReader.Asked(lines, request.get(STRICT), key),
            new PostJudge(bounds, request.now(), streamTimeMs()),
            request::hold);
    if (!read.faults().isEmpty()) {
      return request.refused(
          Problem.of(ProblemType.BAD_POSTS, "nothing was accepted; " + read.faults().summary())
              .with(read.faults()));
    }
    return sink.write(read.posts())
        .handle(
            (written, failure) ->
                failure == null
                    ? Response.json(202, json -> write(json, read, written))
                    : unavailable(request, key, failure));
  }

  /** The latest that a partition here has counted up to. */
  private long streamTimeMs() {
    return self.status().partitions().stream()
        .mapToLong(EngineStatus.Partition::streamTimeMs)
        .max()
        .orElse(Long.MIN_VALUE);
  }

  private Response unavailable(Request request, String key, Throwable failure) {
    log.atDebug()
        .addKeyValue("request_id", request.requestId())
        .log("posts were not acknowledged: {}", failure.toString());
    incidents.begin(
        Incidents.Kind.POSTS_REFUSED,
        "http-write",
        "posts over HTTP are not acknowledged by Kafka and answered with 503: " + failure);
    String detail =
        "not all posts were acknowledged in time, and some may have been written: "
            + (key.isEmpty()
                ? "a second try can count those twice, unless each try has the same %s"
                    .formatted(IdempotencyKey.HEADER)
                : "send the same again with the same %s, and each counts once"
                    .formatted(IdempotencyKey.HEADER));
    return request.refuse(Problem.retryLater(ProblemType.KAFKA_UNAVAILABLE, detail, 2));
  }

  private void write(JsonGenerator json, PostReader.Read read, List<PostSink.Written> written)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("accepted", written.size());
    json.writeArrayFieldStart("records");
    for (int i = 0; i < written.size(); i++) {
      json.writeStartObject();
      json.writeNumberField("partition", written.get(i).partition());
      json.writeNumberField("offset", written.get(i).offset());
      json.writeArrayFieldStart("hashtags");
      for (String hashtag : read.posts().get(i).hashtags()) {
        json.writeString(hashtag);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    read.warnings().write(json, "warnings");
    json.writeStringField("token", token(self.status().postsTopic(), written).encode());
    json.writeEndObject();
  }

  /** The position just after all of these posts. */
  static PositionToken token(Uuid topic, List<PostSink.Written> written) {
    Map<Integer, Long> last = new HashMap<>();
    written.forEach(each -> last.merge(each.partition(), each.offset(), Math::max));
    return PositionToken.after(topic, last);
  }
}
