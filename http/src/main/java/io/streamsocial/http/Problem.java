package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * An error as the client sees it (RFC 9457).
 *
 * @param detail this occurrence: its cause, and what the client can do
 * @param faults all that was wrong at once, as far as it is listed
 * @param unlisted how many more faults there are
 * @param headers that not every answer has
 * @param close whether the connection cannot be used again
 */
public record Problem(
    ProblemType type,
    String detail,
    List<Fault> faults,
    int unlisted,
    Map<String, String> headers,
    boolean close) {

  public static Problem of(ProblemType type, String detail) {
    return new Problem(type, detail, List.of(), 0, Map.of(), false);
  }

  /** Every fault at once. */
  public static Problem badParameters(Faults faults) {
    return of(ProblemType.BAD_PARAMETERS, faults.summary()).with(faults);
  }

  /** The client may try the same again after so many seconds. */
  public static Problem retryLater(ProblemType type, String detail, int seconds) {
    Map<String, String> headers = Map.of("Retry-After", Integer.toString(seconds));
    return new Problem(type, detail, List.of(), 0, headers, false);
  }

  /** The byte stream is not to be trusted after this. */
  public static Problem fatal(ProblemType type, String detail) {
    return new Problem(type, detail, List.of(), 0, Map.of(), true);
  }

  public Problem with(Faults all) {
    List<Fault> listed = all.listed();
    return new Problem(type, detail, listed, all.count() - listed.size(), headers, close);
  }

  public Problem with(String header, String value) {
    return new Problem(type, detail, faults, unlisted, Map.of(header, value), close);
  }

  /** The connection cannot be used again. */
  public Problem closing() {
    return new Problem(type, detail, faults, unlisted, headers, true);
  }

  /**
   * @param instance the path that was asked for
   */
  public Response toResponse(String instance, String requestId) {
    byte[] body = Json.bytes(json -> write(json, instance, requestId));
    return new Response(type.status(), Response.PROBLEM_JSON, body, headers, close);
  }

  private void write(JsonGenerator json, String instance, String requestId) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", type.uri());
    json.writeStringField("title", type.title());
    json.writeNumberField("status", type.status());
    json.writeStringField("detail", detail);
    json.writeStringField("instance", instance);
    json.writeStringField("request_id", requestId);
    json.writeArrayFieldStart("errors");
    for (Fault fault : faults) {
      fault.write(json);
    }
    json.writeEndArray();
    if (unlisted > 0) {
      json.writeNumberField("errors_unlisted", unlisted);
    }
    json.writeEndObject();
  }
}
