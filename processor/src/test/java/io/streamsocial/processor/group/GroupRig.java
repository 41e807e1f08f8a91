package io.streamsocial.processor.group;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Property;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * A group without brokers: carries subscriptions to a leader and its answers back, and joins again
 * after a revocation, as Kafka's consumer does. Refuses what the consumer refuses.
 */
final class GroupRig {
  static final String POSTS = "posts";
  static final String SHUFFLE = "shuffle";
  static final MemberInfo.Settings SETTINGS =
      new MemberInfo.Settings(4, 8, 300_000, 3_600_000, 3_600_000, 1, 1_000);

  private final Map<String, Loop> loops = new TreeMap<>();
  private final Map<String, Integer> topics = new HashMap<>();
  private int generation;
  int rebalances;

  GroupRig(int posts, int shuffle) {
    topics.put(POSTS, posts);
    topics.put(SHUFFLE, shuffle);
  }

  /** A loop, its tasks and its part of the protocol. */
  static final class Loop implements Membership {
    final String id;
    final MemberInfo info;
    final TaskAssignor assignor = new TaskAssignor();
    private final List<String> topics = new ArrayList<>();
    MemberViews views;
    Set<TopicPartition> owned = new HashSet<>();
    int ownedIn = GroupPlan.NO_GENERATION;
    Set<Integer> standbys = new TreeSet<>();
    Set<Integer> warmups = new TreeSet<>();
    final Map<Integer, Long> positions = new TreeMap<>();
    Optional<GroupTable> table = Optional.empty();
    Optional<ByteBuffer> says = Optional.empty();

    Loop(MemberInfo info) {
      this.info = info;
      views = info.views();
      id = info.instanceId() + "-" + info.loop();
      readFrom(POSTS);
    }

    /** The posts topic that it is configured with. */
    void readFrom(String topic) {
      topics.clear();
      topics.addAll(List.of(topic, SHUFFLE));
      assignor.configure(
          Map.of(
              TaskAssignor.MEMBERSHIP_CONFIG,
              this,
              TaskAssignor.POSTS_CONFIG,
              topic,
              TaskAssignor.SHUFFLE_CONFIG,
              SHUFFLE));
    }

    /** A topic beside the posts. */
    void readsAlso(String topic) {
      topics.add(topic);
    }

    @Override
    public MemberInfo describe() {
      return new MemberInfo(
          info.instanceId(),
          info.process(),
          info.endpoint(),
          info.zone(),
          info.loop(),
          info.transactionalId(),
          info.settings(),
          standbys,
          warmups,
          positions,
          views);
    }

    @Override
    public void assigned(GroupTable assignment, int generation) {
      table = Optional.of(assignment);
      ownedIn = generation;
      standbys = new TreeSet<>();
      warmups = new TreeSet<>();
      assignment
          .self()
          .ifPresent(
              self -> {
                standbys.addAll(self.standbys());
                warmups.addAll(self.warmups());
              });
    }

    Set<Integer> owned(String topic) {
      Set<Integer> partitions = new TreeSet<>();
      owned.stream()
          .filter(p -> p.topic().equals(topic))
          .forEach(p -> partitions.add(p.partition()));
      return partitions;
    }

    GroupTable table() {
      return table.orElseThrow();
    }
  }

  static MemberInfo info(String instance, int loop, MemberInfo.Settings settings) {
    return new MemberInfo(
        instance,
        UUID.nameUUIDFromBytes(Property.utf8(instance)),
        new InstanceAddress(instance, 8080),
        "",
        loop,
        "app-" + instance + "-" + loop,
        settings,
        Set.of(),
        Set.of(),
        Map.of(),
        MemberViews.HASHTAGS);
  }

  Loop join(String instance, int loop) {
    return join(info(instance, loop, SETTINGS));
  }

  Loop join(MemberInfo info) {
    Loop member = new Loop(info);
    loops.put(member.id, member);
    return member;
  }

  void leave(String instance) {
    loops.values().removeIf(loop -> loop.info.instanceId().equals(instance));
  }

  List<Loop> loops() {
    return List.copyOf(loops.values());
  }

  void partitions(String topic, int count) {
    topics.put(topic, count);
  }

