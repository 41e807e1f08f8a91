package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.CachePolicy;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Json;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.Trace;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.RegionVolumes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * GET of an answer for which the slices of every partition are merged before anything is decided.
 * The slices are read in the read pool, and merged where the last arrives. That is expensive, so an
 * answer is given again for a second.
 *
 * @param <Q> the question
 * @param <A> its answer
 */
final class MergedEndpoint<Q, A> implements Endpoint {
  private static final Duration GOOD_FOR = Duration.ofSeconds(1);
  private static final int QUESTIONS_MAX = 200;

  private final Kind<Q, A> kind;
  private final Router router;
  private final TrendingParameters parameters;
  private final AnswerCache<Q, A> cache;

  /** One such question: how it is read, asked and answered. */
  interface Kind<Q, A> {
    /**
     * @param atMs the instant asked for, epoch milliseconds
     */
    Q question(Request request, long atMs);

    /** The question to the holders of the partitions. */
    RegionVolumes.Question slices(Q question);

    /**
     * @param expected the partitions that the answer should be made of
     */
    A merge(Q question, List<Integer> expected, List<RegionVolumes.SlicesPart> parts);

    Completeness completeness(A answer);

    /** Writes the fields that only this answer has into the open object. */
    void write(JsonGenerator json, A answer) throws IOException;
  }

  /**
   * @param shared called for each question that joined an equal one under way
   */
  MergedEndpoint(Kind<Q, A> kind, Router router, TrendingParameters parameters, Runnable shared) {
    this.kind = kind;
    this.router = router;
    this.parameters = parameters;
    this.cache = new AnswerCache<>(QUESTIONS_MAX, AnswerCache.Freshness.of(GOOD_FOR), shared);
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    ReadOptions options = parameters.options(request);
    Optional<Long> atMs = request.arguments().find(parameters.at);
    Q question = kind.question(request, atMs.orElse(request.nowMs()));
    // Two requests for "now" are equal, though they were not sent at the same instant.
    Q key = kind.question(request, atMs.orElse(0L));
    return cache
        .of(key, options, request.now(), () -> ask(request.trace(), question, options))
        .thenApply(
            answered ->
                options
                    .refusal(answered)
                    .map(request::refuse)
                    .orElseGet(() -> respond(request, answered)));
  }

  private CompletionStage<Answered<A>> ask(Trace trace, Q question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.slices(kind.slices(question)), options)
        .thenApply(
            gathered -> {
              A answer = kind.merge(question, gathered.asked(), gathered.parts());
              return Answered.of(gathered, options, answer, kind.completeness(answer));
            });
  }

  private Response respond(Request request, Answered<A> answered) {
    byte[] body =
        Json.bytes(
            json -> {
              json.writeStartObject();
              kind.write(json, answered.answer());
              json.writeNumberField("timestamp", request.nowMs());
              parameters.completeness.write(json, answered.completeness(), request.now());
              json.writeEndObject();
            });
    boolean isWhole = !answered.completeness().partial();
    return Response.json(
        200, body, isWhole ? Map.of(CachePolicy.HEADER, request.cachePolicy()) : Map.of());
  }
}
