package com.example.board;

import io.streamsocial.processor.EngineListener;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Role;

/** Prints what happens to the engine. */
final class StateLog implements EngineListener {
  @Override
  public void stateChanged(EngineState before, EngineState after, String reason) {
    System.out.printf("%s after %s: %s%n", after, before, reason);
  }

  @Override
  public void partitionRestored(int partition, Role role, long records) {
    System.out.printf("partition %d can be read, as %s%n", partition, role);
  }

  @Override
  public void incidentBegan(Incidents.Incident incident) {
    System.out.printf("%s: %s%n", incident.kind(), incident.what());
  }

  @Override
  public void incidentEnded(Incidents.Incident incident, String how) {
    System.out.printf("%s is over: %s%n", incident.kind(), how);
  }
}
