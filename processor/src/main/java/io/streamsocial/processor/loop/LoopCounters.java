package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.task.TaskCounters;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one loop did since it started. One writer, the loop; others get {@link #snapshot()}s of it.
 *
 * <p>What was read counts once it is published, so that a publish that is repeated counts once. A
 * publish whose result is unknown is not counted.
 */
final class LoopCounters {
  private final List<String> views;
  private final Read published;
  private final Read unpublished;
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

  /**
   * @param views names of those other than the hashtags, in the engine's order
   */
  LoopCounters(List<String> views) {
    this.views = List.copyOf(views);
    this.published = new Read(views.size());
    this.unpublished = new Read(views.size());
  }

  /** Posts, and what was found in them. */
  static final class Read {
    private final Map<Rejection.Reason, Long> rejected = new EnumMap<>(Rejection.Reason.class);
    private final long[] emissions;
    long posts;
    long mentions;
    long oversizedTags;
    long duplicates;

    private Read(int views) {
      this.emissions = new long[views];
    }

    /**
     * @param view its place among those other than the hashtags
     */
    void emitted(int view, int number) {
      emissions[view] += number;
    }

    void rejected(Rejection.Reason reason) {
      rejected.merge(reason, 1L, Long::sum);
    }

    private void add(Read other) {
      posts += other.posts;
      mentions += other.mentions;
      for (int view = 0; view < emissions.length; view++) {
        emissions[view] += other.emissions[view];
      }
      oversizedTags += other.oversizedTags;
      duplicates += other.duplicates;
      other.rejected.forEach((reason, count) -> rejected.merge(reason, count, Long::sum));
    }

    private void clear() {
      rejected.clear();
      posts = 0;
      mentions = 0;
      Arrays.fill(emissions, 0);
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
    Map<String, EngineStatus.ViewCounters> byView = new HashMap<>();
    for (int i = 0; i < views.size(); i++) {
      String view = views.get(i);
      byView.put(
          view,
          new EngineStatus.ViewCounters(
              published.emissions[i], tasks.lateRows(view), tasks.sweptRows(view)));
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
        forgottenIds,
        byView);
  }
}
