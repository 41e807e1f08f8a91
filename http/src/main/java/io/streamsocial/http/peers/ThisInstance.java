package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.Request;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.RoutingTable;
import java.io.IOException;
import java.util.function.Supplier;

/** This instance as its answers name it. Any thread. */
public final class ThisInstance {
  private final String instanceId;
  private final PeerOptions options;
  private final Supplier<EngineStatus> status;
  private volatile boolean stopping;

  public ThisInstance(String instanceId, PeerOptions options, Supplier<EngineStatus> status) {
    this.instanceId = instanceId;
    this.options = options;
    this.status = status;
  }

  /** How this instance meets the others. */
  PeerOptions options() {
    return options;
  }

  public EngineStatus status() {
    return status.get();
  }

  /** STOPPING as soon as the server stops, which it does before the engine. */
  public EngineState state() {
    EngineState state = status().state();
    return stopping && state != EngineState.FAILED ? EngineState.STOPPING : state;
  }

  /** There is no way back. Any thread. */
  public void stop() {
    stopping = true;
  }

  public boolean isStopping() {
    return stopping;
  }

  public boolean is(RoutingTable.Instance instance) {
    return instance.instanceId().equals(instanceId);
  }

  public String instanceId() {
    return instanceId;
  }

  /**
   * Where other instances reach this one.
   *
   * @param port that it listens on
   */
  public InstanceAddress advertised(int port) {
    return new InstanceAddress(
        options.advertisedHost(), options.advertisedPort() == 0 ? port : options.advertisedPort());
  }

  /** Into the object that is open. */
  public void writeAddress(JsonGenerator json, Request request) throws IOException {
    InstanceAddress address = advertised(request.localPort());
    Json.writeInstanceId(json, instanceId);
    json.writeStringField("host", address.host());
    json.writeNumberField("port", address.port());
  }
}
