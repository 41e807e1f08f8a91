package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A listener that keeps what it hears. */
public final class Heard implements EngineListener {
  /** A partition that can be read. */
  public record Restored(int partition, Role role, long records) {}

  /** Each state with the one before it, as "BEFORE AFTER". */
  public final List<String> states = new CopyOnWriteArrayList<>();

  public final List<String> reasons = new CopyOnWriteArrayList<>();
  public final List<Restored> restored = new CopyOnWriteArrayList<>();

  /** States, beginnings with "+", ends with "-", failures with "!", what was missed with "?". */
  public final List<String> events = new CopyOnWriteArrayList<>();

  @Override
  public void stateChanged(EngineState before, EngineState after, String reason) {
    states.add(before + " " + after);
    events.add(after.name());
    reasons.add(reason);
  }

  @Override
  public void partitionRestored(int partition, Role role, long records) {
    restored.add(new Restored(partition, role, records));
  }

  @Override
  public void incidentBegan(Incidents.Incident incident) {
    events.add("+" + incident.of());
  }

  @Override
  public void incidentEnded(Incidents.Incident incident, String how) {
    events.add("-" + incident.of());
  }

  @Override
  public void failed(Throwable cause) {
    events.add("!" + cause.getMessage());
  }

  @Override
  public void missed(long number) {
    events.add("?" + number);
  }

  /**
   * The states from the first on, each once a call; fails where a call does not follow the last.
   */
  public List<EngineState> chain() {
    List<EngineState> chain = new ArrayList<>(List.of(EngineState.STARTING));
    for (String each : states) {
      String[] pair = each.split(" ", 2);
      EngineState last = chain.get(chain.size() - 1);
      if (!pair[0].equals(last.name())) {
        throw new AssertionError("after " + last + " came " + each);
      }
      chain.add(EngineState.valueOf(pair[1]));
    }
    return chain;
  }
}
