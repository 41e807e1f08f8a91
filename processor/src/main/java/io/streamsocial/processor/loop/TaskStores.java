package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Incidents;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the stores of count tasks, and decides what becomes of those that fail: wait and try again,
 * set aside and build anew, or give up with what a person can do. Owned by one loop.
 */
public final class TaskStores {
  private static final Logger log = LoggerFactory.getLogger(TaskStores.class);
  private static final long RETRY_MS = 1_000;
  private static final int CORRUPTIONS_MAX = 2;
  // A write buffer of a store.
  private static final long ROOM_BYTES = 16L << 20;

  private final Loop.Surroundings around;
  private final LoopCounters counters;
  private final Map<Integer, Integer> corruptions = new HashMap<>();
  private long retryMs;

  TaskStores(Loop.Surroundings around, LoopCounters counters) {
    this.around = around;
    this.counters = counters;
  }

  /** Whether an attempt has just failed for a reason that may pass. */
  boolean mustWait(long nowMs) {
    return nowMs < retryMs;
  }

  /**
   * Opens a task whose state the changelog can bring up to date.
   *
   * @return null when that must be tried again later
   * @throws ConfigException when only a person can help
   */
  @Nullable CountTask open(int partition, Restorer.Bounds changelog, long nowMs) {
    CountTask task;
    try {
      task =
          CountTask.open(
              partition, around.windowing(), around.directory(), around.memory(), counters, nowMs);
    } catch (StoreException e) {
      retryOrGiveUp(partition, e, nowMs);
      return null;
    }
    if (!fits(task, changelog, around.topics().changelog(), around.directory(), nowMs)) {
      return null;
    }
    around.membership().opened(partition);
    around
        .incidents()
        .end(
            Incidents.Kind.STORE_WAITING,
            of(partition),
            "the store of partition %d is open".formatted(partition));
    return task;
  }

  /**
   * Whether the disk has room again for what a store writes at once. Looks at most once a second,
   * together with the other attempts.
   */
  boolean hasRoom(long nowMs) {
    if (mustWait(nowMs)) {
      return false;
    }
    try {
      if (around.directory().usableBytes() >= ROOM_BYTES) {
        return true;
      }
    } catch (IOException e) {
      return true; // opening tells better what is wrong
    }
    retryMs = nowMs + RETRY_MS;
    return false;
  }

  /**
   * Whether the changelog reaches back to where the task's state ends. If not, the task is closed
   * and its state set aside: the next one opened is empty.
   *
   * @param topic of the changelog
   * @throws ConfigException when the state is ahead of the changelog; the task is closed
   */
  public static boolean fits(
      CountTask task,
      Restorer.Bounds changelog,
      String topic,
      StateDirectory directory,
      long nowMs) {
    if (task.changelogOffset() > 0 && task.changelogOffset() < changelog.begin()) {
      task.close();
      log.warn(
          "the state of partition {} ends at changelog offset {}, but the changelog begins at {}: too old to go on from, restoring from the beginning; the old state is set aside as {}",
          task.partition(),
          task.changelogOffset(),
          changelog.begin(),
          directory.setAside(task.partition(), nowMs));
      return false;
    }
    if (task.changelogOffset() > changelog.end()) {
      task.close();
      throw new ConfigException(
          "the state of partition %d has seen changelog offset %d, but %s-%d ends at %d: the topic was truncated or made anew; bring it back, or run reset to begin from nothing"
              .formatted(
                  task.partition(),
                  task.changelogOffset(),
                  topic,
                  task.partition(),
                  changelog.end()));
    }
    return true;
  }

  void close(CountTask task) {
    task.close();
    around.membership().closed(task.partition(), task.checkpointedOffset());
  }

  /**
   * What to do about the store of a task that is closed already, or stalled.
   *
   * @throws ConfigException when only a person can help
   */
  void failed(int partition, StoreException e, long nowMs) {
    if (e.kind() != StoreException.Kind.CORRUPTED) {
      retryOrGiveUp(partition, e, nowMs);
      return;
    }
    counters.storesSetAside++;
    int times = corruptions.merge(partition, 1, Integer::sum);
    around.membership().opened(partition);
    Path aside = around.directory().setAside(partition, nowMs);
    if (times > CORRUPTIONS_MAX) {
      throw new ConfigException(
          "the store of partition %d is damaged for the %d. time: %s; check the disk under %s"
              .formatted(partition, times, e.getMessage(), aside));
    }
    around
        .incidents()
        .begin(
            Incidents.Kind.STORE_SET_ASIDE,
            of(partition),
            "the store of partition %d is damaged and set aside as %s; rebuilding it from the changelog. %s"
                .formatted(partition, aside, e.getMessage()));
  }

  /** What was wrong with its store is over. */
  void restored(int partition) {
    around
        .incidents()
        .end(
            Incidents.Kind.STORE_SET_ASIDE,
            of(partition),
            "the store of partition %d is rebuilt".formatted(partition));
  }

  private static String of(int partition) {
    return "partition-" + partition;
  }

  private void retryOrGiveUp(int partition, StoreException e, long nowMs) {
    switch (e.kind()) {
      case LOCKED, FULL, CLOSED -> {
        retryMs = nowMs + RETRY_MS;
        around
            .incidents()
            .begin(
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
}
