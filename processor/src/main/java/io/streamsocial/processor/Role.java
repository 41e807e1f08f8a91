package io.streamsocial.processor;

/** The part that an instance plays for a shuffle partition. */
public enum Role {
  /** Its group member: counts, publishes the changelog, answers first. */
  ACTIVE,
  /** Follows the active through the log: as fresh, but writes nothing; answers when it cannot. */
  STANDBY
}
