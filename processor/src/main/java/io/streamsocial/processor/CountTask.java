package io.streamsocial.processor;

import io.streamsocial.store.Absorb;
import io.streamsocial.store.Heads;
import io.streamsocial.store.Position;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
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
final class CountTask implements AutoCloseable {
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
  record View(Role role, Heads heads, Progress progress, long freshMs) {}

  private final int partition;
  private final Windowing windowing;
  private final WindowStore store;
  private final ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
  private Progress progress;
  private long shuffleOffset;
  private Position checkpointed;
  private final LoopCounters counters;
  private long restoredRecords;
  private long nextCheckpointMs = Long.MAX_VALUE;
  private long checkpointedAtMs;
  // The last row of the last checkpoint.
  private byte @Nullable [] markerKey;
  private byte[] markerValue = new byte[0];
  // Following: records of the checkpoint that is being read.
  private final List<ConsumerRecord<byte[], byte[]>> pending = new ArrayList<>();
  // Restoring: the last record read was not the last of its checkpoint.
  private boolean inCheckpoint;
  private @Nullable Role role;
  private boolean changed;
  private volatile @Nullable View view;
  private volatile @Nullable StoreException damage;

  private CountTask(int partition, Windowing windowing, WindowStore store, LoopCounters counters) {
    this.partition = partition;
    this.counters = counters;
    this.windowing = windowing;
    this.store = store;
    this.checkpointed = store.position();
    this.progress = Progress.decode(checkpointed.progress());
    this.shuffleOffset = checkpointed.inputOffset();
  }

