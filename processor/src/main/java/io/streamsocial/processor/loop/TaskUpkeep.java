package io.streamsocial.processor.loop;

import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.Followers;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskStatus;
import io.streamsocial.store.StoreException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the tasks of a loop need each turn beside their input: restore, follow, new views for
 * readers, and a cure for stores that fail. Owned by the loop.
 *
 * <p>A running task whose checkpoint finds the disk full is stalled: open to readers, its partition
 * paused, until there is room; then it is opened again. Any other store that fails is closed,
 * opened again and restored.
 */
final class TaskUpkeep implements Restorer.Listener, Followers.Listener {
  private static final Logger log = LoggerFactory.getLogger(TaskUpkeep.class);
  private static final Duration RESTORE_POLL = Duration.ofMillis(5);
  // Rows that all tasks together read from disk for their heads in one turn: some ten milliseconds,
  // ten times as much on a cold start.
  private static final int HEAD_ROWS_MAX = 20_000;

  private final LoopTasks tasks;
  private final Standbys standbys;
  private final Assignment assignment;
  private final StoreFailures failures;
  private final Restorer restorer;
  private final ShufflePruner pruner;
  private final BoundsMet boundsMet;
  private final TurnClock clock;
  private boolean buildsHeads;

  TaskUpkeep(
      LoopTasks tasks,
      Standbys standbys,
      Assignment assignment,
      StoreFailures failures,
      Restorer restorer,
      ShufflePruner pruner,
      BoundsMet boundsMet,
      TurnClock clock) {
    this.tasks = tasks;
    this.standbys = standbys;
    this.assignment = assignment;
    this.failures = failures;
    this.restorer = restorer;
    this.pruner = pruner;
    this.boundsMet = boundsMet;
    this.clock = clock;
  }

  /** See {@link LoopTasks#renewReaders}. */
  void renewReaders() {
    tasks.renewReaders();
  }

  /** See {@link LoopTasks#wakeUp}; any thread. */
  void wakeUp() {
    tasks.wakeUp();
  }

  /** Opens what is assigned and what is to be followed, unless a store has just failed. */
  void open() {
    if (!failures.mustWait(clock.now())) {
      standbys.openMissing();
      assignment.openPending();
    }
  }

  /** Restores one batch, and lets the followers follow; returns the records read. */
  int restore() {
    int followed = standbys.turn(this);
    return followed + restorer.turn(RESTORE_POLL, this, clock.now());
  }

  @Override
  public void restored(CountTask task) {
    failures.restored(task.partition());
    if (tasks.isAssigned(task.partition())) {
      assignment.restored(task);
    } else {
      standbys.follow(task);
    }
  }

  @Override
  public void leftBehind(CountTask task) {
    standbys.leftBehind(task);
  }

  @Override
  public void failed(CountTask task, StoreException e) {
    int partition = task.partition();
    if (e.kind() == StoreException.Kind.FULL && task.status().isActive()) {
      task.stall();
      assignment.pause(partition);
      tasks.failed(partition, e, clock.now());
      return;
    }
    tasks.close(partition);
    tasks.failed(partition, e, clock.now());
    if (tasks.isAssigned(partition)) {
      assignment.reopen(partition);
    }
  }

  /** Shows readers what is new, and heals what they found damaged; returns how much it did. */
  int tend() {
    failures.turn(clock.now());
    int work = 0;
    boolean changed = false;
    int headRows = HEAD_ROWS_MAX / Math.max(1, tasks.counts().size());
    for (CountTask task : List.copyOf(tasks.counts())) {
      if (!task.status().isReadable()) {
        continue;
      }
      StoreException damage = task.damage();
      try {
        if (damage != null) {
          throw damage;
        }
        if (task.status() == TaskStatus.STALLED && failures.hasRoom(clock.now())) {
          // RocksDB takes no write after it has met a full disk, whatever is free later.
          tasks.close(task.partition());
          assignment.reopen(task.partition());
          continue;
        }
        task.tidy(clock.now());
        work += task.tend(Math.max(1, headRows)) ? 1 : 0;
        changed |= task.publishView();
      } catch (StoreException e) {
        failed(task, e);
      }
    }
    if (changed) {
      tasks.viewsChanged();
    }
    standbys.closeLingering();
    standbys.endCopies();
    boundsMet.turn();
    buildsHeads = work > 0;
    return work;
  }

  /** Whether the next turn has heads to build, so that it should not wait for input. */
  boolean buildsHeads() {
    return buildsHeads;
  }

  /**
   * See {@link CountTask#flush}. A store that cannot, of a full disk or of files taken away, is
   * left to the next start, which restores what it lacks; the others are flushed.
   */
  void flush() {
    for (CountTask task : tasks.counts()) {
      try {
        task.flush();
      } catch (StoreException e) {
        log.warn(
            "the store of partition {} was not flushed as it ends, the next start restores what it lacks: {}",
            task.partition(),
            e.getMessage());
      }
    }
  }

  /** Closes every task as it is. */
  void close() {
    tasks.close();
  }

  /** Deletes what the checkpoints have made superfluous. */
  void prune() {
    pruner.turn(tasks.counts(), clock.now());
  }
}