  /** One rebalance, led by any. */
  void rebalance() {
    generation++;
    rebalances++;
    Map<String, Subscription> subscriptions = new HashMap<>();
    loops.forEach(
        (id, loop) ->
            subscriptions.put(
                id,
                new Subscription(
                    List.copyOf(loop.topics),
                    loop.says.orElseGet(
                        () -> loop.assignor.subscriptionUserData(Set.copyOf(loop.topics))),
                    List.copyOf(loop.owned),
                    loop.ownedIn,
                    Optional.empty())));
    Loop leader = loops().get(generation % loops.size());
    Map<String, Assignment> assignments =
        leader.assignor.assign(cluster(), new GroupSubscription(subscriptions)).groupAssignment();
    if (!assignments.keySet().equals(loops.keySet())) {
      throw new AssertionError("one entry for each member: " + assignments.keySet());
    }
    refuseWhatTheConsumerRefuses(assignments);
    assignments.forEach(
        (id, assignment) -> {
          Loop loop = loops().stream().filter(l -> l.id.equals(id)).findFirst().orElseThrow();
          loop.owned = new HashSet<>(assignment.partitions());
          loop.assignor.onAssignment(assignment, metadata(generation, id));
        });
  }

  @SuppressWarnings("removal") // Kafka will keep the constructor to itself, and has no other.
  static ConsumerGroupMetadata metadata(int generation, String id) {
    return new ConsumerGroupMetadata("group", generation, id, Optional.empty());
  }

  /** What somebody gives up must not be given to another in the same rebalance. */
  private void refuseWhatTheConsumerRefuses(Map<String, Assignment> assignments) {
    Set<TopicPartition> revoked = new HashSet<>();
    Set<TopicPartition> added = new HashSet<>();
    List<TopicPartition> given = new ArrayList<>();
    assignments.forEach(
        (id, assignment) -> {
          Set<TopicPartition> before = owned(id);
          Set<TopicPartition> after = new HashSet<>(assignment.partitions());
          given.addAll(assignment.partitions());
          before.stream().filter(p -> !after.contains(p)).forEach(revoked::add);
          after.stream().filter(p -> !before.contains(p)).forEach(added::add);
        });
    added.retainAll(revoked);
    if (!added.isEmpty() || new HashSet<>(given).size() != given.size()) {
      throw new AssertionError("given while owned: " + added + ", or twice: " + given);
    }
  }

  private Set<TopicPartition> owned(String id) {
    return loops().stream().filter(l -> l.id.equals(id)).findFirst().orElseThrow().owned;
  }

  /** Rebalances for as long as somebody had to revoke something. */
  void settle() {
    for (int round = 0; round < 6; round++) {
      Map<String, Set<TopicPartition>> before = new HashMap<>();
      loops.forEach((id, loop) -> before.put(id, Set.copyOf(loop.owned)));
      rebalance();
      if (loops.values().stream()
          .allMatch(loop -> loop.owned.containsAll(before.getOrDefault(loop.id, Set.of())))) {
        return;
      }
    }
    throw new AssertionError("revokes on and on");
  }

  /** Settles, catches up and settles again until there are no warm-ups. */
  void rest() {
    for (int round = 0; round < 6; round++) {
      settle();
      catchUp();
      if (loops.values().stream().allMatch(loop -> loop.warmups.isEmpty())) {
        return;
      }
    }
    throw new AssertionError("warms up on and on");
  }

  void catchUp() {
    for (Loop loop : loops.values()) {
      loop.owned(SHUFFLE).forEach(p -> loop.positions.put(p, PlacementCases.END));
      loop.standbys.forEach(p -> loop.positions.put(p, PlacementCases.END));
    }
  }

  private Cluster cluster() {
    Node node = new Node(0, "broker", 9092);
    List<PartitionInfo> partitions = new ArrayList<>();
    topics.forEach(
        (topic, count) -> {
          for (int p = 0; p < count; p++) {
            partitions.add(new PartitionInfo(topic, p, node, new Node[] {node}, new Node[] {node}));
          }
        });
    return new Cluster("cluster", List.of(node), partitions, Set.of(), Set.of());
  }
}
