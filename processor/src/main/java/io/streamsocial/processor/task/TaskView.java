package io.streamsocial.processor.task;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.store.Position;
import io.streamsocial.store.ViewStore;

/**
 * One view of a count task: its store, how its rows come and go, and from which shuffle record on
 * it folds. Owned by the task.
 */
final class TaskView {
  private final KeptView kept;
  private final ViewStore store;
  private final CheckpointReader reader;
  private final CheckpointWriter writer;
  private Position position;
  private String incomplete = "";

  TaskView(int partition, KeptView kept, ViewStore store, TaskCounters counters) {
    this.kept = kept;
    this.store = store;
    this.reader = new CheckpointReader(partition, kept, store, counters);
    this.writer = new CheckpointWriter(kept.format());
    this.position = store.position();
  }

  KeptView kept() {
    return kept;
  }

  ViewStore store() {
    return store;
  }

  CheckpointReader reader() {
    return reader;
  }

  CheckpointWriter writer() {
    return writer;
  }

  /** First shuffle offset that its state did not include when it began to fold. */
  long foldsFrom() {
    return position.inputOffset();
  }

  /** Whether no checkpoint of it was ever made. */
  boolean isNew() {
    return position.inputOffset() == 0 && position.progress().length == 0;
  }

  /** Where its state stood when it began to fold. */
  Position position() {
    return position;
  }

  /** Its state is what its store holds. */
  void beginAtStore() {
    position = store.position();
  }

  /** Its state, as it is, stands for the input that another view's does. */
  void standsAt(Position other) {
    position =
        new Position(
            other.inputOffset(),
            store.position().changelogOffset(),
            other.streamTimeMs(),
            other.progress());
  }

  /**
   * Its state lacks rows that were counted, for good: it stays where it is.
   *
   * @param why and what to do
   */
  void isIncomplete(String why) {
    incomplete = why;
  }

  boolean isIncomplete() {
    return !incomplete.isEmpty();
  }

  /** See {@link #isIncomplete(String)}; empty when it is complete. */
  String whyIncomplete() {
    return incomplete;
  }

  /** What it keeps, for the loop's report. */
  EngineStatus.Store figures() {
    return new EngineStatus.Store(
        kept.name(),
        store.position().changelogOffset(),
        store.changes(),
        store.estimatedKeys(),
        store.sstBytes());
  }

  /** Drops what has expired. Its state may stand for more than was folded: it expires by that. */
  void expire(InputProgress progress) {
    long first = kept.firstKeptMs(Math.max(progress.streamTimeMs(), position.streamTimeMs()));
    if (first > 0 && !isIncomplete()) {
      store.expireBefore(first);
    }
  }
}
