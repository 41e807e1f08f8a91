package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.task.CountTask;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Decides when a loop publishes, and which checkpoints a publish carries. Owned by the loop.
 *
 * <pre>
 *   a publish is due   something is unpublished, and the interval is over
 *                      or too much is unpublished
 *                      or a checkpoint is due
 *                      or nothing was published for {@value #HEARTBEAT_MS} ms; for {@value #QUIET_MS} ms
 *                      once all know that every source is idle; not before the slowest interval is over
 * </pre>
 *
 * <p>The interval is the fastest one when a publish is worth its cost: {@value #POSTS_WORTH} posts
 * wait for it, or a reader does. Else it is the slowest one on average: a transaction costs as much
 * for one post as for a thousand. Publishes that were not needed are saved up, at most {@value
 * #SAVED_MAX}: someone who posts a little and looks sees each post at the fastest interval. It
 * begins with the last publish that carried something, so that the first post after a silence goes
 * out at once.
 */
final class PublishPolicy {
  // An idle loop says so once a second: stream time and freshness move on without posts.
  private static final long HEARTBEAT_MS = 1_000;
  // Then stream time stands still, and only the age of the answers grows.
  private static final long QUIET_MS = 2_000;
  // Rows of one task that may wait for a checkpoint. Few, since nothing new is visible while they
  // are sent; more while a backlog is drained, when no reader waits for the newest count and a row
  // that changes again before its checkpoint is a row saved.
  private static final long CHANGES_MAX = 50_000;
  private static final long CHANGES_MAX_BEHIND = 250_000;
  private static final long BEHIND_POSTS = 20_000;

  // Within it what a publish has sent is usually read back, so that readers see it.
  private static final long RETURN_MS = 30;

  /** At so many, one post's share of a publish is about what it costs to count it. */
  private static final int POSTS_WORTH = 200;

  private static final int SAVED_MAX = 30;

  private final long fastestMs;
  private final long slowestMs;
  private final BooleanSupplier isAwaited;
  private long publishedMs;
  private long carriedMs; // when a publish began that carried something
  private long spentToMs; // before it, only what is worth a publish is published

  /**
   * @param fastestMs at least so long between two publishes
   * @param slowestMs no longer between two publishes while there is something to say; not less
   * @param isAwaited whether a reader waits for posts to be included
   */
  PublishPolicy(long fastestMs, long slowestMs, BooleanSupplier isAwaited) {
    this.fastestMs = fastestMs;
    this.slowestMs = slowestMs;
    this.isAwaited = isAwaited;
  }

  /** The first publish could begin. */
  void began(Moment now) {
    publishedMs = now.steadyMs();
    carriedMs = publishedMs;
    spentToMs = publishedMs - SAVED_MAX * slowestMs;
  }

  /** A publish begins. */
  void began(Unpublished unpublished, Collection<IngestTask> ingests, Moment now) {
    publishedMs = now.steadyMs();
    if (isAnything(unpublished, ingests)) {
      carriedMs = publishedMs;
      long saved = Math.max(spentToMs, publishedMs - SAVED_MAX * slowestMs);
      spentToMs = Math.min(saved, publishedMs) + slowestMs;
    }
  }

  /** A publish has failed: it is tried again after the fastest interval. */
  void failed() {
    spentToMs -= slowestMs;
  }

  /** Milliseconds until what was folded is due; not positive when it is. */
  long untilDueMs(Unpublished unpublished, Moment now) {
    long dueMs = carriedMs + fastestMs;
    return (isWorthIt(unpublished) ? dueMs : Math.max(dueMs, spentToMs)) - now.steadyMs();
  }

  private boolean isWorthIt(Unpublished unpublished) {
    return unpublished.posts() >= POSTS_WORTH || isAwaited.getAsBoolean();
  }

  /**
   * For how long the loop may leave what comes where it is, so that one poll brings more of it; 0
   * for not at all. Only while little comes and nobody waits, and not before what the last publish
   * sent has come back.
   */
  long restMs(Unpublished unpublished, Moment now) {
    if (isWorthIt(unpublished) || now.steadyMs() - carriedMs < RETURN_MS) {
      return 0;
    }
    return Math.max(0, Math.min(fastestMs, untilDueMs(unpublished, now)));
  }

  /** Whether a publish is due, checkpoints aside. */
  boolean isDue(Unpublished unpublished, Collection<IngestTask> ingests, Moment now) {
    return (untilDueMs(unpublished, now) <= 0 && isAnything(unpublished, ingests))
        || unpublished.isFull()
        || isHeartbeatDue(ingests, now);
  }

  private boolean isHeartbeatDue(Collection<IngestTask> ingests, Moment now) {
    long silentMs = now.steadyMs() - publishedMs;
    // What waits for the slowest interval would go with it.
    return !ingests.isEmpty()
        && silentMs >= Math.max(HEARTBEAT_MS, slowestMs)
        && (silentMs >= QUIET_MS || !ingests.stream().allMatch(IngestTask::isKnownIdle));
  }

  private static boolean isAnything(Unpublished unpublished, Collection<IngestTask> ingests) {
    return !unpublished.isEmpty() || ingests.stream().anyMatch(IngestTask::hasUnpublished);
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
