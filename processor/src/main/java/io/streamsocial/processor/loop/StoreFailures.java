package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.task.TaskCounters;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.store.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Decides what becomes of stores that fail. Owned by one loop.
 *
 * <pre>
 *   LOCKED, FULL, CLOSED   tried again every second
 *   CORRUPTED              set aside and rebuilt, as one that is lost; the third time, a person must look
 *   CORRUPTED when opened  even empty: a person must look
 *   OTHER_FORMAT           a person must decide
 * </pre>
 */
final class StoreFailures {
  private static final long RETRY_MS = 1_000;
  private static final int CORRUPTIONS_MAX = 2;
  // A write buffer of a store.
  private static final long ROOM_BYTES = 16L << 20;

  private final TaskStores stores;
  private final Incidents incidents;
  private final TaskCounters counters;
  private final Map<Integer, Integer> corruptions = new HashMap<>();
  private long retryMs;
  private long heldMs;

  StoreFailures(TaskStores stores, Incidents incidents, TaskCounters counters) {
    this.stores = stores;
    this.incidents = incidents;
    this.counters = counters;
  }

  /**
   * Holds the state directory, see {@link TaskStores#hold}. Looks at most once a second.
   *
   * @throws ConfigException when it is another process's
   */
  void turn(Moment now) {
    if (now.steadyMs() - heldMs >= RETRY_MS) {
      heldMs = now.steadyMs();
      stores.hold();
    }
  }

  /** Whether an attempt has just failed for a reason that may pass. */
  boolean mustWait(Moment now) {
    return now.steadyMs() < retryMs;
  }

  /**
   * Whether the disk has room again for what a store writes at once. Looks at most once a second,
   * together with the other attempts.
   */
  boolean hasRoom(Moment now) {
    if (mustWait(now)) {
      return false;
    }
    try {
      if (stores.usableBytes() >= ROOM_BYTES) {
        return true;
      }
    } catch (IOException e) {
      return true; // opening the store says better what is wrong
    }
    retryMs = now.steadyMs() + RETRY_MS;
    return false;
  }

  /**
   * The store of a task has failed that is closed already, or stalled.
   *
   * @throws ConfigException when only a person can help
   */
  void failed(int partition, StoreException e, Moment now) {
    if (e.kind() != StoreException.Kind.CORRUPTED) {
      notOpened(partition, e, now);
      return;
    }
    counters.setAside();
    int times = corruptions.merge(partition, 1, Integer::sum);
    Path aside = stores.setAside(partition, now);
    if (times > CORRUPTIONS_MAX) {
      throw new ConfigException(
          "the store of partition %d is damaged for the %d. time: %s; check the disk under %s"
              .formatted(partition, times, e.getMessage(), aside));
    }
    incidents.begin(
        Incidents.Kind.STORE_SET_ASIDE,
        of(partition),
        "the store of partition %d is damaged and set aside as %s; rebuilding it from another instance, or else from the changelog. %s"
            .formatted(partition, aside, e.getMessage()));
  }

  /**
   * A store could not be opened.
   *
   * @throws ConfigException when only a person can help
   */
  void notOpened(int partition, StoreException e, Moment now) {
    switch (e.kind()) {
      case LOCKED, FULL, CLOSED -> {
        retryMs = now.steadyMs() + RETRY_MS;
        incidents.begin(
            Incidents.Kind.STORE_WAITING,
            of(partition),
            "the store of partition %d waits and is tried again every second: %s"
                .formatted(partition, e.getMessage()));
      }
      case OTHER_FORMAT -> throw new ConfigException(String.valueOf(e.getMessage()));
      case CORRUPTED ->
          throw new ConfigException(
              "the store of partition %d cannot be opened even when empty: %s; check the disk"
                  .formatted(partition, e.getMessage()));
    }
  }

  /** Ends what kept a store from being opened. */
  void opened(int partition) {
    incidents.end(
        Incidents.Kind.STORE_WAITING,
        of(partition),
        "the store of partition %d is open".formatted(partition));
  }

  /** Ends what was wrong with a store that had to be rebuilt. */
  void restored(int partition) {
    incidents.end(
        Incidents.Kind.STORE_SET_ASIDE,
        of(partition),
        "the store of partition %d is rebuilt".formatted(partition));
  }

  private static String of(int partition) {
    return "partition-" + partition;
  }
}
