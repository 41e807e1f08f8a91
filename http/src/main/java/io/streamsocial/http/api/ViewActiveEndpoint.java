package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.ViewActive;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * GET /api/stores/{store}/active, and of the sessions of users /api/active: how many keys have a
 * session that goes on, now. The past is not kept: of an earlier instant the figure would be wrong.
 */
final class ViewActiveEndpoint implements Endpoint {
  private final AskedView view;
  private final ViewParameters parameters;
  private final ViewJson rows;

  ViewActiveEndpoint(AskedView view, ViewParameters parameters) {
    this.view = view;
    this.parameters = parameters;
    this.rows = new ViewJson(view.schema());
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> problem = parameters.problem(request, new Faults());
    if (problem.isPresent()) {
      return request.refused(problem.get());
    }
    ViewActive.Question question =
        new ViewActive.Question(view.schema(), parameters.group(request), request.nowMs());
    ReadOptions options = parameters.shared.options(request);
    return view.ask(request.trace(), question, options)
        .thenApply(
            answered ->
                options
                    .refusal(answered)
                    .map(request::refuse)
                    .orElseGet(
                        () ->
                            rows.respond(
                                request,
                                parameters.shared.completeness,
                                answered,
                                json -> write(json, answered.answer()))));
  }

  private void write(JsonGenerator json, ViewActive.Answer answer) throws IOException {
    json.writeNumberField("gap_ms", view.schema().windowing().sizeMs());
    json.writeNumberField("active", answer.active());
    if (!view.schema().isGrouped()) {
      return;
    }
    json.writeArrayFieldStart("groups");
    for (Map.Entry<String, Long> each : answer.groups()) {
      json.writeStartObject();
      json.writeStringField(view.schema().group(), each.getKey());
      json.writeNumberField("active", each.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("other_groups", answer.otherGroups());
  }
}
