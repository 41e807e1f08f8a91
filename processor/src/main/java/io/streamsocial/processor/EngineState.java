package io.streamsocial.processor;

/**
 * What an instance is doing.
 *
 * <pre>
 *   STARTING --joined--> REBALANCING &lt;--> RESTORING --all restored--> RUNNING
 *        \________________________ any ________________________/
 *                           |                 |
 *                        STOPPING           FAILED
 * </pre>
 */
public enum EngineState {
  /** Connecting: no assignment yet. */
  STARTING,
  /** At least one count task reads its changelog. */
  RESTORING,
  /** The group is being rebalanced: no assignment just now. */
  REBALANCING,
  /** Every assigned task processes. */
  RUNNING,
  /** Closing in order. */
  STOPPING,
  /** A loop has failed; the status says why. Only a restart helps. */
  FAILED;

  /** The state of an instance of which two loops have these. */
  public EngineState worse(EngineState other) {
    return severity() >= other.severity() ? this : other;
  }

  private int severity() {
    return switch (this) {
      case RUNNING -> 0;
      case REBALANCING -> 1;
      case RESTORING -> 2;
      case STARTING -> 3;
      case STOPPING -> 4;
      case FAILED -> 5;
    };
  }
}
