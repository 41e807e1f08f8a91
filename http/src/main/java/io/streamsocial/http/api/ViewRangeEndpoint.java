package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** GET /api/stores/{store}/range and /all: a page of keys in their own order. */
final class ViewRangeEndpoint implements Endpoint {
  private final AskedView view;
  private final ViewParameters parameters;
  private final ViewJson rows;

  ViewRangeEndpoint(AskedView view, ViewParameters parameters) {
    this.view = view;
    this.parameters = parameters;
    this.rows = new ViewJson(view.schema());
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Faults faults = new Faults();
    ViewRange.Question question = question(request, faults);
    Optional<Problem> problem = parameters.problem(request, faults);
    if (problem.isPresent()) {
      return request.refused(problem.get());
    }
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

  private ViewRange.Question question(Request request, Faults faults) {
    WindowSpan span = parameters.span(request, faults::add);
    ViewKey from = parameters.key(request, parameters.fromKey, faults::add).orElse(ViewKey.FIRST);
    @Nullable ViewKey to = parameters.key(request, parameters.toKey, faults::add).orElse(null);
    Optional<ViewKey> prefix = parameters.key(request, parameters.prefix, faults::add);
    if (prefix.isPresent()) {
      from = later(from, prefix.get());
      to = ViewRange.earlier(to, prefix.get().behindPrefix().orElse(null));
    }
    from = later(from, request.arguments().find(parameters.cursor).orElse(ViewKey.FIRST));
    return new ViewRange.Question(
        view.schema(),
        parameters.group(request),
        faults.isEmpty() ? span : WindowSpan.NONE,
        from,
        to,
        request.get(parameters.limit));
  }

  private static ViewKey later(ViewKey a, ViewKey b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private void write(JsonGenerator json, ViewRange.Answer answer) throws IOException {
    json.writeArrayFieldStart("entries");
    for (ViewEntry entry : answer.entries()) {
      json.writeStartObject();
      ViewJson.writeKey(json, entry.key());
      rows.writeRows(json, entry.rows());
      json.writeEndObject();
    }
    json.writeEndArray();
    ViewKey next = answer.next();
    if (next == null) {
      json.writeNullField("next");
    } else {
      json.writeStringField("next", next.toBase64Url());
    }
    json.writeBooleanField("short", answer.isShort());
  }
}
