package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.store.Position;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.ViewStore;
import java.util.ArrayList;
import java.util.List;

/**
 * The checkpoints of one running task.
 *
 * <pre>
 *   due --> rows sent to the changelog --> committed with a publish --> written to the store
 * </pre>
 *
 * A publish that fails leaves the cycle where it is: the rows stay changed, and the next checkpoint
 * sends them. The order of these steps is the publisher's. Owned by one task.
 */
final class CheckpointCycle {
  private static final long IDLE_RECORDS_MAX = 1_000;
  // What is not in files is read again from the changelogs after a kill, some 100,000 rows a
  // second by a JVM that has just started; a row is some 45 bytes. A file costs about 5 ms.
  private static final long FLUSH_BYTES_MIN = 1 << 20;
  // Less than between two checkpoints of a task that is not behind: each of them has its file.
  private static final long TIDY_MS = 8_000;
  private static final long NEVER = Long.MAX_VALUE;

  private final TaskStore stores;
  private final List<TaskView> views;
  private final ShuffleFold fold;
  private long nextMs = NEVER; // by the steady clock
  private long committedAtMs; // by the wall clock
  private long tidyMs = NEVER; // by the steady clock

  CheckpointCycle(TaskStore stores, List<TaskView> views, ShuffleFold fold) {
    this.stores = stores;
    this.views = views;
    this.fold = fold;
  }

  /**
   * The task begins to run.
   *
   * @param firstMs when the first one is due, by the steady clock
   */
  void begin(long firstMs) {
    nextMs = firstMs;
  }

  /**
   * Whether there is something to checkpoint, and time, size or memory says so.
   *
   * @param changesMax rows that may wait for the next checkpoint
   */
  boolean isDue(Moment now, long changesMax) {
    long changes = changes();
    return changes >= changesMax
        || (changes > 0 && stores.views().stream().anyMatch(ViewStore::isCheckpointUrgent))
        || (now.steadyMs() >= nextMs && (changes > 0 || isFarAhead()));
  }

  /** Rows that wait for a checkpoint. */
  long changes() {
    long changes = 0;
    for (TaskView view : views) {
      changes += view.store().changes();
    }
    return changes;
  }

  /**
   * Heartbeats alone change no row. Now and then they are checkpointed all the same, or an idle
   * shuffle could never be pruned; a row of the last checkpoint is sent again then, to carry the
   * position.
   */
  private boolean isFarAhead() {
    long checkpointed = 0;
    for (TaskView view : views) {
      checkpointed = Math.max(checkpointed, view.store().position().inputOffset());
    }
    return views.stream().anyMatch(view -> view.writer().hasMarker())
        && fold.offset() - checkpointed >= IDLE_RECORDS_MAX;
  }

  /** What a checkpoint stands for: the live states as they are now. */
  private Position now() {
    return new Position(fold.offset(), 0, fold.progress().streamTimeMs(), fold.progress().encode());
  }

  /**
   * Hands over all changed rows as changelog records.
   *
   * @return what they stand for, to be passed to {@link #committed} once they are; its changelog
   *     offset means nothing
   */
  Position send(CheckpointSink sink) {
    Position next = now();
    boolean isEmpty = changes() == 0;
    for (TaskView view : views) {
      // One row is enough to carry the position: the others ran, and did not change.
      boolean unchanged = view.store().changes() == 0;
      if (!unchanged || (isEmpty && view.writer().hasMarker())) {
        view.writer().send(view, next, sink);
        isEmpty = false;
      }
    }
    return next;
  }

  /**
   * The rows are in the changelogs: only now may the stores have them.
   *
   * @param changelogOffsets by view: behind its last record
   * @param next when the next one is due, by the steady clock
   */
  void committed(Position checkpoint, long[] changelogOffsets, Moment now, long next) {
    nextMs = next;
    List<Position> positions = new ArrayList<>();
    for (int i = 0; i < changelogOffsets.length; i++) {
      TaskView view = views.get(i);
      positions.add(
          view.isIncomplete()
              ? view.store().position()
              : checkpoint.withChangelogOffset(changelogOffsets[i]));
    }
    stores.commit(positions);
    committedAtMs = now.wallMs();
  }

  /**
   * Has what the checkpoints have written put into files, so that a restart after a kill has little
   * to read again; the store itself does so only once it has much. Call it every turn: a checkpoint
   * goes into a file at once, unless the last file is younger than {@value #TIDY_MS} ms.
   */
  void tidy(Moment now) {
    boolean isFirst = tidyMs == NEVER;
    if (isFirst || (now.steadyMs() >= tidyMs && stores.tidy(FLUSH_BYTES_MIN))) {
      tidyMs = now.steadyMs() + TIDY_MS;
    }
  }

  /** Wall clock of the last one; 0 for none since the task was opened. */
  long committedAtMs() {
    return committedAtMs;
  }
}
