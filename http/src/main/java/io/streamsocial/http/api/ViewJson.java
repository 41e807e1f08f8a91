package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keys and rows of views in answers. A key is text in {@code key}; one that is no UTF-8 is
 * base64url in {@code key_base64} instead. The numbers of a row stand by the names of their fields,
 * beside {@code window}, the start of its window, or {@code start_ms} and {@code end_ms}, the first
 * and the last event of its session, or {@code time_ms}, the newest event of a row without windows
 * and of one with bytes in a window. The latest bytes are text, as a key is; of an aggregate the
 * result is shown.
 */
final class ViewJson {
  private final ViewSchema view;

  ViewJson(ViewSchema view) {
    this.view = view;
  }

  static void writeKey(JsonGenerator json, ViewKey key) throws IOException {
    Optional<String> text = key.text();
    if (text.isPresent()) {
      json.writeStringField("key", text.get());
    } else {
      json.writeStringField("key_base64", key.toBase64Url());
    }
  }

  /** Writes the fields of one key, asked for by name: whether it is known, its owner, its rows. */
  void writeEntry(JsonGenerator json, ViewEntry entry, int partition) throws IOException {
    writeKey(json, entry.key());
    json.writeBooleanField("known", entry.isKnown());
    json.writeNumberField("partition", partition);
    writeRows(json, entry.rows());
  }

  /** Writes the field that holds the rows of a key. */
  void writeRows(JsonGenerator json, List<ViewRow> rows) throws IOException {
    if (view.kind() == View.Kind.SESSION) {
      json.writeArrayFieldStart("sessions");
      for (ViewRow row : rows) {
        json.writeStartObject();
        json.writeNumberField("start_ms", row.windowStartMs());
        json.writeNumberField("end_ms", row.endMs());
        writeFields(json, row);
        json.writeEndObject();
      }
      json.writeEndArray();
    } else if (view.isWindowed()) {
      json.writeArrayFieldStart("windows");
      for (ViewRow row : rows) {
        json.writeStartObject();
        json.writeNumberField("window", row.windowStartMs());
        if (view.hasTime()) {
          json.writeNumberField("time_ms", row.timeMs());
        }
        writeFields(json, row);
        json.writeEndObject();
      }
      json.writeEndArray();
    } else if (rows.isEmpty()) {
      json.writeNullField("row");
    } else {
      ViewRow row = rows.get(0);
      json.writeObjectFieldStart("row");
      json.writeNumberField("time_ms", row.timeMs());
      writeFields(json, row);
      json.writeEndObject();
    }
  }

  private void writeFields(JsonGenerator json, ViewRow row) throws IOException {
    for (int i = 0; i < view.fields().size(); i++) {
      json.writeNumberField(view.fields().get(i).name(), row.get(i));
    }
    if (view.bytes().isPresent()) {
      writeBytes(json, view.bytes().get(), row);
    }
  }

  private static void writeBytes(JsonGenerator json, View.Bytes part, ViewRow row)
      throws IOException {
    if (!part.isLatest()) {
      json.writeNumberField(part.name(), row.result());
      return;
    }
    Optional<String> text = row.text();
    if (text.isPresent()) {
      json.writeStringField(part.name(), text.get());
    } else {
      json.writeStringField(
          part.name() + "_base64",
          Base64.getUrlEncoder().withoutPadding().encodeToString(row.bytes()));
    }
  }

  /** The answer to a request, or that the client has it already. */
  Response respond(
      Request request, CompletenessFields fields, Answered<?> answered, Json.Body own) {
    Completeness completeness = answered.completeness();
    byte[] state =
        Json.bytes(
            json -> {
              json.writeStartObject();
              json.writeStringField("store", view.name());
              own.write(json);
              fields.writeState(json, completeness);
              if (completeness.partial() && !answered.why().isEmpty()) {
                json.writeStringField("partial_because", answered.why());
              }
              json.writeEndObject();
            });
    byte[] open = Arrays.copyOf(state, state.length - 1);
    String etag = TrendingAnswer.etag(open);
    Map<String, String> headers =
        completeness.partial() ? Map.of("ETag", etag) : request.cacheable(etag);
    return request.has(etag)
        ? Response.notModified(headers)
        : Response.json(200, TrendingAnswer.closed(open, completeness, request.now()), headers);
  }
}
