package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.store.Heads;
import io.streamsocial.store.Position;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Counts one shuffle partition: its store, and the live state over it. {@link TaskStatus} says what
 * it does, {@link ShuffleFold} how records are counted, {@link CheckpointCycle} when the store gets
 * them, {@link CheckpointReader} how the changelog comes back.
 *
 * <p>Owned by one loop, which calls everything but {@link #view()}, {@link #store()}, {@link
 * #reportDamage} and {@link #verified}: those are for any thread.
 */
public final class CountTask implements AutoCloseable {
  /**
   * What readers see: heads and the input that they include, of one moment.
   *
   * @param role as which it answers
   * @param freshMs steady clock up to which all input is included; 0 when unknown
   * @param newestMs steady clock up to which input of any source is included; 0 when unknown
   */
  public record View(Role role, Heads heads, InputProgress progress, long freshMs, long newestMs) {}

  // A checkpoint is one transaction and one batch of the store, and no turn ends before it: so many
  // rows, and those of one more record, however long none could be committed.
  private static final long CHANGES_MAX = 500_000;

  private final int partition;
  private final WindowStore store;
  private final ShuffleFold fold;
  private final CheckpointReader reader;
  private final CheckpointCycle checkpoints;
  private final TaskCounters counters;
  private TaskStatus status = TaskStatus.RESTORING;
  private Position stored;
  private long restoredRecords;
  private boolean changed;
  private volatile @Nullable View view;
  private volatile @Nullable StoreException damage;
  private volatile long verifiedAtMs;

  /**
   * @param store just opened; the task closes it
   */
  CountTask(int partition, Windowing windowing, WindowStore store, TaskCounters counters) {
    this.partition = partition;
    this.counters = counters;
    this.store = store;
    this.fold = new ShuffleFold(partition, windowing, store, counters);
    this.reader = new CheckpointReader(partition, windowing.sizeMs(), store, fold, counters);
    this.checkpoints = new CheckpointCycle(store, fold, windowing.sizeMs());
    this.stored = store.position();
  }

  public int partition() {
    return partition;
  }

  public TaskStatus status() {
    return status;
  }

  /** The one door for a change of the status. */
  private void become(TaskStatus next) {
    if (!status.mayBecome(next)) {
      throw new IllegalStateException(
          "task %d is %s and cannot become %s".formatted(partition, status, next));
    }
    status = next;
  }

  // ---------------------------------------------------------------- restore and follow

  /** Next changelog record that the store has not seen. */
  public long changelogOffset() {
    return stored.changelogOffset();
  }

  /** See {@link CheckpointReader#isBetweenCheckpoints}. */
  boolean isBetweenCheckpoints() {
    return reader.isBetweenCheckpoints();
  }

  /** See {@link CheckpointReader#isPending}. */
  boolean isCheckpointPending() {
    return reader.isPending();
  }

  /**
   * Applies changelog records in their order.
   *
   * @param nextOffset behind the last of them, control records included
   */
  void restore(List<ConsumerRecord<byte[], byte[]>> records, long nextOffset, Moment now) {
    if (!status.isReadable()) {
      reader.fill(records, nextOffset);
      restoredRecords += records.size();
      counters.restored(records.size());
    } else if (reader.absorb(records)) {
      fold.beginAtStore(now);
      changed = true;
    }
    stored = store.position();
  }

  /** What was read of an unfinished checkpoint is to be read again. */
  void forgetPending() {
    reader.forgetPending();
  }

  /**
   * The changelog is read to its end: counts for the group from here on.
   *
   * @param firstCheckpointMs when the first checkpoint is due, by the steady clock
   * @return where to read the shuffle
   */
  public long run(long firstCheckpointMs, Moment now) {
    checkpoints.begin(firstCheckpointMs);
    begin(TaskStatus.RUNNING, now);
    return fold.offset();
  }

  /** Goes on folding, for readers alone: another instance counts for the group, or will. */
  public void follow(Moment now) {
    begin(TaskStatus.FOLLOWING, now);
  }

  private void begin(TaskStatus next, Moment now) {
    if (!status.isReadable()) {
      store.restored();
      fold.beginAtStore(now);
    }
    reader.forgetPending();
    show(next.role());
    become(next);
  }

  /** Writes what was restored so far to disk: a restore that is killed later goes on from here. */
  public void persistRestored() {
    store.persistRestored();
  }

  /**
   * The changelog is read to its end, and nothing will be folded: everything is on disk when this
   * returns, without the windows that have expired, as a running task leaves it.
   */
  public void rest(Moment now) {
    store.restored();
    fold.beginAtStore(now);
    store.commit(store.position());
    store.flush();
    stored = store.position();
  }

  /** Changelog records read before it was live. */
  public long restoredRecords() {
    return restoredRecords;
  }

  // ---------------------------------------------------------------- fold

  /**
   * Whether it must not fold before its next checkpoint, or the active's: memory is short, or the
   * checkpoint would become too large.
   */
  public boolean isFull() {
    return store.isFull() || (status.isActive() && store.changes() >= CHANGES_MAX);
  }

  /** Folds one shuffle record into the live state. */
  public void fold(ConsumerRecord<ByteBuffer, ByteBuffer> shuffle, Moment now) {
    changed |= fold.fold(shuffle, status.isActive(), now);
  }

  /** After each turn: control records move the position too. */
  public void polled(long position) {
    fold.polled(position);
  }

  /** Shows readers what was folded since the last turn; returns whether there was anything. */
  public boolean publishView() {
    if (!changed) {
      return false;
    }
    show(status.role());
    return true;
  }

  private void show(@Nullable Role as) {
    store.publishHeads();
    if (as != null) {
      InputProgress progress = fold.progress();
      view = new View(as, store.heads(), progress.copy(), fold.freshUntilMs(), fold.newestMs());
    }
    changed = false;
  }

  /** See {@link WindowStore#buildHeads}. */
  public boolean buildHeads(int rowsMax) {
    boolean built = store.buildHeads(rowsMax);
    changed |= built;
    return built;
  }

  // ---------------------------------------------------------------- checkpoint

  public long changes() {
    return store.changes();
  }

  /** See {@link CheckpointCycle#isDue}. */
  public boolean isCheckpointDue(Moment now, long changesMax) {
    return status == TaskStatus.RUNNING && checkpoints.isDue(now, changesMax);
  }

  /** See {@link CheckpointCycle#send}. */
  public Changelog.Checkpoint sendChanges(CheckpointSink sink) {
    return checkpoints.send(sink);
  }

  /** See {@link CheckpointCycle#committed}. */
  public void checkpointed(
      Changelog.Checkpoint checkpoint, long nextChangelogOffset, Moment now, long nextMs) {
    checkpoints.committed(checkpoint, nextChangelogOffset, now, nextMs);
    stored = store.position();
  }

  /** Its store takes no more writes, see {@link TaskStatus#STALLED}. */
  public void stall() {
    become(TaskStatus.STALLED);
  }

  /**
   * Everything checkpointed is on disk when this returns: the next start restores nothing. Not so
   * for a stalled task.
   */
  public void flush() {
    if (status != TaskStatus.STALLED) {
      store.flush();
    }
  }

  /** Shuffle offset up to which the live state goes, or for a task not live yet, its store. */
  public long liveOffset() {
    return status.isReadable() ? fold.offset() : stored.inputOffset();
  }

  /** Shuffle offset that a restart would read from. */
  public long checkpointedOffset() {
    return stored.inputOffset();
  }

  // ---------------------------------------------------------------- any thread

  /** Null while the task restores. */
  public @Nullable View view() {
    return view;
  }

  public WindowStore store() {
    return store;
  }

  /** A reader found the store damaged; the loop rebuilds it in its next turn. */
  public void reportDamage(StoreException e) {
    damage = e;
  }

  public @Nullable StoreException damage() {
    return damage;
  }

  /** All files of the store were read and are sound; any thread. */
  void verified(Moment now) {
    verifiedAtMs = now.wallMs();
  }

  // ---------------------------------------------------------------- for the loop's report

  /** Wall clock when the files were last found sound; 0 for never since the task was opened. */
  public long verifiedAtMs() {
    return verifiedAtMs;
  }

  /** Wall clock of the last checkpoint; 0 for none since the task was opened. */
  public long checkpointedAtMs() {
    return checkpoints.committedAtMs();
  }

  /** See {@link View}; 0 while it has none. */
  public long newestMs() {
    View shown = view;
    return shown == null ? 0 : shown.newestMs();
  }

  public long streamTimeMs() {
    return fold.progress().streamTimeMs();
  }

  /** Closes the store without checkpoint or flush; readers that still hold it learn so. */
  @Override
  public void close() {
    become(TaskStatus.CLOSED);
    view = null;
    reader.forgetPending();
    store.close();
  }
}
