package io.streamsocial.processor.loop;

import io.streamsocial.processor.Role;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.store.Heads;
import io.streamsocial.store.Position;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts one shuffle partition: its store, its stream time, its progress.
 *
 * <pre>
 *   opened --changelog read to its end--> running   folds the shuffle, checkpoints
 *      |                                   |    ^
 *      |                            revoked|    |assigned: changelog read to its end
 *      |                                   v    |
 *      +-----------------------------> following    folds the shuffle, absorbs the checkpoints
 *                                                   that the running task elsewhere makes
 * </pre>
 *
 * Running and following hold the same live state, since it is a fold of the same log; readers may
 * ask either. Neither closes the store to become the other.
 *
 * <p>Owned by one loop, which calls everything but {@link #view()}, {@link #store()} and {@link
 * #reportDamage}: those are for any thread.
 */
public final class CountTask implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CountTask.class);
  private static final int HEAD_SIZE = 1000;

  private static final long IDLE_RECORDS_MAX = 1_000;

  private static final byte[] ALL_REGIONS =
      WindowStore.ALL_REGIONS.getBytes(StandardCharsets.UTF_8);

  /**
   * What readers see: heads and the input that they include, of one moment.
   *
   * @param role as which it answers
   * @param freshMs wall clock up to which all input is included; 0 when unknown
   */
  record View(Role role, Heads heads, InputProgress progress, long freshMs) {}

  private final int partition;
  private final Windowing windowing;
  private final WindowStore store;
  private final CheckpointReader reader;
  private final ShuffleRecord.Reader shuffled = new ShuffleRecord.Reader();
  private InputProgress progress;
  private long shuffleOffset;
  private Position checkpointed;
  private boolean stalled;
  private final LoopCounters counters;
  private long restoredRecords;
  private long nextCheckpointMs = Long.MAX_VALUE;
  private long checkpointedAtMs;
  private final CheckpointWriter writer = new CheckpointWriter();
  private @Nullable Role role;
  private boolean changed;
  private volatile @Nullable View view;
  private volatile @Nullable StoreException damage;
  private volatile long verifiedAtMs;

  private CountTask(int partition, Windowing windowing, WindowStore store, LoopCounters counters) {
    this.partition = partition;
    this.counters = counters;
    this.windowing = windowing;
    this.store = store;
    this.reader = new CheckpointReader(partition, windowing, store, counters);
    this.checkpointed = store.position();
    this.progress = InputProgress.decode(checkpointed.progress());
    this.shuffleOffset = checkpointed.inputOffset();
  }

  /**
   * Opens the task's store. Files that RocksDB refuses are set aside and an empty store is opened,
   * which the changelog fills again.
   *
   * @throws StoreException LOCKED or FULL: try again; OTHER_FORMAT, or CORRUPTED twice: give up
   */
  public static CountTask open(
      int partition,
      Windowing windowing,
      StateDirectory directory,
      StoreMemory memory,
      LoopCounters counters,
      long nowMs) {
    try {
      return open(partition, windowing, directory, memory, counters);
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.CORRUPTED) {
        throw e;
      }
      counters.storesSetAside++;
      log.warn(
          "the store of partition {} is damaged and set aside as {}; rebuilding it from the changelog. {}",
          partition,
          directory.setAside(partition, nowMs),
          e.getMessage());
      return open(partition, windowing, directory, memory, counters);
    }
  }

  private static CountTask open(
      int partition,
      Windowing windowing,
      StateDirectory directory,
      StoreMemory memory,
      LoopCounters counters) {
    return new CountTask(
        partition,
        windowing,
        WindowStore.open(
            directory.task(partition), TopicNames.STORE, windowing.sizeMs(), HEAD_SIZE, memory),
        counters);
  }

  int partition() {
    return partition;
  }

  // ---------------------------------------------------------------- restore and follow

  /** Next changelog record that the store has not seen. */
  public long changelogOffset() {
    return checkpointed.changelogOffset();
  }

  /** See {@link CheckpointReader#isBetweenCheckpoints}. */
  boolean isBetweenCheckpoints() {
    return reader.isBetweenCheckpoints();
  }

  /**
   * Applies changelog records in their order.
   *
   * @param nextOffset behind the last of them, control records included
   */
  void restore(List<ConsumerRecord<byte[], byte[]>> records, long nextOffset) {
    if (!isReadable()) {
      reader.fill(records, nextOffset);
      restoredRecords += records.size();
      counters.restoredRecords += records.size();
    } else if (reader.absorb(records, shuffleOffset)) {
      beginAtStore();
      changed = true;
    }
    checkpointed = store.position();
  }

  /** What was read of an unfinished checkpoint is to be read again. */
  void forgetPending() {
    reader.forgetPending();
  }

  /**
   * The changelog is read to its end: counts for the group from here on.
   *
   * @param firstCheckpointMs when the first checkpoint is due
   * @return where to read the shuffle
   */
  public long run(long firstCheckpointMs) {
    nextCheckpointMs = firstCheckpointMs;
    begin(Role.ACTIVE);
    return shuffleOffset;
  }

  /**
   * Goes on folding, for readers alone: another instance counts for the group, or will.
   *
   * @return where to read the shuffle
   */
  long follow() {
    begin(Role.STANDBY);
    return shuffleOffset;
  }

  private void begin(Role as) {
    if (!isReadable()) {
      store.restored();
      beginAtStore();
    }
    reader.forgetPending();
    role = as;
    changed = true;
    boolean unused = publishView();
  }

  private void beginAtStore() {
    Position position = store.position();
    progress = InputProgress.decode(position.progress());
    shuffleOffset = position.inputOffset();
    expire();
  }

  /** Writes what was restored so far to disk: a restore that is killed later goes on from here. */
  public void persistRestored() {
    store.persistRestored();
  }

  /**
   * The changelog is read to its end, and nothing will be folded: everything is on disk when this
   * returns, without the windows that have expired, as a running task leaves it.
   */
  public void rest() {
    store.restored();
    beginAtStore();
    store.commit(store.position());
    store.flush();
    checkpointed = store.position();
  }

  /** Whether it counts for the group. */
  boolean isRunning() {
    return role == Role.ACTIVE && view != null;
  }

  /** Whether readers may ask it: it runs or follows. */
  boolean isReadable() {
    return view != null;
  }

  /** Null before it runs or follows. */
  @Nullable Role role() {
    return role;
  }

  /** Changelog records read before it was live. */
  public long restoredRecords() {
    return restoredRecords;
  }

  // ---------------------------------------------------------------- fold

  /** Folds one shuffle record into the live state. */
  public void fold(ConsumerRecord<ByteBuffer, ByteBuffer> shuffle) {
    shuffleOffset = shuffle.offset() + 1;
    if (!shuffled.begin(shuffle.value())) {
      if (counters.foreign()) {
        log.warn(
            "skipped a foreign shuffle record at {}-{}@{}; the next ones are counted, and told at each doubling",
            shuffle.topic(),
            partition,
            shuffle.offset());
      }
      return;
    }
    boolean complete;
    try {
      while (shuffled.nextGroup()) {
        // Group by group: readers need not wait for a whole record.
        try (WindowStore.Fold fold = store.fold()) {
          foldGroup(fold);
        }
      }
      complete = shuffled.note(progress);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalStateException(
          "the shuffle record %s-%d@%d is damaged: only this application may write to that topic; run reset to begin from nothing"
              .formatted(shuffle.topic(), partition, shuffle.offset()),
          e);
    }
    if (complete && progress.advance()) {
      expire();
    }
    changed = true;
  }

  private void foldGroup(WindowStore.Fold fold) {
    long start = shuffled.windowStartMs();
    if (windowing.isLate(start, progress.streamTimeMs())) {
      long late = 0;
      while (shuffled.nextEntry()) {
        late += shuffled.count();
      }
      counters.late += isRunning() ? late : 0;
      return;
    }
    WindowStore.Region region = store.window(start, shuffled.region());
    WindowStore.Region all = store.window(start, ALL_REGIONS);
    long counted = 0;
    while (shuffled.nextEntry()) {
      long count = shuffled.count();
      fold.add(region, shuffled.array(), shuffled.tagOffset(), shuffled.tagLength(), count);
      fold.add(all, shuffled.array(), shuffled.tagOffset(), shuffled.tagLength(), count);
      counted += count;
    }
    // A mention is counted once in the whole group: by the active.
    counters.counted += isRunning() ? counted : 0;
  }

  private void expire() {
    long first = windowing.firstReadableStart(progress.streamTimeMs());
    if (first > 0) {
      store.expireBefore(first);
    }
  }

  /** After each turn: control records move the position too. */
  void polled(long position) {
    shuffleOffset = position;
  }

  /** Shows readers what was folded since the last turn; returns whether there was anything. */
  public boolean publishView() {
    if (!changed) {
      return false;
    }
    store.publishHeads();
    Role as = role;
    if (as != null) {
      view = new View(as, store.heads(), progress.copy(), progress.freshMs());
    }
    changed = false;
    return true;
  }

  /** Rebuilds one window's heads after a restart; returns whether there was one to rebuild. */
  boolean rebuildNextHead() {
    boolean rebuilt = store.rebuildNextHead();
    changed |= rebuilt;
    return rebuilt;
  }

  // ---------------------------------------------------------------- checkpoint

  public long changes() {
    return store.changes();
  }

  /**
   * Heartbeats alone change no row. Now and then they are checkpointed all the same, or an idle
   * shuffle could never be pruned; a row of the last checkpoint is sent again then, to carry the
   * position.
   */
  private boolean isFarAhead() {
    return writer.hasMarker() && shuffleOffset - checkpointed.inputOffset() >= IDLE_RECORDS_MAX;
  }

  /**
   * Whether the task has something to checkpoint, and either time or size says so.
   *
   * @param changesMax rows that may wait for the next checkpoint
   */
  boolean isCheckpointDue(long nowMs, long changesMax) {
    if (!isRunning() || stalled) {
      return false;
    }
    long changes = store.changes();
    return changes >= changesMax || (nowMs >= nextCheckpointMs && (changes > 0 || isFarAhead()));
  }

  /**
   * Hands over all changed rows as changelog records.
   *
   * @return what they stand for, to be passed to {@link #checkpointed} once they are committed
   */
  public Changelog.Checkpoint sendChanges(CheckpointWriter.Sink sink) {
    Changelog.Checkpoint checkpoint =
        new Changelog.Checkpoint(
            windowing.sizeMs(), shuffleOffset, progress.streamTimeMs(), progress.encode());
    writer.send(store, checkpoint, sink);
    return checkpoint;
  }

  /**
   * The changes are in the changelog: only now may the store have them.
   *
   * @param nextChangelogOffset behind the checkpoint's last record
   * @param nextMs when the next one is due
   */
  public void checkpointed(
      Changelog.Checkpoint checkpoint, long nextChangelogOffset, long nowMs, long nextMs) {
    nextCheckpointMs = nextMs;
    store.commit(checkpoint.at(nextChangelogOffset));
    checkpointed = store.position();
    checkpointedAtMs = nowMs;
  }

  /**
   * Its store takes no more writes: readers go on with what was counted, nothing more is counted or
   * checkpointed, until it is opened again.
   */
  void stall() {
    stalled = true;
  }

  boolean isStalled() {
    return stalled;
  }

  /**
   * Everything checkpointed is on disk when this returns: the next start restores nothing. Not so
   * for a stalled task.
   */
  public void flush() {
    if (!stalled) {
      store.flush();
    }
  }

  /** Shuffle offset up to which the live state goes, or for a task not live yet, its store. */
  long liveOffset() {
    return isReadable() ? shuffleOffset : checkpointed.inputOffset();
  }

  /** Shuffle offset that a restart would read from. */
  long checkpointedOffset() {
    return checkpointed.inputOffset();
  }

  /** For a state that the group says should reach further: rows are missing, nobody knows which. */
  StoreException shortOf(long committedShuffleOffset) {
    return new StoreException(
        StoreException.Kind.CORRUPTED,
        "the restored state stands for shuffle offset %d, but the group has committed %d: the changelog or the store has lost records"
            .formatted(checkpointed.inputOffset(), committedShuffleOffset));
  }

  // ---------------------------------------------------------------- any thread

  /** Null while the task restores. */
  @Nullable View view() {
    return view;
  }

  WindowStore store() {
    return store;
  }

  /** A reader found the store damaged; the loop rebuilds it in its next turn. */
  void reportDamage(StoreException e) {
    damage = e;
  }

  @Nullable StoreException damage() {
    return damage;
  }

  /** All files of the store were read and are sound; any thread. */
  void verified(long nowMs) {
    verifiedAtMs = nowMs;
  }

  // ---------------------------------------------------------------- status, for the loop

  /** Wall clock when the files were last found sound; 0 for never since the task was opened. */
  long verifiedAtMs() {
    return verifiedAtMs;
  }

  /** Wall clock of the last checkpoint; 0 for none since the task was opened. */
  long checkpointedAtMs() {
    return checkpointedAtMs;
  }

  long shuffleOffset() {
    return shuffleOffset;
  }

  long streamTimeMs() {
    return progress.streamTimeMs();
  }

  /** Closes the store without checkpoint or flush; readers that still hold it learn so. */
  @Override
  public void close() {
    view = null;
    store.close();
  }
}
