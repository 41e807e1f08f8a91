package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Which instance holds which shuffle partition since the group's last rebalance. Every member gets
 * the whole table with its assignment, so all members of one epoch have the same. Immutable. Each
 * query looks up each partition, so the table keeps an index by partition.
 */
public final class RoutingTable {
  /** Before the first assignment. */
  public static final RoutingTable NONE = new RoutingTable(-1, List.of());

  /**
   * @param process id of the process; another after each restart
   * @param zone where it runs; empty when not configured
   * @param active shuffle partitions, ascending
   * @param standby shuffle partitions that it follows, ascending
   */
  public record Instance(
      String instanceId,
      UUID process,
      InstanceAddress endpoint,
      String zone,
      List<Integer> active,
      List<Integer> standby) {

    public Instance {
      active = List.copyOf(active);
      standby = List.copyOf(standby);
    }
  }

  private final int epoch;
  private final List<Instance> instances;
  private final Map<Integer, Optional<Instance>> actives = new HashMap<>();
  private final Map<Integer, List<Instance>> standbys = new HashMap<>();

  /**
   * @param epoch the group's generation: a higher one is newer; -1 before the first assignment
   * @param instances ascending by id; one for each process, however many loops it has
   */
  public RoutingTable(int epoch, List<Instance> instances) {
    this.epoch = epoch;
    this.instances = List.copyOf(instances);
    for (Instance instance : this.instances) {
      instance.active().forEach(p -> actives.putIfAbsent(p, Optional.of(instance)));
      for (int p : instance.standby()) {
        standbys.computeIfAbsent(p, partition -> new ArrayList<>()).add(instance);
      }
    }
    standbys.replaceAll((partition, followers) -> List.copyOf(followers));
  }

  public int epoch() {
    return epoch;
  }

  public List<Instance> instances() {
    return instances;
  }

  /** Empty while a partition is handed over. */
  public Optional<Instance> active(int partition) {
    return actives.getOrDefault(partition, Optional.empty());
  }

  /** In the order of {@link #instances()}. */
  public List<Instance> standbys(int partition) {
    return standbys.getOrDefault(partition, List.of());
  }

  /** The first of that id: two processes claim one for a moment when an instance is replaced. */
  public Optional<Instance> instance(String instanceId) {
    return instances.stream().filter(i -> i.instanceId().equals(instanceId)).findFirst();
  }

  public Optional<Instance> instance(UUID process) {
    return instances.stream().filter(i -> i.process().equals(process)).findFirst();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RoutingTable that
        && epoch == that.epoch
        && instances.equals(that.instances);
  }

  @Override
  public int hashCode() {
    return Objects.hash(epoch, instances);
  }

  @Override
  public String toString() {
    return "RoutingTable[epoch=%d, instances=%s]".formatted(epoch, instances);
  }
}
