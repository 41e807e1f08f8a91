package io.streamsocial.http;

import io.streamsocial.processor.Completeness;
import io.streamsocial.processor.Queries;
import io.streamsocial.processor.Trending;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * GET /api/trending. Asks the ranked heads on the event loop, which takes microseconds; when they
 * cannot prove the answer it goes to the read pool. Asking the owners of other partitions, on other
 * instances, belongs between this class and {@link Queries}.
 */
final class TrendingEndpoint implements Endpoint {
  private static final BigDecimal MS_PER_MINUTE = BigDecimal.valueOf(60_000);

  private final Queries queries;
  private final BoundedPool reads;
  private final TrendingParameters parameters;
  private final long windowMs;
  private final BigDecimal windowMinutes;
  private final AnswerCache cache = new AnswerCache();

  TrendingEndpoint(
      Queries queries, BoundedPool reads, TrendingParameters parameters, Duration window) {
    this.queries = queries;
    this.reads = reads;
    this.parameters = parameters;
    this.windowMs = window.toMillis();
    this.windowMinutes = minutes(window);
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Trending.Question question = parameters.question(request);
    AnswerCache.Key key =
        new AnswerCache.Key(
            question.limit(),
            question.windows(),
            question.region(),
            question.atMs() - question.atMs() % windowMs);
    long version = queries.version();
    Optional<TrendingBody> cached = cache.find(key, version);
    if (cached.isPresent()) {
      return CompletableFuture.completedFuture(respond(request, cached.get()));
    }
    Optional<Trending.Answer> ready = queries.tryTrending(question);
    if (ready.isPresent()) {
      return CompletableFuture.completedFuture(
          respond(request, keep(key, version, ready.get(), request.nowMs())));
    }
    return reads.answer(
        request,
        late -> respond(late, keep(key, version, queries.trending(question), late.nowMs())));
  }

  private TrendingBody keep(AnswerCache.Key key, long version, Trending.Answer answer, long nowMs) {
    TrendingBody body = TrendingBody.of(answer, windowMinutes, nowMs);
    cache.keep(key, version, body);
    return body;
  }

  private Response respond(Request request, TrendingBody body) {
    Completeness completeness = body.completeness();
    if (!completeness.partial()) {
      return body.etag().equals(request.headers().ifNoneMatch())
          ? Response.notModified(body.etag())
          : Response.json(200, body.at(request.nowMs()), Map.of("ETag", body.etag()));
    }
    if (request.get(parameters.requireComplete)) {
      String detail =
          "partitions %s of %d do not answer; without require=complete the rest is returned"
              .formatted(completeness.missing(), completeness.expected());
      return request.refuse(Problem.retryLater(ProblemType.PARTIAL, detail, 1));
    }
    return Response.json(200, body.at(request.nowMs()), Map.of());
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
