package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import java.io.IOException;
import java.util.function.Supplier;

/**
 * This instance as its answers name it. Other instances will stand beside it when they exchange
 * what they know; until then it is the only one.
 */
final class Self {
  private final String instanceId;
  private final String host;
  private final Supplier<EngineStatus> status;
  private volatile boolean stopping;

  Self(String instanceId, String host, Supplier<EngineStatus> status) {
    this.instanceId = instanceId;
    this.host = host;
    this.status = status;
  }

  EngineStatus status() {
    return status.get();
  }

  /** The server stops before the engine does, and what it tells must be the same from then on. */
  EngineState state() {
    EngineState state = status().state();
    return stopping && state != EngineState.FAILED ? EngineState.STOPPING : state;
  }

  /** There is no way back. Any thread. */
  void stop() {
    stopping = true;
  }

  /** Into the object that is open. */
  void writeAddress(JsonGenerator json, Request request) throws IOException {
    json.writeStringField("instance_id", instanceId);
    json.writeStringField("host", host);
    json.writeNumberField("port", request.localPort());
  }
}
