package io.streamsocial.cli;

import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;

/** The members of a group whose instances have ended. */
public final class GroupMembers {
  private GroupMembers() {}

  /** A static member stays until its session ends; a test need not wait for it. */
  public static void removeAll(Admin admin, String group) throws Exception {
    boolean isEmpty =
        admin.describeConsumerGroups(List.of(group)).all().get().values().stream()
            .allMatch(described -> described.members().isEmpty());
    // On a slow machine the sessions have ended, and Kafka reports an error when no member is left
    // to remove.
    if (!isEmpty) {
      admin
          .removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions())
          .all()
          .get();
    }
  }
}
