package io.streamsocial.bench.micro;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.MemberViews;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.group.TaskAssignor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupAssignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a rebalance cost the group's leader, and a query the lookup in the routing table? Run
 * {@code bench/run jmh PlacementBenchmark}. Ten posts and ten shuffle partitions a member, one
 * standby each, three zones. A rebalance includes decoding the user data of all members and
 * encoding the assignment of each.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PlacementBenchmark {
  private static final int PARTITIONS_A_MEMBER = 10;
  private static final long POSITION = 1_000_000;
  private static final int GENERATION = 1;
  private static final String POSTS = "posts";
  private static final String SHUFFLE = "shuffle";

  /** Members, each the only loop of its instance. */
  @Param({"3", "30", "100"})
  int members;

  private final TaskAssignor assignor = new TaskAssignor();
  private final Received received = new Received();
  private int partitions;
  private Cluster cluster;
  private GroupSubscription fresh;
  private GroupSubscription settled;
  private GroupSubscription joined;
  private RoutingTable table;
  private int next;

  /** Keeps the table that the assignor hands over. */
  private static final class Received implements Membership {
    private Optional<GroupTable> table = Optional.empty();

    @Override
    public MemberInfo describe() {
      throw new AssertionError("the leader asks members only through their subscriptions");
    }

    @Override
    public void assigned(GroupTable assignment, int generation) {
      table = Optional.of(assignment);
    }
  }

  @Setup
  public void settle() {
    partitions = members * PARTITIONS_A_MEMBER;
    cluster = cluster(partitions);
    assignor.configure(
        Map.of(
            TaskAssignor.MEMBERSHIP_CONFIG, received,
            TaskAssignor.POSTS_CONFIG, POSTS,
            TaskAssignor.SHUFFLE_CONFIG, SHUFFLE));
    Map<String, Subscription> subscriptions = new HashMap<>();
    for (int i = 0; i < members; i++) {
      subscriptions.put("i" + i, newcomer("i" + i, i));
    }
    fresh = new GroupSubscription(Map.copyOf(subscriptions));
    Map<String, Assignment> placed = assignor.assign(cluster, fresh).groupAssignment();
    for (int i = 0; i < members; i++) {
      Assignment assignment = placed.get("i" + i);
      if (assignment == null) {
        throw new AssertionError("no tasks for i" + i);
      }
      subscriptions.put("i" + i, member("i" + i, i, assignment));
    }
    settled = new GroupSubscription(Map.copyOf(subscriptions));
    subscriptions.put("j", newcomer("j", 0));
    joined = new GroupSubscription(subscriptions);
    table = received.table.orElseThrow().routing(GENERATION);
  }

  private Subscription newcomer(String id, int number) {
    return new Subscription(
        List.of(POSTS, SHUFFLE), info(id, number, Set.of(), Map.of()).encode(), List.of());
  }

  /** A member that has caught up with its tasks. */
  @SuppressWarnings("removal") // Kafka will keep the constructor to itself, and has no other.
  private Subscription member(String id, int number, Assignment assignment) {
    assignor.onAssignment(
        assignment, new ConsumerGroupMetadata("group", GENERATION, id, Optional.empty()));
    GroupTable.Member self = received.table.flatMap(GroupTable::self).orElseThrow();
    Map<Integer, Long> positions = new HashMap<>();
    Stream.concat(self.active().stream(), self.standbys().stream())
        .forEach(partition -> positions.put(partition, POSITION));
    return new Subscription(
        List.of(POSTS, SHUFFLE),
        info(id, number, self.standbys(), positions).encode(),
        assignment.partitions(),
        GENERATION,
        Optional.empty());
  }

  private MemberInfo info(
      String id, int number, Set<Integer> standbys, Map<Integer, Long> positions) {
    return new MemberInfo(
        id,
        UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)),
        new InstanceAddress("trending-" + id, 8080),
        "z" + number % 3,
        0,
        "streamsocial-trending-" + id + "-0",
        new MemberInfo.Settings(partitions, partitions, 300_000, 3_600_000, 7_200_000, 1, 1_000),
        standbys,
        Set.of(),
        positions,
        MemberViews.HASHTAGS);
  }

  private static Cluster cluster(int partitions) {
    Node node = new Node(0, "broker", 9092);
    Node[] nodes = {node};
    List<PartitionInfo> infos = new ArrayList<>();
    for (String topic : List.of(POSTS, SHUFFLE)) {
      for (int p = 0; p < partitions; p++) {
        infos.add(new PartitionInfo(topic, p, node, nodes, nodes));
      }
    }
    return new Cluster("cluster", List.of(node), infos, Set.of(), Set.of());
  }

  /** No member has a task yet. */
  @Benchmark
  public GroupAssignment firstStart() {
    return assignor.assign(cluster, fresh);
  }

  /** Nothing has to move. */
  @Benchmark
  public GroupAssignment atRest() {
    return assignor.assign(cluster, settled);
  }

  /** One more member, without state: all others give up a part, as a warm-up. */
  @Benchmark
  public GroupAssignment join() {
    return assignor.assign(cluster, joined);
  }

  /** The instance that counts one partition: once for each hashtag query. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public Optional<RoutingTable.Instance> route() {
    return table.active(Math.floorMod(next += 7_919, partitions));
  }
}
