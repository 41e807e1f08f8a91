package io.streamsocial.processor;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Who holds which shuffle partition, as the group agreed at its last rebalance. Every member gets
 * the whole table with its assignment, so all of one epoch know the same.
 *
 * @param epoch the group's generation: a higher one is newer; -1 before the first assignment
 * @param instances ascending by id; one a process, however many loops it has
 */
public record RoutingTable(int epoch, List<Instance> instances) {
  /** Before the first assignment. */
  public static final RoutingTable NONE = new RoutingTable(-1, List.of());

  /**
   * @param process of this life of the instance; another after each restart
   * @param zone where it runs; empty when not configured
   * @param active shuffle partitions, ascending
   * @param standby shuffle partitions that it follows, ascending
   */
  public record Instance(
      String instanceId,
      UUID process,
      Endpoint endpoint,
      String zone,
      List<Integer> active,
      List<Integer> standby) {

    public Instance {
      active = List.copyOf(active);
      standby = List.copyOf(standby);
    }
  }

  public RoutingTable {
    instances = List.copyOf(instances);
  }

  /** Empty while a partition is handed over. */
  public Optional<Instance> active(int partition) {
    return instances.stream().filter(i -> i.active().contains(partition)).findFirst();
  }

  public List<Instance> standbys(int partition) {
    return instances.stream().filter(i -> i.standby().contains(partition)).toList();
  }

  public Optional<Instance> instance(String instanceId) {
    return instances.stream().filter(i -> i.instanceId().equals(instanceId)).findFirst();
  }
}
