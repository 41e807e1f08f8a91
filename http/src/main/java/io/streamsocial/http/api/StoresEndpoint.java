package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.views.AggregateFunction;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.Windowing;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * GET /api/stores and /api/stores/{store}: the views, and the state that this instance holds of
 * each, from memory. Each instance answers for its own; /api/metadata names the holders of every
 * partition.
 */
final class StoresEndpoint {
  private final ThisInstance self;
  private final List<ViewSchema> views;

  StoresEndpoint(ThisInstance self, List<ViewSchema> views) {
    this.self = self;
    this.views = views;
  }

  Response all(Request request) {
    return Response.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("stores");
          for (ViewSchema view : views) {
            write(json, view, request);
          }
          json.writeEndArray();
          json.writeNumberField("total_stores", views.size());
          json.writeNumberField("timestamp", request.nowMs());
          json.writeEndObject();
        });
  }

  Response one(Request request) {
    Optional<ViewSchema> asked =
        views.stream().filter(view -> view.name().equals(request.variable())).findFirst();
    return asked.isPresent()
        ? Response.json(200, json -> write(json, asked.get(), request))
        : request.refuse(unknown(request.variable()));
  }

  private Problem unknown(String name) {
    return Problem.of(
        ProblemType.NOT_FOUND,
        "there is no store '%s'; the stores are: %s"
            .formatted(
                name, views.stream().map(ViewSchema::name).collect(Collectors.joining(", "))));
  }

  private void write(JsonGenerator json, ViewSchema view, Request request) throws IOException {
    json.writeStartObject();
    json.writeStringField("store", view.name());
    json.writeStringField("kind", kind(view.kind()));
    writeSchema(json, view);
    json.writeNumberField("partitions", self.status().shufflePartitions());
    Json.writeInstanceId(json, self.instanceId());
    long entries = 0;
    long bytes = 0;
    json.writeArrayFieldStart("held");
    for (EngineStatus.Partition each : self.status().partitions()) {
      for (EngineStatus.Store store : each.stores()) {
        if (store.view().equals(view.name())) {
          write(json, each, store);
          entries += store.estimatedKeys();
          bytes += store.sstBytes();
        }
      }
    }
    json.writeEndArray();
    json.writeNumberField("entries", entries);
    json.writeNumberField("bytes", bytes);
    json.writeNumberField("timestamp", request.nowMs());
    json.writeEndObject();
  }

  private static String kind(View.Kind kind) {
    return switch (kind) {
      case TUMBLING -> "window";
      case SESSION -> "session";
      case UNWINDOWED -> "key_value";
    };
  }

  private static void writeSchema(JsonGenerator json, ViewSchema view) throws IOException {
    Windowing windowing = view.windowing();
    json.writeObjectFieldStart("windowing");
    if (!windowing.isNone()) {
      json.writeNumberField(
          view.kind() == View.Kind.SESSION ? "gap_ms" : "size_ms", windowing.sizeMs());
      json.writeNumberField("grace_ms", windowing.graceMs());
      json.writeNumberField("retention_ms", windowing.retentionMs());
    } else if (windowing.timeToLiveMs() > 0) {
      json.writeNumberField("time_to_live_ms", windowing.timeToLiveMs());
    }
    json.writeEndObject();
    if (view.isGrouped()) {
      json.writeStringField("group", view.group());
    }
    json.writeArrayFieldStart("fields");
    for (View.Field field : view.fields()) {
      json.writeStartObject();
      json.writeStringField("name", field.name());
      json.writeStringField("merge", field.merge().name().toLowerCase(Locale.ROOT));
      json.writeEndObject();
    }
    if (view.bytes().isPresent()) {
      writeBytes(json, view.bytes().get());
    }
    json.writeEndArray();
    if (view.ranked().isPresent()) {
      json.writeStringField("ranked_by", view.fields().get(view.ranked().getAsInt()).name());
    }
  }

  private static void writeBytes(JsonGenerator json, View.Bytes part) throws IOException {
    AggregateFunction<?> function = part.function();
    json.writeStartObject();
    json.writeStringField("name", part.name());
    json.writeStringField("merge", function == null ? "latest" : "aggregate");
    if (function != null) {
      json.writeStringField("function", function.name());
    }
    json.writeEndObject();
  }

  private static void write(
      JsonGenerator json, EngineStatus.Partition each, EngineStatus.Store store)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("partition", each.partition());
    json.writeStringField("role", each.role().name().toLowerCase(Locale.ROOT));
    json.writeBooleanField("restoring", each.restoring());
    json.writeNumberField("entries", store.estimatedKeys());
    json.writeNumberField("changed", store.overlayEntries());
    json.writeNumberField("bytes", store.sstBytes());
    CompletenessFields.known(
        json,
        "checksums_verified_at_ms",
        each.checksumsVerifiedAtMs() == 0 ? -1 : each.checksumsVerifiedAtMs());
    json.writeObjectFieldStart("position");
    json.writeNumberField("shuffle_offset", each.shuffleOffset());
    CompletenessFields.known(json, "shuffle_lag", each.shuffleLag());
    json.writeNumberField("changelog_offset", store.changelogOffset());
    CompletenessFields.known(json, "stream_time_ms", each.streamTimeMs());
    json.writeEndObject();
    json.writeEndObject();
  }
}
