package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.task.CountTask;
import java.util.Collection;
import java.util.List;

/**
 * Decides when a loop publishes, and which checkpoints a publish carries. Owned by the loop.
 *
 * <pre>
 *   a publish is due   something is unpublished, and the interval is over
 *                      or too much is unpublished
 *                      or a checkpoint is due
 *                      or nothing was published for {@value #HEARTBEAT_MS} ms
 * </pre>
 */
final class PublishPolicy {
  // An idle loop says so once a second: stream time and freshness move on without posts.
  private static final long HEARTBEAT_MS = 1_000;
  // Rows of one task that may wait for a checkpoint. Few, since nothing new is visible while they
  // are sent; more while a backlog is drained, when no reader waits for the newest count and a row
  // that changes again before its checkpoint is a row saved.
  private static final long CHANGES_MAX = 50_000;
  private static final long CHANGES_MAX_BEHIND = 250_000;
  private static final long BEHIND_POSTS = 20_000;

  private final long intervalMs;
  private long publishedMs;

  PublishPolicy(long intervalMs) {
    this.intervalMs = intervalMs;
  }

  /** A publish begins, or the first one could: the interval begins. */
  void began(Moment now) {
    publishedMs = now.steadyMs();
  }

  /** Milliseconds until what was folded is due; not positive when it is. */
  long untilDueMs(Moment now) {
    return intervalMs - (now.steadyMs() - publishedMs);
  }

  /** Whether a publish is due, checkpoints aside. */
  boolean isDue(Unpublished unpublished, Collection<IngestTask> ingests, Moment now) {
    boolean isUnpublished = !unpublished.isEmpty();
    for (IngestTask ingest : ingests) {
      isUnpublished |= ingest.hasUnpublished();
    }
    return (isUnpublished && untilDueMs(now) <= 0)
        || unpublished.isFull()
        || (!ingests.isEmpty() && now.steadyMs() - publishedMs >= HEARTBEAT_MS);
  }

  /**
   * At most one a publish: nothing new is visible while its rows are sent, so several at once would
   * make every count wait for all of them.
   */
  List<CountTask> mostUrgentCheckpoint(LoopTasks tasks, Moment now) {
    long changesMax = isBehind(tasks.ingests()) ? CHANGES_MAX_BEHIND : CHANGES_MAX;
    CountTask urgent = null;
    for (CountTask task : tasks.counts()) {
      if (task.isCheckpointDue(now, changesMax)
          && (urgent == null || task.changes() > urgent.changes())) {
        urgent = task;
      }
    }
    return urgent == null ? List.of() : List.of(urgent);
  }

  private static boolean isBehind(Collection<IngestTask> ingests) {
    long lag = 0;
    for (IngestTask ingest : ingests) {
      lag += ingest.lag();
    }
    return lag > BEHIND_POSTS;
  }
}
