package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamsocial.http.Json;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.AggregateFunction;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * What the API's description says of the paths of a view. Its words are a template, in which the
 * names of the view and its group are filled in; its rows follow from its fields.
 */
final class ViewWords {
  private static final String NEWEST = "the newest event, epoch milliseconds";

  private ViewWords() {}

  /** Adds the operations of a view, and the schemas of its answers. */
  static void add(ViewSchema view, ObjectNode words) {
    boolean sessions = view.kind() == View.Kind.SESSION;
    JsonNode own = filledIn(view, words.path(sessions ? "sessions" : "views"));
    ((ObjectNode) words.path("operations")).setAll((ObjectNode) own.path("operations"));
    ObjectNode schemas = (ObjectNode) words.at("/components/schemas");
    schemas.setAll((ObjectNode) own.path("schemas"));
    schemas.set(view.name() + ".rows", rows(view));
    if (!sessions) {
      schemas.set(view.name() + ".ranking", ranking(view));
    } else if (view.name().equals(PostViews.SESSIONS)) {
      JsonNode active = own.at("/operations").path("GET /api/stores/" + view.name() + "/active");
      ((ObjectNode) words.path("operations")).set("GET /api/active", active);
    }
  }

  private static JsonNode filledIn(ViewSchema view, JsonNode template) {
    try {
      return Json.MAPPER.readTree(
          template.toString().replace("{view}", view.name()).replace("{group}", view.group()));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("names of a view broke its description", e);
    }
  }

  private static ObjectNode rows(ViewSchema view) {
    List<String> fields = view.fields().stream().map(View.Field::name).toList();
    if (view.kind() == View.Kind.SESSION) {
      return sessions(view, fields);
    }
    if (view.isWindowed()) {
      ObjectNode row = window(fields, fields);
      if (view.hasTime()) {
        number(row, "time_ms", NEWEST, true);
      }
      bytes(row, view);
      return listOf("windows", row);
    }
    ObjectNode rows = object();
    ObjectNode row = object();
    row.putArray("type").add("object").add("null");
    number(row, "time_ms", NEWEST, true);
    fields.forEach(field -> number(row, field, "", true));
    bytes(row, view);
    ((ArrayNode) rows.path("required")).add("row");
    ((ObjectNode) rows.path("properties")).set("row", row);
    return rows;
  }

  private static ObjectNode sessions(ViewSchema view, List<String> fields) {
    ObjectNode row = object();
    number(row, "start_ms", "its first event, epoch milliseconds", true);
    number(row, "end_ms", "its last event, epoch milliseconds", true);
    fields.forEach(field -> number(row, field, "", true));
    bytes(row, view);
    return listOf("sessions", row);
  }

  private static void bytes(ObjectNode row, ViewSchema view) {
    if (view.bytes().isEmpty()) {
      return;
    }
    View.Bytes part = view.bytes().get();
    AggregateFunction<?> function = part.function();
    if (function != null) {
      number(row, part.name(), "the result of the function " + function.name(), true);
      return;
    }
    text(row, part.name(), "the bytes of the newest event as text, where they are UTF-8");
    text(row, part.name() + "_base64", "else these bytes as base64url without padding");
  }

  private static void text(ObjectNode row, String name, String description) {
    ((ObjectNode) row.path("properties"))
        .putObject(name)
        .put("type", "string")
        .put("description", description);
  }

  /** Only of the sum that was asked for. */
  private static ObjectNode ranking(ViewSchema view) {
    return view.isWindowed() ? listOf("windows", window(view.sums(), List.of())) : object();
  }

  private static ObjectNode window(List<String> fields, List<String> required) {
    ObjectNode row = object();
    number(row, "window", "its start, epoch milliseconds", true);
    fields.forEach(field -> number(row, field, "", required.contains(field)));
    return row;
  }

  private static ObjectNode listOf(String name, ObjectNode row) {
    ObjectNode rows = object();
    ((ArrayNode) rows.path("required")).add(name);
    ((ObjectNode) rows.path("properties")).putObject(name).put("type", "array").set("items", row);
    return rows;
  }

  private static ObjectNode object() {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("type", "object");
    object.putArray("required");
    object.putObject("properties");
    return object;
  }

  private static void number(ObjectNode row, String name, String description, boolean required) {
    ObjectNode number = ((ObjectNode) row.path("properties")).putObject(name);
    number.put("type", "integer").put("format", "int64");
    if (!description.isEmpty()) {
      number.put("description", description);
    }
    if (required) {
      ((ArrayNode) row.path("required")).add(name);
    }
  }
}
