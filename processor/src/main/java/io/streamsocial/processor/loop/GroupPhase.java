package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineState;

/** How a loop stands with its group. Owned by the loop; changed from inside its poll. */
final class GroupPhase {
  private final LoopCounters counters;
  private boolean joined;
  // Between asking to join and the group's answer. A second round follows one that takes something.
  private boolean rebalancing;
  private boolean stopping;

  GroupPhase(LoopCounters counters) {
    this.counters = counters;
  }

  /** The loop asks to join, or to join again. */
  void asks() {
    rebalancing = true;
  }

  /** The members have agreed on an assignment. */
  void agreed() {
    counters.rebalances++;
  }

  /** The loop has its part of the assignment. */
  void assigned() {
    joined = true;
    rebalancing = false;
  }

  void stop() {
    stopping = true;
  }

  boolean isRebalancing() {
    return rebalancing;
  }

  boolean isStopping() {
    return stopping;
  }

  /**
   * @param areOpening whether assigned tasks are still to be opened or restored
   */
  EngineState state(boolean areOpening) {
    if (stopping) {
      return EngineState.STOPPING;
    }
    if (!joined) {
      return EngineState.STARTING;
    }
    if (rebalancing) {
      return EngineState.REBALANCING;
    }
    return areOpening ? EngineState.RESTORING : EngineState.RUNNING;
  }
}
