package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.task.TaskCounters;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * What one loop did since it started. One writer, the loop; others get {@link #snapshot()}s of it.
 *
 * <p>What was read counts once it is published, so that a publish that is repeated counts once. A
 * publish whose result is unknown is not counted.
 */
final class LoopCounters {
  private final Read published = new Read();
  private final Read unpublished = new Read();
  private final TaskCounters tasks = new TaskCounters();
  long publishes;
  long checkpoints;
  long aborts;
  long shuffleBytes;
  long changelogRecords;
  long changelogBytes;
  long publishNanos;
  long checkpointPublishes;
  long checkpointNanos;
  long rebalances;
  long lostPosts;
  long forgottenIds;

  /** Posts, and what was found in them. */
  static final class Read {
    private final Map<Rejection.Reason, Long> rejected = new EnumMap<>(Rejection.Reason.class);
    long posts;
    long mentions;
    long emissions;
    long oversizedTags;
    long duplicates;

    void rejected(Rejection.Reason reason) {
      rejected.merge(reason, 1L, Long::sum);
    }

    private void add(Read other) {
      posts += other.posts;
      mentions += other.mentions;
      emissions += other.emissions;
      oversizedTags += other.oversizedTags;
      duplicates += other.duplicates;
      other.rejected.forEach((reason, count) -> rejected.merge(reason, count, Long::sum));
    }

    private void clear() {
      rejected.clear();
      posts = 0;
      mentions = 0;
      emissions = 0;
      oversizedTags = 0;
      duplicates = 0;
    }
  }

  /** Of the loop's count tasks. */
  TaskCounters tasks() {
    return tasks;
  }

  /** Of what was read since the last publish. */
  Read unpublished() {
    return unpublished;
  }

  void published() {
    publishes++;
    published.add(unpublished);
    unpublished.clear();
  }

  /**
   * @param nanos from its begin to when its rows were in the stores
   */
  void took(long nanos, boolean withCheckpoint) {
    publishNanos += nanos;
    if (withCheckpoint) {
      checkpointPublishes++;
      checkpointNanos += nanos;
    }
  }

  void rewound() {
    unpublished.clear();
  }

  EngineStatus.Counters snapshot() {
    Map<String, Long> byReason = new HashMap<>();
    for (Rejection.Reason reason : Rejection.Reason.values()) {
      byReason.put(reason.label(), published.rejected.getOrDefault(reason, 0L));
    }
    return new EngineStatus.Counters(
        published.posts,
        published.mentions,
        published.oversizedTags,
        Map.copyOf(byReason),
        published.duplicates,
        tasks.counted(),
        tasks.late(),
        tasks.otherRegion(),
        tasks.foreignRecords(),
        publishes,
        checkpoints,
        aborts,
        shuffleBytes,
        changelogRecords,
        changelogBytes,
        tasks.restoredRecords(),
        publishNanos,
        checkpointPublishes,
        checkpointNanos,
        rebalances,
        tasks.storesSetAside(),
        lostPosts,
        forgottenIds);
  }
}
