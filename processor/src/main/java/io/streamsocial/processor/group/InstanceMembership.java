package io.streamsocial.processor.group;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The group data that the loops of one instance share. Thread-safe. */
public final class InstanceMembership {
  private static final Logger log = LoggerFactory.getLogger(InstanceMembership.class);

  private final UUID process = UUID.randomUUID();
  // Stores on disk that no loop has open: the shuffle offset that each includes, by partition.
  private final Map<Integer, Long> resting = new ConcurrentHashMap<>();
  private volatile InstanceAddress endpoint = InstanceAddress.NONE;
  // Views whose state here lacks rows, and why; for as long as the process lives.
  private final Map<String, String> incomplete = new ConcurrentHashMap<>();
  private volatile RoutingTable routing = RoutingTable.NONE;
  private volatile Optional<List<GroupTable.AgreedView>> views = Optional.empty();
  private volatile Set<String> inputs = Set.of();

  /** The id of this process; another after a restart. */
  public UUID process() {
    return process;
  }

  public InstanceAddress endpoint() {
    return endpoint;
  }

  public void advertise(InstanceAddress advertised) {
    endpoint = advertised;
  }

  public RoutingTable routing() {
    return routing;
  }

  /** Keeps the group's newest assignment; an older one changes nothing. */
  public synchronized void agreed(GroupTable table, int generation) {
    if (generation >= routing.epoch()) {
      routing = table.routing(generation);
      views = Optional.of(table.views());
      inputs = Set.copyOf(table.inputs().keySet());
    }
  }

  /**
   * The views beside the hashtags, as the group has agreed on them last, by name; empty before the
   * first time.
   */
  public Optional<List<GroupTable.AgreedView>> views() {
    return views;
  }

  /**
   * The topics that the group reads, as it has agreed on them last; empty where its members read
   * one, and before the first time.
   */
  public Set<String> inputs() {
    return inputs;
  }

  /** A view cannot count here: its state lacks rows that were counted. */
  public void incomplete(String view, String why) {
    incomplete.putIfAbsent(view, why);
  }

  /** The views that cannot count here, and why. */
  public Map<String, String> incomplete() {
    return Map.copyOf(incomplete);
  }

  /**
   * Why a view counts nowhere, and so is not answered: its state here lacks rows, or the group has
   * agreed that an instance cannot count it. Empty when it counts, and before the group has agreed
   * on anything: no task can be read then. The hashtags never wait.
   */
  public Optional<String> waiting(String view) {
    if (view.equals(TopicNames.STORE)) {
      return Optional.empty();
    }
    String why = incomplete.get(view);
    return why == null ? views.flatMap(agreed -> waiting(view, agreed)) : Optional.of(why);
  }

  private static Optional<String> waiting(String view, List<GroupTable.AgreedView> agreed) {
    for (GroupTable.AgreedView each : agreed) {
      if (each.name().equals(view)) {
        return each.counts()
            ? Optional.empty()
            : Optional.of(
                "view %s waits for %s, which cannot count it"
                    .formatted(view, String.join(", ", each.lackedBy())));
      }
    }
    return Optional.of(
        "view %s waits for the group's leader, which is of a version without views"
            .formatted(view));
  }

  /**
   * Finds the stores that an earlier process has left on disk, so that the group can return their
   * partitions. A store that cannot be read is left out; opening it later reports the reason.
   */
  public void findResting(StateDirectory directory, int shufflePartitions, StoreMemory memory) {
    for (int partition = 0; partition < shufflePartitions; partition++) {
      if (!directory.hasTask(partition)) {
        continue;
      }
      try {
        resting.put(partition, TaskStore.inputOffset(directory.task(partition), memory));
      } catch (StoreException e) {
        log.debug("the store of partition {} cannot be read: {}", partition, e.getMessage());
      }
    }
  }

  /** The shuffle offsets that the closed stores include, by partition. */
  public Map<Integer, Long> resting() {
    return Map.copyOf(resting);
  }

  /** A loop has opened the store or set it aside, so it is no longer at rest. */
  public void opened(int partition) {
    resting.remove(partition);
  }

  /**
   * @param shuffleOffset that the closed store includes
   */
  public void closed(int partition, long shuffleOffset) {
    resting.put(partition, shuffleOffset);
  }
}
