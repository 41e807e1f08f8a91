package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Json;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.Gathered;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * GET /api/trending/{hashtag}: from the one partition that has it, whichever instance holds that.
 */
final class HashtagEndpoint implements Endpoint {
  private final Queries queries;
  private final Router router;
  private final TrendingParameters parameters;
  private final ThisInstance self;

  HashtagEndpoint(
      Queries queries, Router router, TrendingParameters parameters, ThisInstance self) {
    this.queries = queries;
    this.router = router;
    this.parameters = parameters;
    this.self = self;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    Optional<String> why = Hashtags.whyNone(request.variable());
    if (why.isPresent()) {
      String detail = "no post can have this hashtag: " + why.get();
      return request.refused(Problem.of(ProblemType.BAD_PARAMETERS, detail));
    }
    Trending.Key key = queries.key(request.variable());
    ReadOptions options = parameters.options(request);
    return router
        .route(
            request.trace(),
            PartQuestion.hashtag(key, parameters.hashtagQuestion(request)),
            options)
        .thenApply(gathered -> respond(request, options, key, gathered));
  }

  private Response respond(
      Request request, ReadOptions options, Trending.Key key, Gathered<Trending.TopPart> gathered) {
    Trending.HashtagAnswer answer = Trending.hashtag(key, gathered.only(Trending.TopPart.NOTHING));
    Optional<Problem> refusal =
        options.refusalOfKey(
            Answered.of(gathered, options, answer, answer.completeness()),
            key.partition(),
            "#" + key.hashtag());
    if (refusal.isPresent()) {
      return request.refuse(refusal.get());
    }
    byte[] state = Json.bytes(json -> writeState(json, request, answer));
    String etag = TrendingAnswer.etag(state);
    Map<String, String> headers = request.cacheable(etag);
    return request.has(etag)
        ? Response.notModified(headers)
        : Response.json(200, Json.bytes(json -> write(json, request, answer)), headers);
  }

  private void write(JsonGenerator json, Request request, Trending.HashtagAnswer answer)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("hashtag", answer.hashtag());
    writeStats(json, answer);
    json.writeNumberField("timestamp", request.nowMs());
    json.writeBooleanField("known", answer.known());
    writeOwner(json, request, answer.partition());
    parameters.completeness.write(json, answer.completeness(), request.now());
    json.writeEndObject();
  }

  /** All fields but those that move with the clock. */
  private void writeState(JsonGenerator json, Request request, Trending.HashtagAnswer answer)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("hashtag", answer.hashtag());
    writeStats(json, answer);
    writeOwner(json, request, answer.partition());
    parameters.completeness.writeState(json, answer.completeness());
    json.writeEndObject();
  }

  /** Without an address while no instance owns the partition, as in a rebalance. */
  private void writeOwner(JsonGenerator json, Request request, int partition) throws IOException {
    json.writeObjectFieldStart("owner");
    Optional<RoutingTable.Instance> owner = router.owner(partition);
    if (owner.isPresent() && !self.is(owner.get())) {
      Json.writeInstanceId(json, owner.get().instanceId());
      json.writeStringField("host", owner.get().endpoint().host());
      json.writeNumberField("port", owner.get().endpoint().port());
    } else if (owner.isPresent() || !queries.held(List.of(partition)).isEmpty()) {
      self.writeAddress(json, request);
    }
    json.writeNumberField("partition", partition);
    json.writeEndObject();
  }

  private static void writeStats(JsonGenerator json, Trending.HashtagAnswer answer)
      throws IOException {
    long total = 0;
    json.writeObjectFieldStart("stats");
    json.writeArrayFieldStart("windows");
    for (Trending.WindowCount each : answer.windows()) {
      total += each.count();
      json.writeStartObject();
      json.writeNumberField("window", each.windowStartMs());
      json.writeNumberField("count", each.count());
      json.writeNumberField("timestamp", each.windowStartMs());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("total_count", total);
    json.writeFieldName("average");
    json.writeNumber(average(total, answer.windows().size()));
    json.writeEndObject();
  }

  /** Rounded to 2 digits, without the zeros at the end; always over at least one window. */
  static BigDecimal average(long total, int windows) {
    BigDecimal average =
        BigDecimal.valueOf(total)
            .divide(BigDecimal.valueOf(Math.max(1, windows)), 2, RoundingMode.HALF_UP)
            .stripTrailingZeros();
    return average.scale() < 0 ? average.setScale(0) : average;
  }
}
