package io.streamsocial.http.api;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.SingleFlight;
import io.streamsocial.http.peers.PartQuestion;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.Routed;
import io.streamsocial.http.peers.Router;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * GET /api/trending. What was just answered is answered again from the cache, and equal questions
 * under way share one answer; the rest goes to the router.
 */
final class TrendingEndpoint implements Endpoint {
  private static final BigDecimal MS_PER_MINUTE = BigDecimal.valueOf(60_000);

  private final Queries queries;
  private final Router router;
  private final TrendingParameters parameters;
  private final long windowMs;
  private final BigDecimal windowMinutes;
  private final AnswerCache cache;
  private final SingleFlight<AnswerCache.Key, Answered> flights;

  /**
   * @param publishMs how often the counts of other instances can change
   * @param shared called for each question that joined another
   */
  TrendingEndpoint(
      Queries queries,
      Router router,
      TrendingParameters parameters,
      Duration window,
      long publishMs,
      Runnable shared) {
    this.queries = queries;
    this.router = router;
    this.parameters = parameters;
    this.windowMs = window.toMillis();
    this.windowMinutes = minutes(window);
    this.cache = new AnswerCache(publishMs);
    this.flights = new SingleFlight<>(shared);
  }

  private record Answered(Routed routed, TrendingBody body) {}

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    Trending.Question question = parameters.question(request);
    ReadOptions options = parameters.options(request);
    AnswerCache.Key key =
        new AnswerCache.Key(
            question.limit(),
            question.windows(),
            question.region(),
            question.atMs() - question.atMs() % windowMs);
    long version = queries.version();
    Optional<TrendingBody> cached = cache.find(key, version);
    if (cached.isPresent() && options.accept(cached.get().completeness(), request.nowMs())) {
      Answered again = new Answered(Routed.NOTHING, cached.get());
      return CompletableFuture.completedFuture(respond(request, options, again));
    }
    CompletionStage<Answered> answered =
        options.arePlain()
            ? flights.of(
                key, () -> ask(request, question, options).thenApply(it -> keep(key, version, it)))
            : ask(request, question, options);
    return answered.thenApply(it -> respond(request, options, it));
  }

  /** The requirement to be complete is not part of the question: all can share the answer. */
  private CompletionStage<Answered> ask(
      Request request, Trending.Question question, ReadOptions options) {
    return router
        .route(request.trace(), new PartQuestion(null, question, options), queries.partitions())
        .thenApply(
            routed ->
                new Answered(
                    routed,
                    TrendingBody.of(
                        Trending.merge(
                            question.limit(),
                            queries.partitions(),
                            routed.parts(Trending.TopPart.class)),
                        windowMinutes)));
  }

  private Answered keep(AnswerCache.Key key, long version, Answered answered) {
    cache.keep(key, version, answered.routed().isRemote(), answered.body());
    return answered;
  }

  private Response respond(Request request, ReadOptions options, Answered answered) {
    return options
        .refusal(answered.routed(), answered.body().completeness())
        .map(request::refuse)
        .orElseGet(() -> respond(request, answered.body()));
  }

  private static Response respond(Request request, TrendingBody body) {
    if (body.completeness().partial()) {
      return Response.json(200, body.at(request.nowMs()), Map.of());
    }
    return body.etag().equals(request.headers().ifNoneMatch())
        ? Response.notModified(body.etag())
        : Response.json(200, body.at(request.nowMs()), Map.of("ETag", body.etag()));
  }

  /** An integer when whole, else a decimal: 5, 0.5. */
  static BigDecimal minutes(Duration window) {
    BigDecimal minutes =
        BigDecimal.valueOf(window.toMillis())
            .divide(MS_PER_MINUTE, MathContext.DECIMAL64)
            .stripTrailingZeros();
    return minutes.scale() < 0 ? minutes.setScale(0) : minutes;
  }
}
