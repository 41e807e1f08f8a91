package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.Endpoint;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.RoutingTable;
import java.io.IOException;
import java.util.function.Supplier;

/** This instance as its answers name it. Any thread. */
final class Self {
  private final String instanceId;
  private final PeerOptions options;
  private final Supplier<EngineStatus> status;
  private volatile boolean stopping;

  Self(String instanceId, PeerOptions options, Supplier<EngineStatus> status) {
    this.instanceId = instanceId;
    this.options = options;
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

  boolean isStopping() {
    return stopping;
  }

  boolean is(RoutingTable.Instance instance) {
    return instance.instanceId().equals(instanceId);
  }

  String instanceId() {
    return instanceId;
  }

  /**
   * Where other instances reach this one.
   *
   * @param port that it listens on
   */
  Endpoint advertised(int port) {
    return new Endpoint(
        options.advertisedHost(), options.advertisedPort() == 0 ? port : options.advertisedPort());
  }

  /** Into the object that is open. */
  void writeAddress(JsonGenerator json, Request request) throws IOException {
    Endpoint address = advertised(request.localPort());
    json.writeStringField("instance_id", instanceId);
    json.writeStringField("host", address.host());
    json.writeNumberField("port", address.port());
  }
}
