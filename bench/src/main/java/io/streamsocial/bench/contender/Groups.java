package io.streamsocial.bench.contender;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;

/** The consumer groups of contenders. */
public final class Groups {
  private Groups() {}

  /**
   * Removes the former run's members from a contender's group. Neither leaves it when it closes,
   * and Kafka Streams would wait for a session timeout of 45 s, which is no part of restoring.
   */
  public static void empty(String bootstrap, String contender) throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      for (GroupListing group : admin.listGroups().all().get()) {
        boolean occupied =
            admin.describeConsumerGroups(List.of(group.groupId())).all().get().values().stream()
                .anyMatch(description -> !description.members().isEmpty());
        if (group.groupId().endsWith(contender) && occupied) {
          admin
              .removeMembersFromConsumerGroup(
                  group.groupId(), new RemoveMembersFromConsumerGroupOptions())
              .all()
              .get();
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the group of " + contender + " cannot be emptied", e);
    }
  }
}
