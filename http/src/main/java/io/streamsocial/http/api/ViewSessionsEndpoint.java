package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.views.ViewKey;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** GET /api/stores/{store}/sessions/{key}: the sessions of one key, from its owner. */
final class ViewSessionsEndpoint implements Endpoint {
  private final AskedView view;
  private final ViewParameters parameters;
  private final ViewJson rows;

  ViewSessionsEndpoint(AskedView view, ViewParameters parameters) {
    this.view = view;
    this.parameters = parameters;
    this.rows = new ViewJson(view.schema());
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Faults faults = new Faults();
    long fromMs = Math.max(0, request.arguments().find(parameters.from).orElse(0L));
    long toMs = request.arguments().find(parameters.to).orElse(Long.MAX_VALUE);
    if (toMs <= fromMs) {
      faults.add(
          new Fault.OfParameter(
              "to", Long.toString(toMs), "after 'from', which is " + fromMs, null));
    }
    Optional<ViewKey> key =
        parameters.key("key", request.variable(), request.get(parameters.base64), faults::add);
    Optional<Problem> problem = parameters.problem(request, faults);
    if (problem.isPresent()) {
      return request.refused(problem.get());
    }
    ViewSessions.Question question =
        new ViewSessions.Question(
            view.schema(), parameters.group(request), key.orElseThrow(), fromMs, toMs);
    ReadOptions options = parameters.shared.options(request);
    return view.ask(request.trace(), question, options)
        .thenApply(answered -> respond(request, options, question.key(), answered));
  }

  private Response respond(
      Request request, ReadOptions options, ViewKey key, Answered<ViewSessions.Answer> answered) {
    int partition = view.partition(key);
    Optional<Problem> refusal = options.refusalOfKey(answered, partition, "this key");
    if (refusal.isPresent()) {
      return request.refuse(refusal.get());
    }
    ViewEntry entry = answered.answer().entry().orElse(new ViewEntry(key, List.of()));
    return rows.respond(
        request, parameters.shared.completeness, answered, json -> write(json, entry, partition));
  }

  private void write(JsonGenerator json, ViewEntry entry, int partition) throws IOException {
    rows.writeEntry(json, entry, partition);
    json.writeBooleanField("short", entry.rows().size() == ViewSessions.SESSIONS_MAX);
  }
}
