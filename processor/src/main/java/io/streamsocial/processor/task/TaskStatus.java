package io.streamsocial.processor.task;

import io.streamsocial.processor.Role;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link CountTask} is doing.
 *
 * <pre>
 *   RESTORING --changelog read to its end--> RUNNING --disk full--> STALLED
 *       |                                     |    ^
 *       |                              revoked|    |assigned: changelog read to its end
 *       |                                     v    |
 *       +---------------------------------> FOLLOWING
 *
 *   any --> CLOSED
 * </pre>
 *
 * RUNNING and FOLLOWING hold the same live state, since it is a fold of the same log; readers may
 * ask either. Neither closes the store to become the other.
 */
public enum TaskStatus {
  /** Reads its changelog; it cannot be asked yet. */
  RESTORING(null),
  /** Folds the shuffle and checkpoints, for the group. */
  RUNNING(Role.ACTIVE),
  /**
   * Its store takes no more writes: readers go on with what was counted, nothing more is counted or
   * checkpointed, until it is opened again.
   */
  STALLED(Role.ACTIVE),
  /**
   * Folds the shuffle for readers alone, and takes over the checkpoints of the instance that counts
   * for the group.
   */
  FOLLOWING(Role.STANDBY),
  /** The store is closed; readers that still hold it get CLOSED from it. */
  CLOSED(null);

  private final @Nullable Role role;

  TaskStatus(@Nullable Role role) {
    this.role = role;
  }

  /** As which the task answers readers; null when they cannot ask it. */
  public @Nullable Role role() {
    return role;
  }

  public boolean isReadable() {
    return role != null;
  }

  /** Whether the group counts on this task: it runs, or is stalled. */
  public boolean isActive() {
    return role == Role.ACTIVE;
  }

  boolean mayBecome(TaskStatus next) {
    if (next == this || next == CLOSED) {
      return true;
    }
    return switch (this) {
      case RESTORING, FOLLOWING -> next == RUNNING || next == FOLLOWING;
      case RUNNING -> next == FOLLOWING || next == STALLED;
      case STALLED, CLOSED -> false;
    };
  }
}
