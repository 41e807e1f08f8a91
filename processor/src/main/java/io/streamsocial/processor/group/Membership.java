package io.streamsocial.processor.group;

/**
 * A loop as a member of the group. Kafka's consumer calls both methods through {@link
 * TaskAssignor}, inside poll on the loop's thread: neither needs a lock, and neither may call the
 * consumer.
 */
public interface Membership {
  /** Called at each join, before the request is sent. */
  MemberInfo describe();

  /**
   * Called once a rebalance, after partitions were revoked and before new ones are assigned. A
   * revocation is followed by one more rebalance at once.
   *
   * @param assignment of the whole group; may be a refusal
   * @param generation of the group: higher is newer
   */
  void assigned(GroupTable assignment, int generation);
}
