package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.ViewTop;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** GET /api/stores/{store}/top: the keys that have most of a sum. */
final class ViewTopEndpoint implements Endpoint {
  private final AskedView view;
  private final ViewParameters parameters;
  private final ViewJson rows;

  ViewTopEndpoint(AskedView view, ViewParameters parameters) {
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
    String by = request.get(parameters.by);
    ViewTop.Question question =
        new ViewTop.Question(
            view.schema(),
            parameters.group(request),
            view.schema().field(by).orElseThrow(),
            view.schema().isWindowed() ? request.get(parameters.windows) : 1,
            request.arguments().find(parameters.at).orElse(request.nowMs()),
            request.get(parameters.rows));
    ReadOptions options = parameters.shared.options(request);
    return view.ask(request.trace(), question, options)
        .thenApply(answered -> respond(request, options, question, answered));
  }

  private Response respond(
      Request request,
      ReadOptions options,
      ViewTop.Question question,
      Answered<ViewTop.Answer> answered) {
    Optional<Problem> refusal =
        options
            .refusal(answered)
            .or(() -> tooLarge(request, answered.answer()))
            .or(() -> tooSlow(request, answered.answer()));
    return refusal.isPresent()
        ? request.refuse(refusal.get())
        : rows.respond(
            request,
            parameters.shared.completeness,
            answered,
            json -> write(json, question, answered.answer()));
  }

  private Optional<Problem> tooLarge(Request request, ViewTop.Answer answer) {
    if (answer.tooLarge().isEmpty()) {
      return Optional.empty();
    }
    String detail =
        "%s is not ranked by %s, and in partitions %s an instance would read more than %d rows to say; ask for fewer windows, or build the view with rankedBy"
            .formatted(
                view.schema().name(),
                request.get(parameters.by),
                answer.tooLarge(),
                ViewTop.SCAN_ROWS_MAX);
    return Optional.of(Problem.of(ProblemType.SCAN_TOO_LARGE, detail));
  }

  private Optional<Problem> tooSlow(Request request, ViewTop.Answer answer) {
    if (answer.tooSlow().isEmpty()) {
      return Optional.empty();
    }
    String detail =
        "%s is not ranked by %s, so every row is read to say, and of partitions %s an instance did not read all within %d ms; try again when it has less to do, ask for fewer windows, or build the view with rankedBy"
            .formatted(
                view.schema().name(),
                request.get(parameters.by),
                answer.tooSlow(),
                ViewTop.SCAN_TIME_MAX.toMillis());
    return Optional.of(Problem.retryLater(ProblemType.TOO_SLOW, detail, 1));
  }

  private void write(JsonGenerator json, ViewTop.Question question, ViewTop.Answer answer)
      throws IOException {
    String by = view.schema().fields().get(question.by()).name();
    long[] starts = question.starts();
    json.writeStringField("by", by);
    json.writeArrayFieldStart("top");
    for (ViewTop.Row row : answer.rows()) {
      json.writeStartObject();
      ViewJson.writeKey(json, row.key());
      json.writeNumberField("total", row.total());
      if (view.schema().isWindowed()) {
        json.writeArrayFieldStart("windows");
        for (int i = 0; i < starts.length; i++) {
          json.writeStartObject();
          json.writeNumberField("window", starts[i]);
          json.writeNumberField(by, row.values().get(i));
          json.writeEndObject();
        }
        json.writeEndArray();
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
