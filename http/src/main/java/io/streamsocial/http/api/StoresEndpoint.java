package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.Windowing;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * GET /api/stores and /api/stores/{store}: the state that this instance holds, from memory. Each
 * instance answers for its own; /api/metadata names the holders of every partition.
 */
final class StoresEndpoint {
  private final ThisInstance self;
  private final Windowing windowing;

  StoresEndpoint(ThisInstance self, Windowing windowing) {
    this.self = self;
    this.windowing = windowing;
  }

  Response all(Request request) {
    return Response.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("stores");
          write(json, request);
          json.writeEndArray();
          json.writeNumberField("total_stores", 1);
          json.writeNumberField("timestamp", request.nowMs());
          json.writeEndObject();
        });
  }

  Response one(Request request) {
    Optional<Problem> unknown = unknown(request.variable());
    return unknown.isPresent()
        ? request.refuse(unknown.get())
        : Response.json(200, json -> write(json, request));
  }

  private static Optional<Problem> unknown(String name) {
    return name.equals(TopicNames.STORE)
        ? Optional.empty()
        : Optional.of(
            Problem.of(
                ProblemType.NOT_FOUND,
                "there is no store '%s'; the stores are: %s".formatted(name, TopicNames.STORE)));
  }

  private void write(JsonGenerator json, Request request) throws IOException {
    List<EngineStatus.Partition> held = self.status().partitions();
    json.writeStartObject();
    json.writeStringField("store", TopicNames.STORE);
    json.writeStringField("kind", "window");
    json.writeObjectFieldStart("windowing");
    json.writeNumberField("size_ms", windowing.sizeMs());
    json.writeNumberField("retention_ms", windowing.retentionMs());
    json.writeEndObject();
    json.writeNumberField("partitions", self.status().shufflePartitions());
    json.writeStringField("instance_id", self.instanceId());
    json.writeArrayFieldStart("held");
    for (EngineStatus.Partition each : held) {
      write(json, each);
    }
    json.writeEndArray();
    json.writeNumberField(
        "entries", held.stream().mapToLong(EngineStatus.Partition::estimatedKeys).sum());
    json.writeNumberField("bytes", held.stream().mapToLong(EngineStatus.Partition::sstBytes).sum());
    json.writeNumberField("timestamp", request.nowMs());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, EngineStatus.Partition each) throws IOException {
    json.writeStartObject();
    json.writeNumberField("partition", each.partition());
    json.writeStringField("role", each.role().name().toLowerCase(Locale.ROOT));
    json.writeBooleanField("restoring", each.restoring());
    json.writeNumberField("entries", each.estimatedKeys());
    json.writeNumberField("changed", each.overlayEntries());
    json.writeNumberField("bytes", each.sstBytes());
    CompletenessFields.known(
        json,
        "checksums_verified_at_ms",
        each.checksumsVerifiedAtMs() == 0 ? -1 : each.checksumsVerifiedAtMs());
    json.writeObjectFieldStart("position");
    json.writeNumberField("shuffle_offset", each.shuffleOffset());
    CompletenessFields.known(json, "shuffle_lag", each.shuffleLag());
    json.writeNumberField("changelog_offset", each.changelogOffset());
    CompletenessFields.known(json, "stream_time_ms", each.streamTimeMs());
    json.writeEndObject();
    json.writeEndObject();
  }
}
