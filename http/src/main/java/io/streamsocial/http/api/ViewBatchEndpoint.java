package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * POST /api/stores/{store}/query: the rows of up to 100 keys at once, each instance asked once for
 * all of those that it owns. The answer has them in the order of the request.
 */
final class ViewBatchEndpoint implements Endpoint {
  private final AskedView view;
  private final ViewParameters parameters;
  private final ViewJson rows;

  ViewBatchEndpoint(AskedView view, ViewParameters parameters) {
    this.view = view;
    this.parameters = parameters;
    this.rows = new ViewJson(view.schema());
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    Optional<Problem> unsupported = BodyType.refusal(request.headers(), List.of(Response.JSON));
    if (unsupported.isPresent()) {
      return request.refused(unsupported.get());
    }
    Faults faults = new Faults();
    WindowSpan span = parameters.span(request, faults::add);
    Set<ViewKey> keys = new LinkedHashSet<>();
    try {
      JsonFields body = JsonFields.parse(request.body());
      read(body, "keys", false, keys, faults);
      read(body, "keys_base64", true, keys, faults);
    } catch (JsonFields.MalformedException e) {
      return request.refused(
          Problem.of(ProblemType.BAD_PARAMETERS, "the body cannot be read: " + e.getMessage()));
    }
    int keysMax = faults.isEmpty() ? ViewKeys.keysMax(view.schema(), span) : ViewKeys.KEYS_MAX;
    if (keys.size() > keysMax || (keys.isEmpty() && faults.isEmpty())) {
      faults.add(
          new Fault.OfParameter(
              "keys",
              Integer.toString(keys.size()),
              "1 to %d keys in keys and keys_base64 together%s"
                  .formatted(
                      keysMax,
                      keysMax < ViewKeys.KEYS_MAX
                          ? ", as many windows are asked for of rows with bytes"
                          : ""),
              null));
    }
    Optional<Problem> problem = parameters.problem(request, faults);
    if (problem.isPresent()) {
      return request.refused(problem.get());
    }
    return ask(request, span, List.copyOf(keys));
  }

  private void read(
      JsonFields body, String field, boolean isBase64, Set<ViewKey> keys, Faults faults)
      throws JsonFields.MalformedException {
    if (!body.has(field)) {
      return;
    }
    List<String> texts = body.texts(field, ViewKeys.KEYS_MAX);
    for (int i = 0; i < texts.size(); i++) {
      String name = "%s[%d]".formatted(field, i);
      Optional<ViewKey> key = parameters.key(name, texts.get(i), isBase64, faults::add);
      if (key.isPresent() && !keys.add(key.get())) {
        faults.add(new Fault.OfParameter(name, texts.get(i), "each key once", null));
      }
    }
  }

  private CompletionStage<Response> ask(Request request, WindowSpan span, List<ViewKey> keys) {
    ReadOptions options = parameters.shared.options(request);
    ViewKeys.Question question =
        new ViewKeys.Question(view.schema(), parameters.group(request), span, keys);
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
                                json -> write(json, keys, answered.answer()))));
  }

  private void write(JsonGenerator json, List<ViewKey> keys, ViewKeys.Answer answer)
      throws IOException {
    json.writeArrayFieldStart("entries");
    for (ViewKey key : keys) {
      Optional<ViewEntry> entry = answer.entry(key);
      json.writeStartObject();
      ViewJson.writeKey(json, key);
      if (entry.isPresent()) {
        json.writeBooleanField("known", entry.get().isKnown());
      } else {
        json.writeNullField("known");
      }
      json.writeNumberField("partition", view.partition(key));
      rows.writeRows(json, entry.map(ViewEntry::rows).orElse(List.of()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
