package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * An error as the client sees it (RFC 9457).
 *
 * @param detail this occurrence: its cause, and what the client can do
 * @param faults all that was wrong at once; complete
 * @param headers that not every answer has
 * @param close whether the connection cannot be used again
 */
public record Problem(
    ProblemType type, String detail, Faults faults, Map<String, String> headers, boolean close) {

  public static Problem of(ProblemType type, String detail) {
    return new Problem(type, detail, new Faults(), Map.of(), false);
  }

  /** Every fault at once. */
  public static Problem badParameters(Faults faults) {
    return of(ProblemType.BAD_PARAMETERS, faults.summary()).with(faults);
  }

  /** The client may try the same again after so many seconds. */
  public static Problem retryLater(ProblemType type, String detail, int seconds) {
    Map<String, String> headers = Map.of("Retry-After", Integer.toString(seconds));
    return new Problem(type, detail, new Faults(), headers, false);
  }

  /** The byte stream is not to be trusted after this. */
  public static Problem fatal(ProblemType type, String detail) {
    return new Problem(type, detail, new Faults(), Map.of(), true);
  }

  public Problem with(Faults all) {
    return new Problem(type, detail, all, headers, close);
  }

  public Problem with(String header, String value) {
    Map<String, String> all = new HashMap<>(headers);
    all.put(header, value);
    return new Problem(type, detail, faults, Map.copyOf(all), close);
  }

  /** The connection cannot be used again. */
  public Problem closing() {
    return new Problem(type, detail, faults, headers, true);
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
    faults.write(json, "errors");
    json.writeEndObject();
  }
}
