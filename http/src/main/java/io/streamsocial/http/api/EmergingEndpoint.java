package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.Trace;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.http.peers.PartQuestion;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.Routed;
import io.streamsocial.http.peers.Router;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Regions;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * GET /api/emerging and GET /api/regions: slices of every partition, wherever they are, merged
 * first and scored after. The slices are read in the read pool, and merged where the last arrives.
 */
final class EmergingEndpoint {
  static final Parameter<Emerging.Scorer> SCORER =
      Parameter.oneOf(
          "scorer",
          Emerging.Scorer.class,
          Emerging.Scorer.SURPRISE,
          Arrays.asList(Emerging.Scorer.values()),
          Emerging.Scorer::label);
  static final Parameter<Long> MIN_COUNT =
      Parameter.optionalNumber("min_count", 1, Integer.MAX_VALUE);
  static final Parameter<Double> THRESHOLD = Parameter.optionalDecimal("threshold", 0, 1e9);

  private final Queries queries;
  private final Router router;
  private final TrendingParameters parameters;
  private final int windowsMax;
  private final ExpiringAnswers<Emerging.Question, Found<Emerging.Answer>> emerging;
  private final ExpiringAnswers<Regions.Question, Found<Regions.Answer>> regions;

  /** What was found where. */
  private record Found<A>(Routed routed, A answer) {}

  /**
   * @param shared told of each question that joined another
   */
  EmergingEndpoint(
      Queries queries,
      Router router,
      TrendingParameters parameters,
      int windowsMax,
      Runnable shared) {
    this.emerging = new ExpiringAnswers<>(shared);
    this.regions = new ExpiringAnswers<>(shared);
    this.queries = queries;
    this.router = router;
    this.parameters = parameters;
    this.windowsMax = windowsMax;
  }

  CompletionStage<Response> emerging(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    Emerging.Scorer scorer = request.get(SCORER);
    Emerging.Question question =
        new Emerging.Question(
            request.get(parameters.limit),
            request.arguments().find(parameters.region).orElse(null),
            scorer,
            request.arguments().find(MIN_COUNT).orElse(Emerging.DEFAULT_MIN_COUNT),
            request.arguments().find(THRESHOLD).orElse(scorer.defaultThreshold()),
            request.arguments().find(parameters.at).orElse(request.nowMs()));
    ReadOptions options = parameters.options(request);
    return emerging
        .of(timeless(question, request), options, () -> ask(request.trace(), question, options))
        .thenApply(
            found ->
                respond(
                    request,
                    options.refusal(found.routed, found.answer.completeness()),
                    json -> write(json, request, found.answer)));
  }

  private CompletionStage<Found<Emerging.Answer>> ask(
      Trace trace, Emerging.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.of(question.slices(windowsMax), options), queries.partitions())
        .thenApply(
            routed ->
                new Found<>(
                    routed,
                    Emerging.merge(
                        question,
                        queries.partitions(),
                        routed.parts(RegionVolumes.SlicesPart.class))));
  }

  private static Response respond(Request request, Optional<Problem> refusal, Json.Body body) {
    return refusal.map(request::refuse).orElseGet(() -> Response.json(200, body));
  }

  /** Two who ask for now ask the same, though their clocks have gone on. */
  private Emerging.Question timeless(Emerging.Question question, Request request) {
    return request.arguments().find(parameters.at).isPresent()
        ? question
        : new Emerging.Question(
            question.limit(),
            question.region(),
            question.scorer(),
            question.minCount(),
            question.threshold(),
            0);
  }

  private static void write(JsonGenerator json, Request request, Emerging.Answer answer)
      throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("emerging");
    for (Emerging.Row row : answer.rows()) {
      json.writeStartObject();
      json.writeStringField("hashtag", row.hashtag());
      json.writeStringField("region", row.region());
      json.writeNumberField("count", row.count());
      json.writeFieldName("expected");
      json.writeNumber(rounded(row.expected()));
      json.writeFieldName("score");
      json.writeNumber(rounded(row.score()));
      json.writeNumberField("velocity", row.velocity());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("scorer", answer.scorer().label());
    json.writeNumberField("timestamp", request.nowMs());
    CompletenessFields.write(json, answer.completeness(), request.nowMs());
    json.writeEndObject();
  }

  /** To 2 digits; both are finite. */
  private static BigDecimal rounded(double value) {
    return BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_UP);
  }

  CompletionStage<Response> regions(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    Regions.Question question =
        new Regions.Question(
            request.arguments().find(parameters.regionLimit).orElseThrow(),
            windowsMax,
            request.arguments().find(parameters.at).orElse(request.nowMs()));
    ReadOptions options = parameters.options(request);
    Regions.Question timeless =
        request.arguments().find(parameters.at).isPresent()
            ? question
            : new Regions.Question(question.limit(), question.windows(), 0);
    return regions
        .of(timeless, options, () -> ask(request.trace(), question, options))
        .thenApply(
            found ->
                respond(
                    request,
                    options.refusal(found.routed, found.answer.completeness()),
                    json -> write(json, request, found.answer)));
  }

  private CompletionStage<Found<Regions.Answer>> ask(
      Trace trace, Regions.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.of(question.slices(), options), queries.partitions())
        .thenApply(
            routed ->
                new Found<>(
                    routed,
                    Regions.merge(
                        question,
                        queries.partitions(),
                        routed.parts(RegionVolumes.SlicesPart.class))));
  }

  private static void write(JsonGenerator json, Request request, Regions.Answer answer)
      throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("regions");
    for (Regions.Row row : answer.rows()) {
      json.writeStartObject();
      json.writeStringField("region", row.region());
      json.writeNumberField("total_count", row.count());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("total_regions", answer.total());
    json.writeNumberField("timestamp", request.nowMs());
    CompletenessFields.write(json, answer.completeness(), request.nowMs());
    json.writeEndObject();
  }
}
