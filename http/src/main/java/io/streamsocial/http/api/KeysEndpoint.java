package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Arguments;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.PartQuestion;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.Router;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Windowing;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * GET /api/stores/{store}/keys/{key} and /range: the state as it is, key by key, wherever its
 * partitions are. A key is a hashtag; its values are the counts of its windows, those of 0 left
 * out.
 */
final class KeysEndpoint {
  private static final String MORE = "\0"; // appended to a key: the first key after it
  private static final String LAST = Character.toString(Character.MAX_CODE_POINT);

  private final Queries queries;
  private final Router router;
  private final TrendingParameters parameters;
  private final long windowMs;
  private final int windowsMax;
  final Parameter<Long> from;
  final Parameter<Long> to;
  final Parameter<String> fromKey = Parameter.text("from_key");
  final Parameter<String> toKey = Parameter.text("to_key");
  final Parameter<String> prefix = Parameter.text("prefix");
  final Parameter<KeyCursor> cursor = KeyCursor.parameter("cursor");
  final Parameter<Integer> limit = Parameter.integer("limit", 100, 1, TrendingParameters.MAX_LIMIT);

  KeysEndpoint(Queries queries, Router router, TrendingParameters parameters, Windowing windowing) {
    this.queries = queries;
    this.router = router;
    this.parameters = parameters;
    this.windowMs = windowing.sizeMs();
    this.windowsMax = windowing.windowsMax();
    this.from = Parameter.instant("from", windowMs, windowing.retentionMs());
    this.to = Parameter.instant("to", windowMs, windowing.retentionMs());
  }

  /** Windows from the one that contains {@code from} to the one that contains {@code to}. */
  private record Span(long atMs, int windows) {}

  private Optional<Problem> conflict(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isEmpty() && from(request) > to(request)) {
      String allowed = "not after 'to', which is " + to(request);
      return Optional.of(
          Problem.badParameters(
              Faults.of(
                  new Fault.OfParameter("from", Long.toString(from(request)), allowed, null))));
    }
    return conflict;
  }

  private long from(Request request) {
    return request.arguments().find(from).orElse(0L);
  }

  private long to(Request request) {
    return request.arguments().find(to).orElse(request.nowMs());
  }

  private Span span(Request request) {
    long toMs = to(request);
    Optional<Long> fromMs = request.arguments().find(from);
    long windows =
        fromMs.isEmpty()
            ? windowsMax
            : Math.floorDiv(toMs, windowMs) - Math.floorDiv(fromMs.get(), windowMs) + 1;
    return new Span(toMs, (int) Math.min(windowsMax, windows));
  }

  CompletionStage<Response> key(Request request) {
    Optional<Problem> conflict = conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    Trending.Key key = queries.key(request.variable());
    Span span = span(request);
    ReadOptions options = parameters.options(request);
    Trending.Question question = new Trending.Question(1, span.windows, region(request), span.atMs);
    return router
        .route(request.trace(), PartQuestion.hashtag(key, question), options)
        .thenApply(
            gathered ->
                options
                    .refusalOfKey(gathered, key)
                    .map(request::refuse)
                    .orElseGet(
                        () -> {
                          Trending.HashtagAnswer answer =
                              Trending.hashtag(key, gathered.parts().get(0));
                          return Response.json(200, json -> write(json, request, answer));
                        }));
  }

  private @Nullable String region(Request request) {
    return request.arguments().find(parameters.region).orElse(null);
  }

  private void write(JsonGenerator json, Request request, Trending.HashtagAnswer answer)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("store", TopicNames.STORE);
    json.writeStringField("key", answer.hashtag());
    json.writeBooleanField("known", answer.known());
    json.writeNumberField("partition", answer.partition());
    writeWindows(json, answer.windows());
    json.writeNumberField("timestamp", request.nowMs());
    parameters.completeness.write(json, answer.completeness(), request.now());
    json.writeEndObject();
  }

  CompletionStage<Response> range(Request request) {
    Optional<Problem> conflict = conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    KeyPage.Question question = question(request);
    ReadOptions options = parameters.options(request);
    return router
        .route(request.trace(), PartQuestion.page(question), options)
        .thenApply(
            gathered -> {
              KeyPage.Answer answer =
                  KeyPage.merge(question.limit(), gathered.asked(), gathered.parts());
              return options
                  .refusal(Answered.of(gathered, options, answer, answer.completeness()))
                  .map(request::refuse)
                  .orElseGet(
                      () -> Response.json(200, json -> write(json, request, question, answer)));
            });
  }

  private KeyPage.Question question(Request request) {
    Arguments arguments = request.arguments();
    Span span = span(request);
    String first = arguments.find(fromKey).map(this::folded).orElse("");
    String end = arguments.find(toKey).map(this::folded).orElse(null);
    Optional<String> common = arguments.find(prefix).map(this::folded);
    if (common.isPresent()) {
      first = KeyCursor.later(first, common.get());
      end = end == null ? common.get() + LAST : KeyCursor.earlier(end, common.get() + LAST);
    }
    Optional<KeyCursor> after = arguments.find(cursor);
    if (after.isPresent()) {
      first = KeyCursor.later(first, after.get().key() + MORE);
    }
    return new KeyPage.Question(
        request.get(limit), span.windows, region(request), span.atMs, first, end);
  }

  private String folded(String typed) {
    return queries.key(typed).hashtag();
  }

  private void write(
      JsonGenerator json, Request request, KeyPage.Question question, KeyPage.Answer answer)
      throws IOException {
    List<Trending.Row> rows = answer.rows();
    json.writeStartObject();
    json.writeStringField("store", TopicNames.STORE);
    json.writeArrayFieldStart("entries");
    for (Trending.Row row : rows) {
      json.writeStartObject();
      json.writeStringField("key", row.hashtag());
      writeWindows(json, row.windows());
      json.writeEndObject();
    }
    json.writeEndArray();
    if (rows.size() < question.limit()) {
      json.writeNullField("next");
    } else {
      json.writeStringField("next", new KeyCursor(rows.get(rows.size() - 1).hashtag()).encode());
    }
    json.writeNumberField("timestamp", request.nowMs());
    parameters.completeness.write(json, answer.completeness(), request.now());
    json.writeEndObject();
  }

  private static void writeWindows(JsonGenerator json, List<Trending.WindowCount> windows)
      throws IOException {
    json.writeArrayFieldStart("windows");
    for (Trending.WindowCount each : windows) {
      if (each.count() > 0) {
        json.writeStartObject();
        json.writeNumberField("window", each.windowStartMs());
        json.writeNumberField("count", each.count());
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }
}
