package io.streamsocial.processor.loop;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.task.CountTask;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way out of a loop: publishes when {@link PublishPolicy} says so, in the steps of {@link
 * Publisher}, and undoes a failure as {@link CommitFailure} says. Owned by the loop.
 */
final class Publishing implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Publishing.class);
  // An end waits for no outage, but gets over an abort.
  private static final int LAST_TRIES = 3;

  private final Supplier<Publisher> publishers;
  private final PublishPolicy policy;
  private final Unpublished unpublished;
  private final LoopTasks tasks;
  private final Assignment assignment;
  private final TaskUpkeep upkeep;
  private final LoopTrouble trouble;
  private final TurnClock clock;
  private @Nullable Publisher publisher; // null: to be replaced before anything else

  /**
   * @param publishers each time a new one, not begun
   */
  Publishing(
      Supplier<Publisher> publishers,
      PublishPolicy policy,
      Unpublished unpublished,
      LoopTasks tasks,
      Assignment assignment,
      TaskUpkeep upkeep,
      LoopTrouble trouble,
      TurnClock clock) {
    this.publishers = publishers;
    this.policy = policy;
    this.unpublished = unpublished;
    this.tasks = tasks;
    this.assignment = assignment;
    this.upkeep = upkeep;
    this.trouble = trouble;
    this.clock = clock;
  }

  /** Whether there is a producer whose transactions are settled; without, nothing is opened. */
  boolean isOpen() {
    return publisher != null;
  }

  /**
   * Whether what is opened now counts as the group has agreed: the records of a topic that the
   * group has just begun to read must reach the views that it is read for.
   */
  boolean isUpToDate() {
    return isOpen() && !unpublished.counted().areOutdated();
  }

  /** Makes a producer when there is none. */
  void renew() {
    if (publisher != null) {
      return;
    }
    Publisher renewed = publishers.get();
    try {
      renewed.begin();
      publisher = renewed;
      policy.began(clock.now());
    } catch (RetriableException e) {
      // Without it nothing is read, but the group must go on hearing from us.
      renewed.close();
      trouble.failing(Incidents.Kind.PUBLISH_FAILING, "no transactions yet", e);
    } catch (KafkaException e) {
      renewed.close();
      if (!trouble.isRefusal(e, AclOperation.WRITE)) {
        throw e;
      }
    }
  }

  /** Publishes when that is due; before that, takes up what the group has agreed on. */
  void publishIfDue() {
    if (unpublished.counted().areOutdated()) {
      publish(List.of());
      countAgreed();
    }
    tasks.areAway(unpublished.counted().away());
    List<CountTask> due = policy.mostUrgentCheckpoint(tasks, clock.now());
    if (!due.isEmpty() || policy.isDue(unpublished, tasks.ingests(), clock.now())) {
      publish(due);
    }
  }

  /** What was read for the former views must be published, or is to be read again. */
  private void countAgreed() {
    if (unpublished.isEmpty() && tasks.ingests().stream().noneMatch(IngestTask::hasUnpublished)) {
      List<String> offsets =
          tasks.ingests().stream()
              .map(ingest -> "%s@%d".formatted(ingest.topicPartition(), ingest.nextOffset()))
              .toList();
      unpublished.counted().change(offsets);
    }
  }

  /**
   * Publishes and checkpoints all there is. There is no next turn, so an aborted publish is tried
   * again here.
   */
  void publishLast() {
    for (int i = 0; i < LAST_TRIES; i++) {
      if (isPublished(tasks.changed())) {
        return;
      }
    }
    log.warn(
        "{}: the last publish was not committed: the next start reads and restores it again",
        trouble.loop());
  }

  /** Publishes what was folded, and the checkpoints of these tasks with it. */
  void publish(Collection<CountTask> due) {
    boolean unused = isPublished(due);
  }

  private boolean isPublished(Collection<CountTask> due) {
    Publisher current = publisher;
    if (current == null) {
      return false;
    }
    policy.began(unpublished, tasks.ingests(), clock.now());
    try {
      for (Publisher.StoreFailure failure : current.publish(unpublished, tasks.ingests(), due)) {
        upkeep.failed(failure.task(), failure.cause());
      }
      trouble.ended(Incidents.Kind.PUBLISH_FAILING, "publishes are committed again");
      trouble.ended(Incidents.Kind.OFFSETS_LOST, "the state's offsets are committed");
      return true;
    } catch (CommitFailure e) {
      undo(e);
      return false;
    }
  }

  private void undo(CommitFailure failure) {
    policy.failed();
    boolean isRefused = trouble.isRefusal(failure, AclOperation.WRITE);
    switch (failure.undo()) {
      case REWIND -> {
        if (!isRefused) {
          report(failure);
        }
        rewind();
      }
      case START_OVER -> startOver(failure);
    }
  }

  private void report(CommitFailure failure) {
    if (failure.isOfRebalance()) {
      log.info("{}: the group is being rebalanced, a publish is repeated", trouble.loop());
    } else {
      trouble.failing(Incidents.Kind.PUBLISH_FAILING, "a publish was aborted", failure.getCause());
    }
  }

  /** Gives up what was folded since the last publish, and reads it again. */
  void rewind() {
    unpublished.giveUp();
    assignment.rewind();
  }

  private void startOver(CommitFailure failure) {
    trouble.failing(
        Incidents.Kind.PUBLISH_FAILING,
        "a publish had no certain result, starting anew from what is committed",
        failure.getCause());
    giveUp();
    assignment.reopenAll();
  }

  /** Gives up what was folded since the last publish, and the producer; the caller reads again. */
  void giveUp() {
    unpublished.giveUp();
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
