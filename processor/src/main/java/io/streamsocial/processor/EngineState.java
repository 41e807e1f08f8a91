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
  FAILED
}
