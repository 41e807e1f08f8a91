package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.EngineStatus;
import java.io.IOException;

/** GET /api/metadata: who holds what. Reads only what is in memory; asks no peer. */
final class MetadataEndpoint implements Endpoint.Direct {
  /** The trending view's store: its changelog topic is named by it, so it never changes. */
  static final String STORE = "hashtag-trends-store";

  private final Self self;

  MetadataEndpoint(Self self) {
    this.self = self;
  }

  @Override
  public Response answer(Request request) {
    return Response.json(200, json -> write(json, request, self.status()));
  }

  private void write(JsonGenerator json, Request request, EngineStatus status) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("instances");
    writeInstance(json, request, status);
    json.writeEndArray();
    json.writeNumberField("total_instances", 1);
    // Counts the group's assignments from the moment that instances exchange them.
    json.writeNumberField("epoch", 0);
    json.writeArrayFieldStart("stores");
    json.writeString(STORE);
    json.writeEndArray();
    json.writeEndObject();
  }

  private void writeInstance(JsonGenerator json, Request request, EngineStatus status)
      throws IOException {
    json.writeStartObject();
    self.writeAddress(json, request);
    json.writeStringField("state", self.state().name());
    json.writeArrayFieldStart("active");
    for (EngineStatus.Partition partition : status.partitions()) {
      json.writeNumber(partition.partition());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("standby");
    json.writeEndArray();
    CompletenessFields.known(json, "lag", StatusTotals.postsLag(status));
    json.writeNumberField("last_seen_ms", request.nowMs());
    json.writeEndObject();
  }
}
