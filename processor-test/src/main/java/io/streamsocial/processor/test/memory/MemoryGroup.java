package io.streamsocial.processor.test.memory;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.group.TaskAssignor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * A group's coordinator in memory: the real assignor under the cooperative protocol, with static
 * members. Each member hears of a rebalance in its own next poll; the next rebalance begins when
 * all of them have.
 */
public final class MemoryGroup {
  private final String shuffle;
  private final Cluster cluster;
  private final TaskAssignor assignor = new TaskAssignor();
  private final Map<String, MemoryClient> members = new TreeMap<>();
  // Topics of each member, as it said when it joined.
  private final Map<String, Set<String>> subscribed = new HashMap<>();
  private final Map<String, Assignment> last = new HashMap<>();
  private int generation;
  private boolean preparing;

  /**
   * @param posts partitions of the posts topic
   * @param shuffles partitions of the shuffle
   */
  public MemoryGroup(TopicNames names, int posts, int shuffles) {
    this(names, Map.of(names.posts(), posts, names.shuffle(), shuffles));
  }

  /**
   * @param partitions of the shuffle and of each topic of input that some member may subscribe to
   */
  public MemoryGroup(TopicNames names, Map<String, Integer> partitions) {
    shuffle = names.shuffle();
    List<PartitionInfo> infos = new ArrayList<>();
    Node node = new Node(1, "localhost", 1);
    partitions.forEach(
        (topic, count) -> {
          for (int p = 0; p < count; p++) {
            infos.add(new PartitionInfo(topic, p, node, new Node[] {node}, new Node[] {node}));
          }
        });
    cluster = new Cluster("memory", List.of(node), infos, Set.of(), Set.of());
    assignor.configure(
        Map.of(
            TaskAssignor.MEMBERSHIP_CONFIG,
            new Nobody(),
            TaskAssignor.POSTS_CONFIG,
            names.posts(),
            TaskAssignor.SHUFFLE_CONFIG,
            shuffle));
  }

  /** The leader's assignor places the others; nobody speaks through it. */
  private static final class Nobody implements Membership {
    @Override
    public MemberInfo describe() {
      throw new IllegalStateException("not a member");
    }

    @Override
    public void assigned(GroupTable assignment, int generation) {
      throw new IllegalStateException("not a member");
    }
  }

  public boolean has(String id) {
    return members.containsKey(id);
  }

  /**
   * A new member, or a new life of one that the group still knows: a static member gets its former
   * tasks back, and nobody else hears of it.
   */
  public void join(String id, MemoryClient client) {
    client.expelled = false;
    subscribed.put(id, Set.copyOf(client.member().subscription()));
    Assignment former = members.put(id, client) == null ? null : last.get(id);
    if (former == null || preparing) {
      preparing = true;
    } else {
      deliver(id, former);
    }
  }

  /** Its session is over. */
  public void expel(String id) {
    MemoryClient client = members.remove(id);
    last.remove(id);
    if (client != null) {
      client.expelled = true;
      preparing = true;
    }
  }

  /** All members have heard of the last rebalance. */
  public boolean isSettled() {
    return members.values().stream().noneMatch(client -> client.member().hasToHear());
  }

  /**
   * Whether somebody joined or left, a partition waits for its former owner to let go, or a member
   * asks for it.
   */
  public boolean needsRebalance() {
    Set<TopicPartition> assigned = new HashSet<>();
    last.values().forEach(assignment -> assigned.addAll(assignment.partitions()));
    boolean asked = false;
    for (MemoryClient client : members.values()) {
      asked |= client.member().shouldRebalance();
    }
    return !members.isEmpty() && (preparing || asked || !assigned.equals(everything()));
  }

  /** What all members subscribe to. */
  private Set<TopicPartition> everything() {
    Set<TopicPartition> all = new HashSet<>();
    for (String topic : cluster.topics()) {
      if (members.keySet().stream().allMatch(id -> subscribed(id).contains(topic))) {
        cluster.partitionsForTopic(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .forEach(all::add);
      }
    }
    return all;
  }

  private Set<String> subscribed(String id) {
    return subscribed.getOrDefault(id, Set.of());
  }

  /** All members take part: whoever is silent must be expelled before. */
  public void rebalance() {
    preparing = false;
    generation++;
    Map<String, Subscription> subscriptions = new HashMap<>();
    members.forEach(
        (id, client) -> {
          client.member().resetShouldRebalance();
          ByteBuffer userData = client.membership().describe().encode();
          List<TopicPartition> owned = List.copyOf(client.member().assignment());
          Subscription subscription =
              new Subscription(
                  List.copyOf(subscribed(id)), userData, owned, generation - 1, Optional.empty());
          subscription.setGroupInstanceId(Optional.of(id));
          subscriptions.put(id, subscription);
        });
    last.clear();
    last.putAll(assignor.assign(cluster, new GroupSubscription(subscriptions)).groupAssignment());
    last.forEach(this::deliver);
  }

  /** What the last rebalance gave to whom, in order. */
  public Map<String, List<String>> assignment() {
    Map<String, List<String>> assigned = new TreeMap<>();
    last.forEach(
        (id, assignment) ->
            assigned.put(
                id,
                assignment.partitions().stream().map(TopicPartition::toString).sorted().toList()));
    return assigned;
  }

  private void deliver(String id, Assignment assignment) {
    MemoryClient client = members.get(id);
    if (client == null) {
      throw new IllegalStateException(id + " is no member");
    }
    GroupTable userData = GroupTable.decode(assignment.userData());
    int current = generation;
    client
        .member()
        .agreeInPoll(
            assignment.partitions(), () -> client.membership().assigned(userData, current));
  }
}
