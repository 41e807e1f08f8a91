package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Json;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.TopicNames;
import java.io.IOException;
import java.util.List;

/** GET /api/metadata: the partitions of every instance. Reads memory only; asks no peer. */
final class MetadataEndpoint implements Endpoint.Direct {
  private final ThisInstance self;
  private final Members members;

  MetadataEndpoint(ThisInstance self, Members members) {
    this.self = self;
    this.members = members;
  }

  @Override
  public Response answer(Request request) {
    List<Members.Member> all = members.list(request.localPort(), request.nowMs());
    return Response.json(200, json -> write(json, all));
  }

  private void write(JsonGenerator json, List<Members.Member> all) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("instances");
    for (Members.Member member : all) {
      write(json, member);
    }
    json.writeEndArray();
    json.writeNumberField("total_instances", all.size());
    CompletenessFields.known(json, "epoch", self.status().routing().epoch());
    json.writeArrayFieldStart("stores");
    json.writeString(TopicNames.STORE);
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Members.Member member) throws IOException {
    json.writeStartObject();
    Json.writeInstanceId(json, member.instanceId());
    json.writeStringField("host", member.endpoint().host());
    json.writeNumberField("port", member.endpoint().port());
    json.writeStringField("state", member.state());
    CompletenessFields.writePartitions(json, "active", member.active());
    CompletenessFields.writePartitions(json, "standby", member.standby());
    CompletenessFields.known(json, "lag", member.lag());
    CompletenessFields.known(
        json, "last_seen_ms", member.lastSeenMs() == 0 ? -1 : member.lastSeenMs());
    if (!member.problem().isEmpty()) {
      json.writeStringField("problem", member.problem());
    }
    json.writeEndObject();
  }
}
