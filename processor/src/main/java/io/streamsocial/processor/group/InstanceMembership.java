package io.streamsocial.processor.group;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the loops of one instance share of their place in the group. Thread-safe. */
public final class InstanceMembership {
  private static final Logger log = LoggerFactory.getLogger(InstanceMembership.class);

  private final UUID process = UUID.randomUUID();
  // Stores on disk that no loop has open: the shuffle offset that each stands for, by partition.
  private final Map<Integer, Long> resting = new ConcurrentHashMap<>();
  private volatile InstanceAddress endpoint = InstanceAddress.NONE;
  private volatile RoutingTable routing = RoutingTable.NONE;

  /** Of this life of the instance. */
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

  /** The group's newest agreement; an older one than is known changes nothing. */
  public synchronized void agreed(RoutingTable table) {
    if (table.epoch() >= routing.epoch()) {
      routing = table;
    }
  }

  /**
   * Looks what an earlier life has left on disk, so that the group can give it back. A store that
   * cannot be read counts as none; whoever opens it says more.
   */
  public void findResting(
      StateDirectory directory, int shufflePartitions, long windowSizeMs, StoreMemory memory) {
    for (int partition = 0; partition < shufflePartitions; partition++) {
      if (!directory.hasTask(partition)) {
        continue;
      }
      try (WindowStore store =
          WindowStore.open(directory.task(partition), TopicNames.STORE, windowSizeMs, 1, memory)) {
        resting.put(partition, store.position().inputOffset());
      } catch (StoreException e) {
        log.debug("the store of partition {} cannot be read: {}", partition, e.getMessage());
      }
    }
  }

  /** By partition, the shuffle offset that a closed store stands for. */
  public Map<Integer, Long> resting() {
    return Map.copyOf(resting);
  }

  /** A loop has it open, or set it aside: it rests no more. */
  public void opened(int partition) {
    resting.remove(partition);
  }

  /**
   * @param shuffleOffset that the closed store stands for
   */
  public void closed(int partition, long shuffleOffset) {
    resting.put(partition, shuffleOffset);
  }
}
