package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.store.WindowStore;

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

  private final WindowStore store;
  private final ShuffleFold fold;
  private final long windowSizeMs;
  private final CheckpointWriter writer = new CheckpointWriter();
  private long nextMs = Long.MAX_VALUE; // by the steady clock
  private long committedAtMs; // by the wall clock

  CheckpointCycle(WindowStore store, ShuffleFold fold, long windowSizeMs) {
    this.store = store;
    this.fold = fold;
    this.windowSizeMs = windowSizeMs;
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
    long changes = store.changes();
    return changes >= changesMax
        || (changes > 0 && store.isCheckpointUrgent())
        || (now.steadyMs() >= nextMs && (changes > 0 || isFarAhead()));
  }

  /**
   * Heartbeats alone change no row. Now and then they are checkpointed all the same, or an idle
   * shuffle could never be pruned; a row of the last checkpoint is sent again then, to carry the
   * position.
   */
  private boolean isFarAhead() {
    return writer.hasMarker() && fold.offset() - store.position().inputOffset() >= IDLE_RECORDS_MAX;
  }

  /**
   * Hands over all changed rows as changelog records.
   *
   * @return what they stand for, to be passed to {@link #committed} once they are
   */
  Changelog.Checkpoint send(CheckpointSink sink) {
    Changelog.Checkpoint checkpoint =
        new Changelog.Checkpoint(
            windowSizeMs, fold.offset(), fold.progress().streamTimeMs(), fold.progress().encode());
    writer.send(store, checkpoint, sink);
    return checkpoint;
  }

  /**
   * The rows are in the changelog: only now may the store have them.
   *
   * @param nextChangelogOffset behind the checkpoint's last record
   * @param next when the next one is due, by the steady clock
   */
  void committed(Changelog.Checkpoint checkpoint, long nextChangelogOffset, Moment now, long next) {
    nextMs = next;
    store.commit(checkpoint.at(nextChangelogOffset));
    committedAtMs = now.wallMs();
  }

  /** Wall clock of the last one; 0 for none since the task was opened. */
  long committedAtMs() {
    return committedAtMs;
  }
}
