package io.streamsocial.http.api;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.ReadOptions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** GET /api/trending. */
final class TrendingEndpoint implements Endpoint {
  private final TrendingAnswers answers;
  private final TrendingParameters parameters;

  TrendingEndpoint(TrendingAnswers answers, TrendingParameters parameters) {
    this.answers = answers;
    this.parameters = parameters;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> conflict = parameters.conflict(request);
    if (conflict.isPresent()) {
      return request.refused(conflict.get());
    }
    ReadOptions options = parameters.options(request);
    return answers
        .of(request.trace(), parameters.question(request), options, request.now())
        .thenApply(
            answered ->
                options
                    .refusal(answered)
                    .map(request::refuse)
                    .orElseGet(() -> respond(request, answered.answer())));
  }

  private static Response respond(Request request, TrendingAnswer answer) {
    if (answer.completeness().partial()) {
      return Response.json(200, answer.at(request.now()), Map.of());
    }
    Map<String, String> headers = request.cacheable(answer.etag());
    return request.has(answer.etag())
        ? Response.notModified(headers)
        : Response.json(200, answer.at(request.now()), headers);
  }
}
