package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.Version;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineHealth;
import java.io.IOException;

/** GET /api/health: for people and dashboards; the probes have paths of their own. */
final class HealthEndpoint implements Endpoint.Direct {
  private final ThisInstance self;
  private final Members members;

  HealthEndpoint(ThisInstance self, Members members) {
    this.self = self;
    this.members = members;
  }

  @Override
  public Response answer(Request request) {
    Health health = Health.of(self, members.group(), request.now());
    int status = health.grade() == EngineHealth.Grade.UNHEALTHY ? 503 : 200;
    return Response.json(status, json -> write(json, request, health));
  }

  private void write(JsonGenerator json, Request request, Health health) throws IOException {
    json.writeStartObject();
    json.writeStringField("status", health.grade().label());
    json.writeObjectFieldStart("instance");
    self.writeAddress(json, request);
    json.writeStringField("state", health.state().name());
    json.writeEndObject();
    json.writeNumberField("timestamp", request.nowMs());
    json.writeStringField("version", Version.TEXT);
    json.writeNumberField(
        "uptime_ms", Math.max(0, request.now().steadyMs() - self.status().startedAtMs()));
    json.writeArrayFieldStart("checks");
    for (EngineHealth.Check check : health.checks()) {
      json.writeStartObject();
      json.writeStringField("name", check.name());
      json.writeStringField("status", check.ok() ? "ok" : "not ok");
      json.writeStringField("detail", check.detail());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
