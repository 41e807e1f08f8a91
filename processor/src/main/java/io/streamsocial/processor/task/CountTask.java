package io.streamsocial.processor.task;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.store.Heads;
import io.streamsocial.store.Position;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.ViewStore;
import io.streamsocial.store.WindowStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Counts one shuffle partition: the stores of its views, and the live state over them. {@link
 * TaskStatus} says what it does, {@link ShuffleFold} how records are counted, {@link
 * CheckpointCycle} when the store gets them, {@link CheckpointReader} how the changelog comes back.
 *
 * <p>Owned by one loop, which calls everything but {@link #view()}, {@link #store()}, {@link
 * #reportDamage} and {@link #verified}: those are for any thread.
 */
public final class CountTask implements AutoCloseable {
  /**
   * What readers see: heads and the input that they include, of one moment.
   *
   * @param role as which it answers
   * @param allHeads one a view, in the engine's order
   * @param freshMs steady clock up to which all input is included; 0 when unknown
   * @param newestMs steady clock up to which input of any source is included; 0 when unknown
   */
  public record View(
      Role role, List<Heads> allHeads, InputProgress progress, long freshMs, long newestMs) {

    /** Of the first view: the hashtags. */
    public Heads heads() {
      return allHeads.get(0);
    }
  }

  // A checkpoint is one transaction and one batch of the store, and no turn ends before it: so many
  // rows, and those of one more record, however long none could be committed.
  private static final long CHANGES_MAX = 500_000;

  private final int partition;
  private final TaskStore stores;
  private final List<TaskView> views;
  private final ShuffleFold fold;
  private final CheckpointCycle checkpoints;
  private final TaskCounters counters;
  private TaskStatus status = TaskStatus.RESTORING;
  private long restoredRecords;
  private boolean changed;
  private volatile @Nullable View view;
  private volatile @Nullable StoreException damage;
  private volatile long verifiedAtMs;

  /**
   * @param kept the engine's views, one or more
   * @param stores just opened, one a view; the task closes them
   */
  CountTask(int partition, List<KeptView> kept, TaskStore stores, TaskCounters counters) {
    this.partition = partition;
    this.counters = counters;
    this.stores = stores;
    List<TaskView> opened = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      opened.add(new TaskView(partition, kept.get(i), stores.view(i), counters));
    }
    this.views = List.copyOf(opened);
    this.fold = new ShuffleFold(partition, views, counters);
    this.checkpoints = new CheckpointCycle(stores, views, fold);
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

  /** Views that it keeps, in the engine's order. */
  public int views() {
    return views.size();
  }

  /**
   * Topic of the changelog of a view.
   *
   * @param view its place among the views
   */
  public String changelog(int view) {
    return views.get(view).kept().changelog();
  }

  /** Next record of a view's changelog that its store has not seen. */
  public long changelogOffset(int view) {
    return views.get(view).store().position().changelogOffset();
  }

  /** See {@link CheckpointReader#isBetweenCheckpoints}. */
  boolean isBetweenCheckpoints(int view) {
    return views.get(view).reader().isBetweenCheckpoints();
  }

  /** See {@link CheckpointReader#isPending}. */
  boolean isCheckpointPending(int view) {
    return views.get(view).reader().isPending();
  }

  /**
   * Applies records of a view's changelog in their order.
   *
   * @param nextOffset behind the last of them, control records included
   */
  void restore(
      int view, List<ConsumerRecord<byte[], byte[]>> records, long nextOffset, Moment now) {
    TaskView restored = views.get(view);
    if (!status.isReadable()) {
      restored.reader().fill(records, nextOffset);
      restoredRecords += records.size();
      counters.restored(records.size());
    } else if (restored.reader().absorb(records, Math.max(fold.offset(), restored.foldsFrom()))) {
      fold.isAhead(restored, now);
      changed = true;
    }
  }

  /**
   * What every changelog has of the newest checkpoint that was read up to now will be read before
   * the task begins. Only for a task that is not readable yet.
   */
  void reached() {
    fold.reached();
  }

  /** What was read of an unfinished checkpoint is to be read again. */
  void forgetPending(int view) {
    views.get(view).reader().forgetPending();
  }

  private void forgetAllPending() {
    views.forEach(view -> view.reader().forgetPending());
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
      stores.views().forEach(ViewStore::restored);
      fold.beginAtStores(now);
    }
    forgetAllPending();
    show(next.role());
    become(next);
  }

  /** Writes what was restored so far to disk: a restore that is killed later goes on from here. */
  public void persistRestored() {
    stores.views().forEach(ViewStore::persistRestored);
  }

  /**
   * The changelog is read to its end, and nothing will be folded: everything is on disk when this
   * returns, without the windows that have expired, as a running task leaves it.
   */
  public void rest(Moment now) {
    stores.views().forEach(ViewStore::restored);
    fold.beginAtStores(now);
    stores.commit(views.stream().map(TaskView::position).toList());
    stores.flush();
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
    return stores.views().stream().anyMatch(ViewStore::isFull)
        || (status.isActive() && checkpoints.changes() >= CHANGES_MAX);
  }

  /** Folds one shuffle record into the live state. */
  public void fold(ConsumerRecord<ByteBuffer, ByteBuffer> shuffle, Moment now) {
    changed |= fold.fold(shuffle, status.isActive(), now);
  }

  /** A view counts nowhere now, see {@link InputProgress#isAway}. */
  public void isAway(String named) {
    fold.isAway(named);
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

  private static Heads heads(ViewStore store) {
    return store instanceof WindowStore windows ? windows.heads() : Heads.EMPTY;
  }

  private void show(@Nullable Role as) {
    stores.views().forEach(ViewStore::publish);
    if (as != null) {
      List<Heads> heads = stores.views().stream().map(CountTask::heads).toList();
      InputProgress progress = fold.progress();
      view = new View(as, heads, progress.copy(), fold.freshUntilMs(), fold.newestMs());
    }
    changed = false;
  }

  /** See {@link ViewStore#tend}. */
  public boolean tend(int rowsMax) {
    boolean worked = false;
    for (TaskView each : views) {
      // One view after the other: together they read no more than this.
      worked = worked || each.store().tend(rowsMax);
      long swept = each.store().takeSwept();
      if (swept > 0 && status == TaskStatus.RUNNING) { // a standby finds the same rows
        counters.sweptRows(each.kept().name(), swept);
      }
    }
    changed |= worked;
    return worked;
  }

  // ---------------------------------------------------------------- checkpoint

  /** See {@link CheckpointCycle#tidy}; of a task that runs or follows. */
  public void tidy(Moment now) {
    if (status != TaskStatus.STALLED) {
      checkpoints.tidy(now);
    }
  }

  public long changes() {
    return checkpoints.changes();
  }

  /** See {@link CheckpointCycle#isDue}. */
  public boolean isCheckpointDue(Moment now, long changesMax) {
    return status == TaskStatus.RUNNING && checkpoints.isDue(now, changesMax);
  }

  /** See {@link CheckpointCycle#send}. */
  public Position sendChanges(CheckpointSink sink) {
    return checkpoints.send(sink);
  }

  /** See {@link CheckpointCycle#committed}. */
  public void checkpointed(Position checkpoint, long[] changelogOffsets, Moment now, long nextMs) {
    checkpoints.committed(checkpoint, changelogOffsets, now, nextMs);
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
      stores.flush();
    }
  }

  /** Shuffle offset up to which the live state goes, or for a task not live yet, its store. */
  public long liveOffset() {
    return status.isReadable() ? fold.offset() : checkpointedOffset();
  }

  /**
   * Shuffle offset that a restart would read from: a view whose checkpoint is older has not changed
   * since, or takes no part.
   */
  public long checkpointedOffset() {
    long most = 0;
    for (TaskView each : views) {
      most = Math.max(most, each.store().position().inputOffset());
    }
    return most;
  }

  /** Why views of it cannot count, by their names. */
  public Map<String, String> incomplete() {
    return views.stream()
        .filter(TaskView::isIncomplete)
        .collect(Collectors.toMap(each -> each.kept().name(), TaskView::whyIncomplete));
  }

  // ---------------------------------------------------------------- any thread

  /** Null while the task restores. */
  public @Nullable View view() {
    return view;
  }

  /** Of the hashtags, where the engine counts them: its first view. */
  public WindowStore store() {
    return stores.windows(0);
  }

  /**
   * @param index of the view among the engine's
   */
  public ViewStore store(int index) {
    return stores.view(index);
  }

  /** The same, of a view whose rows are of windows. */
  WindowStore windows(int index) {
    return stores.windows(index);
  }

  /** The same of a view of sessions. */
  SessionStore sessions(int index) {
    return stores.sessions(index);
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

  /** What it keeps of each view. */
  public List<EngineStatus.Store> stores() {
    return views.stream().map(TaskView::figures).toList();
  }

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
    forgetAllPending();
    stores.close();
  }
}
