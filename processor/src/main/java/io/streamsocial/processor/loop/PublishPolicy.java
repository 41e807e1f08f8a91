package io.streamsocial.processor.loop;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.kafka.RefusedAccess;
import io.streamsocial.processor.log.Combiner;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a loop has folded and not published yet, when it is published, and what a publish that fails
 * undoes. Owned by the loop.
 *
 * <pre>
 *   committed:                forget what was folded; the stores take their checkpoints
 *   aborted:                  forget it, too, and seek back to where the last publish stood
 *   nobody knows:             start anew: a new producer, which settles the open transaction, then
 *                             tasks and positions from the group's committed offsets
 * </pre>
 *
 * The live state of count tasks comes from committed shuffle records only, so none of it touches
 * them.
 */
final class PublishPolicy implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PublishPolicy.class);
  // An idle loop says so once a second: stream time and freshness move on without posts.
  private static final long HEARTBEAT_MS = 1_000;
  // Rows of one task that may wait for a checkpoint. Few, since nothing new is visible while they
  // are sent; more while a backlog is drained, when nobody waits for the newest count and a row
  // that changes again before its checkpoint is a row saved.
  private static final long CHANGES_MAX = 50_000;
  private static final long CHANGES_MAX_BEHIND = 250_000;
  private static final long BEHIND_POSTS = 20_000;
  // Distinct keys folded before a publish comes early.
  private static final int COMBINER_ENTRIES_MAX = 100_000;

  private final Loop.Surroundings around;
  private final int index;
  private final String name;
  private final Consumer<ByteBuffer, ByteBuffer> group;
  private final LoopTasks tasks;
  private final LoopCounters counters;
  private final RefusedAccess refused;
  private final Combiner combiner;
  private final Rejected rejected;
  private @Nullable Publisher publisher; // null: to be made anew before anything else
  private long publishedMs;

  PublishPolicy(
      Loop.Surroundings around,
      int index,
      Consumer<ByteBuffer, ByteBuffer> group,
      LoopTasks tasks,
      LoopCounters counters,
      RefusedAccess refused) {
    this.around = around;
    this.index = index;
    this.name = "loop-" + index;
    this.group = group;
    this.tasks = tasks;
    this.counters = counters;
    this.refused = refused;
    this.combiner = new Combiner(around.windowing());
    this.rejected = new Rejected(around.topics().rejected());
  }

  /** Where mentions are folded until they are published. */
  Combiner combiner() {
    return combiner;
  }

  /** Posts that cannot be counted, to be published with the others. */
  Rejected rejected() {
    return rejected;
  }

  /** Whether there is a producer whose transactions are settled; without, nothing is opened. */
  boolean isOpen() {
    return publisher != null;
  }

  /** Milliseconds until what was folded is due; not positive when it is. */
  long untilDueMs(long nowMs) {
    return around.config().cadence().publishMs() - (nowMs - publishedMs);
  }

  void renew(long nowMs) {
    if (publisher != null) {
      return;
    }
    Publisher renewed =
        new Publisher(
            around.clients().producer(index),
            group,
            around.config(),
            around.topics(),
            around.postsPartitions(),
            counters);
    try {
      renewed.begin();
      publisher = renewed;
      publishedMs = nowMs;
    } catch (RetriableException e) {
      // Without it nothing is read, but the group must go on hearing from us.
      renewed.close();
      around.incidents().failing(Incidents.Kind.PUBLISH_FAILING, name, "no transactions yet", e);
    } catch (KafkaException e) {
      renewed.close();
      if (!refused.takes(e, AclOperation.WRITE, nowMs)) {
        throw e;
      }
    }
  }

  void publishIfDue(long nowMs) {
    List<CountTask> due = mostUrgentCheckpoint(nowMs);
    boolean unpublished = combiner.entries() > 0 || !rejected.pending().isEmpty();
    for (IngestTask ingest : tasks.ingests()) {
      unpublished |= ingest.hasUnpublished();
    }
    if (!due.isEmpty()
        || (unpublished && untilDueMs(nowMs) <= 0)
        || combiner.entries() >= COMBINER_ENTRIES_MAX
        || rejected.isFull()
        || (!tasks.ingests().isEmpty() && nowMs - publishedMs >= HEARTBEAT_MS)) {
      publish(due, nowMs);
    }
  }

  /**
   * At most one a publish: nothing new is visible while its rows are sent, so several at once would
   * make every count wait for all of them.
   */
  private List<CountTask> mostUrgentCheckpoint(long nowMs) {
    long changesMax = isBehind() ? CHANGES_MAX_BEHIND : CHANGES_MAX;
    CountTask urgent = null;
    for (CountTask task : tasks.counts()) {
      if (task.isCheckpointDue(nowMs, changesMax)
          && (urgent == null || task.changes() > urgent.changes())) {
        urgent = task;
      }
    }
    return urgent == null ? List.of() : List.of(urgent);
  }

  private boolean isBehind() {
    long lag = 0;
    for (IngestTask ingest : tasks.ingests()) {
      lag += ingest.lag();
    }
    return lag > BEHIND_POSTS;
  }

  /** Publishes what was folded, and the checkpoints of these tasks with it. */
  void publish(Collection<CountTask> due, long nowMs) {
    Publisher current = publisher;
    if (current == null) {
      return;
    }
    publishedMs = nowMs;
    try {
      for (Publisher.StoreFailure failure :
          current.publish(combiner, rejected, tasks.ingests(), due, nowMs)) {
        tasks.failed(failure.task(), failure.cause());
      }
      around.incidents().end(Incidents.Kind.PUBLISH_FAILING, name, "publishes are committed again");
    } catch (Publisher.FailedException e) {
      counters.aborts++;
      failed(e, nowMs);
    }
  }

  private void failed(Publisher.FailedException e, long nowMs) {
    boolean isRefused = refused.takes(e, AclOperation.WRITE, nowMs);
    if (!e.wasAborted()) {
      startAnew(e.getCause());
      return;
    }
    if (e.getCause() instanceof CommitFailedException && !isRefused) {
      log.info("{}: the group is being rebalanced, a publish is repeated", name);
    } else if (!isRefused) {
      around
          .incidents()
          .failing(Incidents.Kind.PUBLISH_FAILING, name, "a publish was aborted", e.getCause());
    }
    rewind();
  }

  /** Gives up what was folded since the last publish. */
  void rewind() {
    forget();
    for (IngestTask ingest : tasks.ingests()) {
      group.seek(ingest.topicPartition(), ingest.rewind());
    }
  }

  private void forget() {
    combiner.clear();
    rejected.clear();
    counters.rewound();
  }

  private void startAnew(@Nullable Throwable why) {
    around
        .incidents()
        .failing(
            Incidents.Kind.PUBLISH_FAILING,
            name,
            "a publish had no certain result, starting anew from what is committed",
            why);
    forget();
    tasks.reopenAll();
    close();
  }

  @Override
  public void close() {
    if (publisher != null) {
      publisher.close();
      publisher = null;
    }
  }
}
