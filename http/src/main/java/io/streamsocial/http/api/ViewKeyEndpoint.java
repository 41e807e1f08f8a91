package io.streamsocial.http.api;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** GET /api/stores/{store}/keys/{key}: the rows of one key, from the partition that owns it. */
final class ViewKeyEndpoint implements Endpoint {
  private final AskedView view;
  private final ViewParameters parameters;
  private final ViewJson rows;

  ViewKeyEndpoint(AskedView view, ViewParameters parameters) {
    this.view = view;
    this.parameters = parameters;
    this.rows = new ViewJson(view.schema());
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Faults faults = new Faults();
    WindowSpan span = parameters.span(request, faults::add);
    Optional<ViewKey> key =
        parameters.key("key", request.variable(), request.get(parameters.base64), faults::add);
    Optional<Problem> problem = parameters.problem(request, faults);
    if (problem.isPresent()) {
      return request.refused(problem.get());
    }
    ViewKeys.Question question =
        new ViewKeys.Question(
            view.schema(), parameters.group(request), span, List.of(key.orElseThrow()));
    ReadOptions options = parameters.shared.options(request);
    return view.ask(request.trace(), question, options)
        .thenApply(answered -> respond(request, options, key.orElseThrow(), answered));
  }

  private Response respond(
      Request request, ReadOptions options, ViewKey key, Answered<ViewKeys.Answer> answered) {
    int partition = view.partition(key);
    Optional<Problem> refusal = options.refusalOfKey(answered, partition, "this key");
    if (refusal.isPresent()) {
      return request.refuse(refusal.get());
    }
    ViewEntry entry = answered.answer().entry(key).orElse(new ViewEntry(key, List.of()));
    return rows.respond(
        request,
        parameters.shared.completeness,
        answered,
        json -> rows.writeEntry(json, entry, partition));
  }
}