  /**
   * Opens the task's store. Files that RocksDB refuses are set aside and an empty store is opened,
   * which the changelog fills again.
   *
   * @throws StoreException LOCKED or FULL: try again; OTHER_FORMAT, or CORRUPTED twice: give up
   */
  static CountTask open(
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
  long changelogOffset() {
    return checkpointed.changelogOffset();
  }

  /**
   * Whether the changelog was read up to the end of a checkpoint, or none has begun: in the middle
   * of one, the store may hold rows that are ahead of its position.
   */
  boolean isBetweenCheckpoints() {
    return pending.isEmpty() && !inCheckpoint;
  }

  /**
   * Applies changelog records in their order.
   *
   * @param nextOffset behind the last of them, control records included
   */
  void restore(List<ConsumerRecord<byte[], byte[]>> records, long nextOffset) {
    if (isReadable()) {
      absorb(records);
    } else {
      fill(records, nextOffset);
    }
    restoredRecords += records.size();
    counters.restoredRecords += records.size();
  }

  /** Nothing is folded yet: rows go straight to the store. */
  private void fill(List<ConsumerRecord<byte[], byte[]>> records, long nextOffset) {
    Position next = checkpointed;
    try (WindowStore.Restore batch = store.restore()) {
      for (ConsumerRecord<byte[], byte[]> changelog : records) {
        restore(batch, changelog);
        Header header = changelog.headers().lastHeader(Changelog.CHECKPOINT_HEADER);
        inCheckpoint = header == null;
        if (header != null) {
          next = checkpoint(header).at(0);
        }
      }
      batch.commit(
          new Position(next.inputOffset(), nextOffset, next.streamTimeMs(), next.progress()));
    }
    checkpointed = store.position();
  }

  /**
   * Live state lies over the store: a checkpoint's rows wait until all of them are here, since its
   * last one tells what they stand for.
   */
  private void absorb(List<ConsumerRecord<byte[], byte[]>> records) {
    for (ConsumerRecord<byte[], byte[]> changelog : records) {
      byte[] value = changelog.value();
      if (Changelog.colon(changelog.key()) < 0 || value == null || value.length != Long.BYTES) {
        foreign(changelog);
        continue;
      }
      pending.add(changelog);
      Header header = changelog.headers().lastHeader(Changelog.CHECKPOINT_HEADER);
      if (header != null) {
        absorb(checkpoint(header), changelog.offset() + 1);
        pending.clear();
      }
    }
  }

  private void absorb(Changelog.Checkpoint checkpoint, long nextOffset) {
    boolean isAhead = checkpoint.shuffleOffset() > shuffleOffset;
    try (Absorb absorb = store.absorb(isAhead)) {
      absorb.expireBefore(windowing.firstReadableStart(checkpoint.streamTimeMs()));
      for (ConsumerRecord<byte[], byte[]> row : pending) {
        byte[] key = row.key();
        absorb.row(
            Changelog.windowStartMs(key),
            key,
            Changelog.colon(key),
            Changelog.tagEnd(key),
            Changelog.count(row.value()));
      }
      absorb.commit(checkpoint.at(nextOffset));
    }
    checkpointed = store.position();
    ConsumerRecord<byte[], byte[]> last = pending.get(pending.size() - 1);
    markerKey = last.key();
    markerValue = last.value();
    if (isAhead) {
      progress = Progress.decode(checkpointed.progress());
      shuffleOffset = checkpointed.inputOffset();
      expire();
      changed = true;
    }
  }

  /** What was read of an unfinished checkpoint is to be read again. */
  void forgetPending() {
    pending.clear();
  }

  private void restore(WindowStore.Restore batch, ConsumerRecord<byte[], byte[]> changelog) {
    byte[] key = changelog.key();
    byte[] value = changelog.value();
    int colon = Changelog.colon(key);
    if (colon < 0 || (value != null && value.length != Long.BYTES)) {
      foreign(changelog);
      return;
    }
    batch.row(Changelog.windowStartMs(key), key, colon, Changelog.tagEnd(key));
    if (value == null) {
      batch.delete();
    } else {
      batch.put(Changelog.count(value));
    }
  }

  private void foreign(ConsumerRecord<byte[], byte[]> changelog) {
    counters.foreign++;
    log.warn(
        "skipped a foreign changelog record at {}-{}@{}: key {}",
        changelog.topic(),
        partition,
        changelog.offset(),
        Changelog.describe(changelog.key()));
  }

  private Changelog.Checkpoint checkpoint(Header header) {
    Changelog.Checkpoint checkpoint = Changelog.Checkpoint.decode(header.value());
    if (checkpoint.windowSizeMs() != windowing.sizeMs()) {
      throw new ConfigException(
          "the changelog of %s was written with window %d ms, configured %d ms; set the old value, or choose another app id to start anew"
              .formatted(TopicNames.STORE, checkpoint.windowSizeMs(), windowing.sizeMs()));
    }
    return checkpoint;
  }

  /**
   * The changelog is read to its end: counts for the group from here on.
   *
   * @param firstCheckpointMs when the first checkpoint is due
   * @return where to read the shuffle
   */
  long run(long firstCheckpointMs) {
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
      progress = Progress.decode(checkpointed.progress());
      shuffleOffset = checkpointed.inputOffset();
      expire();
    }
    pending.clear();
    role = as;
    changed = true;
    boolean unused = publishView();
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

  long restoredRecords() {
    return restoredRecords;
  }

  // ---------------------------------------------------------------- fold

  /** Folds one shuffle record into the live state. */
  void fold(ConsumerRecord<ByteBuffer, ByteBuffer> shuffle) {
    shuffleOffset = shuffle.offset() + 1;
    if (!reader.begin(shuffle.value())) {
      counters.foreign++;
      log.warn(
          "skipped a foreign shuffle record at {}-{}@{}",
          shuffle.topic(),
          partition,
          shuffle.offset());
      return;
    }
    boolean complete;
    try {
      while (reader.nextGroup()) {
        // Group by group: readers need not wait for a whole record.
        try (WindowStore.Fold fold = store.fold()) {
          foldGroup(fold);
        }
      }
      complete = reader.note(progress);
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
    long start = reader.windowStartMs();
    if (windowing.isLate(start, progress.streamTimeMs())) {
      while (reader.nextEntry()) {
        counters.late += reader.count();
      }
      return;
    }
    WindowStore.Region region = store.window(start, reader.region());
    WindowStore.Region all = store.window(start, ALL_REGIONS);
    while (reader.nextEntry()) {
      long count = reader.count();
      fold.add(region, reader.array(), reader.tagOffset(), reader.tagLength(), count);
      fold.add(all, reader.array(), reader.tagOffset(), reader.tagLength(), count);
      counters.counted += count;
    }
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
  boolean publishView() {
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

  /** Receives the records of a checkpoint in order. */
  interface ChangeSink {
    /**
     * @param header of the checkpoint, on its last record; else null
     */
    void send(byte[] key, byte[] value, byte @Nullable [] header);
  }

  long changes() {
    return store.changes();
  }

  /**
   * Heartbeats alone change no row. Now and then they are checkpointed all the same, or an idle
   * shuffle could never be pruned; a row of the last checkpoint is sent again then, to carry the
   * position.
   */
  private boolean isFarAhead() {
    return markerKey != null && shuffleOffset - checkpointed.inputOffset() >= IDLE_RECORDS_MAX;
  }

  /**
   * Whether the task has something to checkpoint, and either time or size says so.
   *
   * @param changesMax rows that may wait for the next checkpoint
   */
  boolean isCheckpointDue(long nowMs, long changesMax) {
    if (!isRunning()) {
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
  Changelog.Checkpoint sendChanges(ChangeSink sink) {
    Changelog.Checkpoint checkpoint =
        new Changelog.Checkpoint(
            windowing.sizeMs(), shuffleOffset, progress.streamTimeMs(), progress.encode());
    LastMarked marked = new LastMarked(sink);
    if (store.changes() == 0 && markerKey != null) {
      marked.send(markerKey, markerValue);
    }
    store.forEachChange(
        (start, region, bytes, offset, length, count) ->
            marked.send(
                Changelog.key(start, region, bytes, offset, length), Changelog.value(count)));
    marked.finish(checkpoint.encode());
    markerKey = marked.key;
    markerValue = marked.value;
    return checkpoint;
  }

  /** Holds one record back, so that the last can be marked as such. */
  private static final class LastMarked {
    private final ChangeSink sink;
    private byte @Nullable [] key;
    private byte[] value = new byte[0];

    LastMarked(ChangeSink sink) {
      this.sink = sink;
    }

    void send(byte[] nextKey, byte[] nextValue) {
      if (key != null) {
        sink.send(key, value, null);
      }
      key = nextKey;
      value = nextValue;
    }

    void finish(byte[] header) {
      if (key != null) {
        sink.send(key, value, header);
      }
    }
  }

  /**
   * The changes are in the changelog: only now may the store have them.
   *
   * @param nextChangelogOffset behind the checkpoint's last record
   * @param nextMs when the next one is due
   */
  void checkpointed(
      Changelog.Checkpoint checkpoint, long nextChangelogOffset, long nowMs, long nextMs) {
    checkpointedAtMs = nowMs;
    nextCheckpointMs = nextMs;
    store.commit(checkpoint.at(nextChangelogOffset));
    checkpointed = store.position();
  }

  /** Everything checkpointed is on disk when this returns: the next start restores nothing. */
  void flush() {
    store.flush();
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

  // ---------------------------------------------------------------- status, for the loop

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
