package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.Queries;
import io.streamsocial.processor.Trending;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.concurrent.CompletionStage;

/** GET /api/trending/{hashtag}. Reads RocksDB, so it runs in the read pool. */
final class HashtagEndpoint implements Endpoint {
  private final Queries queries;
  private final BoundedPool reads;
  private final TrendingParameters parameters;
  private final Self self;

  HashtagEndpoint(Queries queries, BoundedPool reads, TrendingParameters parameters, Self self) {
    this.queries = queries;
    this.reads = reads;
    this.parameters = parameters;
    this.self = self;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Trending.Question question = parameters.hashtagQuestion(request);
    return reads.answer(request, late -> respond(late, queries.hashtag(late.variable(), question)));
  }

  private Response respond(Request request, Trending.HashtagAnswer answer) {
    if (answer.completeness().missing().contains(answer.partition())) {
      String detail =
          "partition %d holds #%s and nobody answers for it just now"
              .formatted(answer.partition(), answer.hashtag());
      return request.refuse(Problem.retryLater(ProblemType.PARTITION_UNAVAILABLE, detail, 1));
    }
    return Response.json(200, json -> write(json, request, answer));
  }

  private void write(JsonGenerator json, Request request, Trending.HashtagAnswer answer)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("hashtag", answer.hashtag());
    writeStats(json, answer);
    json.writeNumberField("timestamp", request.nowMs());
    json.writeBooleanField("known", answer.known());
    json.writeObjectFieldStart("owner");
    self.writeAddress(json, request);
    json.writeNumberField("partition", answer.partition());
    json.writeEndObject();
    CompletenessFields.write(json, answer.completeness());
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
