package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.Completeness;
import io.streamsocial.processor.Queries;
import io.streamsocial.processor.Trending;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.Locale;
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
  private final Duration window;

  TrendingEndpoint(
      Queries queries, BoundedPool reads, TrendingParameters parameters, Duration window) {
    this.queries = queries;
    this.reads = reads;
    this.parameters = parameters;
    this.window = window;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Trending.Question question = parameters.question(request);
    Optional<Trending.Answer> ready = queries.tryTrending(question);
    if (ready.isPresent()) {
      return CompletableFuture.completedFuture(respond(request, ready.get()));
    }
    return reads.answer(request, late -> respond(late, queries.trending(question)));
  }

  private Response respond(Request request, Trending.Answer answer) {
    Completeness completeness = answer.completeness();
    if (completeness.partial() && request.get(parameters.requireComplete)) {
      String detail =
          "partitions %s of %d do not answer; without require=complete the rest is returned"
              .formatted(completeness.missing(), completeness.expected());
      return request.refuse(Problem.retryLater(ProblemType.PARTIAL, detail, 1));
    }
    return Response.json(200, json -> write(json, request, answer));
  }

  private void write(JsonGenerator json, Request request, Trending.Answer answer)
      throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("trending");
    for (Trending.Row row : answer.rows()) {
      json.writeStartObject();
      json.writeStringField("hashtag", row.hashtag());
      json.writeNumberField("count", row.count());
      json.writeNumberField("velocity", row.velocity());
      json.writeStringField("trend", row.trend().name().toLowerCase(Locale.ROOT));
      json.writeArrayFieldStart("windows");
      for (Trending.WindowCount each : row.windows()) {
        json.writeStartObject();
        json.writeNumberField("window", each.windowStartMs());
        json.writeNumberField("count", each.count());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("timestamp", request.nowMs());
    json.writeFieldName("window_size_minutes");
    json.writeNumber(minutes(window));
    CompletenessFields.write(json, answer.completeness());
    json.writeEndObject();
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
