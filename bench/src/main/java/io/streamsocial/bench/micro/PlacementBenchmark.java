package io.streamsocial.bench.micro;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.Placement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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
 * What does a rebalance cost the group's leader, and a query the look at the routing table? Run
 * {@code bench/run jmh PlacementBenchmark}. Ten shuffle partitions a member, one standby each,
 * three zones.
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

  /** Members, each the only loop of its instance. */
  @Param({"3", "30", "100"})
  int members;

  private int partitions;
  private List<Placement.Member> fresh;
  private List<Placement.Member> settled;
  private List<Placement.Member> joined;
  private RoutingTable table;
  private GroupTable assignment;
  private int next;

  @Setup
  public void settle() {
    partitions = members * PARTITIONS_A_MEMBER;
    fresh = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      fresh.add(
          new Placement.Member(
              "i" + i, "i" + i, 0, "z" + i % 3, Set.of(), Set.of(), Set.of(), Set.of(), Map.of()));
    }
    Map<String, Placement.Tasks> placed = place(fresh);
    settled = new ArrayList<>();
    List<GroupTable.Member> told = new ArrayList<>();
    for (Placement.Member member : fresh) {
      Placement.Tasks tasks = placed.get(member.id());
      if (tasks == null) {
        throw new AssertionError("no tasks for " + member.id());
      }
      Map<Integer, Long> positions = new HashMap<>();
      tasks.active().forEach(p -> positions.put(p, POSITION));
      tasks.standbys().forEach(p -> positions.put(p, POSITION));
      settled.add(
          new Placement.Member(
              member.id(),
              member.instanceId(),
              0,
              member.zone(),
              new TreeSet<>(tasks.posts()),
              new TreeSet<>(tasks.active()),
              new TreeSet<>(tasks.standbys()),
              Set.of(),
              positions));
      told.add(
          new GroupTable.Member(
              member.instanceId(),
              UUID.nameUUIDFromBytes(member.id().getBytes(StandardCharsets.UTF_8)),
              new InstanceAddress("trending-" + member.id(), 8080),
              member.zone(),
              0,
              "streamsocial-trending-" + member.id() + "-0",
              new TreeSet<>(tasks.active()),
              new TreeSet<>(tasks.standbys()),
              Set.of()));
    }
    joined = new ArrayList<>(settled);
    joined.add(
        new Placement.Member("j", "j", 0, "z0", Set.of(), Set.of(), Set.of(), Set.of(), Map.of()));
    assignment = new GroupTable(partitions, partitions, told, 0, "");
    table = assignment.routing(1);
  }

  private Map<String, Placement.Tasks> place(List<Placement.Member> group) {
    return Placement.assign(partitions, partitions, 1, group);
  }

  /** Nobody has anything. */
  @Benchmark
  public Map<String, Placement.Tasks> firstStart() {
    return place(fresh);
  }

  /** Nothing is to be moved. */
  @Benchmark
  public Map<String, Placement.Tasks> atRest() {
    return place(settled);
  }

  /** One more, without state: everybody gives it a part, as a warm-up. */
  @Benchmark
  public Map<String, Placement.Tasks> join() {
    return place(joined);
  }

  /** What one member gets to read; the leader writes one for each. */
  @Benchmark
  public int encode() {
    return assignment.encode().remaining();
  }

  /** Who has one partition: once for each hashtag asked for. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public Optional<RoutingTable.Instance> route() {
    return table.active(Math.floorMod(next += 7_919, partitions));
  }
}
