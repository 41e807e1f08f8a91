package io.streamsocial.store;

import io.streamsocial.store.table.ActiveKeys;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.SessionRows;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one task: a row is what happened for one key of a group without a pause of more
 * than the gap. Its first two lanes are the event times of its first and of its last event, so that
 * a session of one event has the same in both.
 *
 * <p>A row is folded in as a partial session. It is merged with every session of its key that is at
 * most the gap away, which is Kafka Streams' rule; so the sessions do not depend on the order of
 * the events, nor on where the folds were cut. What changed since the snapshot waits in {@link
 * SessionState}. Threads as {@link ViewStore} says; the methods below the line are for any.
 */
public final class SessionStore extends ViewStore {
  /** The lane of a row with the time of its first event, ms. */
  public static final int START = SessionRows.START;

  /** The lane of a row with the time of its last event, ms. */
  public static final int END = SessionRows.END;

  private final SessionState live;
  private final Restoring<SessionBuffer> restoring;

  /** Of one view, from {@link TaskStore#open}. */
  SessionStore(Snapshot snapshot, long gapMs, StoreMemory memory) {
    this(
        snapshot,
        gapMs,
        memory.heap(),
        new Restoring<>(snapshot, new SessionBuffer(snapshot.lanes(), memory)));
  }

  private SessionStore(
      Snapshot snapshot, long gapMs, HeapBudget heap, Restoring<SessionBuffer> restoring) {
    super(snapshot, restoring, heap);
    this.restoring = restoring;
    this.live = new SessionState(snapshot, new SessionRows(snapshot.lanes(), gapMs), heap);
  }

  /**
   * @throws IllegalArgumentException when a row of these lanes does not begin with start and end
   */
  static void requireLanes(Lanes lanes) {
    if (lanes.fields() <= END
        || lanes.merge(START) != Lanes.Merge.MIN
        || lanes.merge(END) != Lanes.Merge.MAX) {
      throw new IllegalArgumentException("a session begins with MIN start and MAX end");
    }
  }

  // ---------------------------------------------------------------- folding

  /** The fold in progress; see {@link SessionStore#fold}. Closing it lets readers in again. */
  public static final class Fold implements AutoCloseable {
    private final SessionState live;

    Fold(SessionState live) {
      this.live = live;
    }

    /**
     * Merges a partial session into those of its key. One that would end before what has expired is
     * not kept.
     *
     * @param group UTF-8 without 0x00; may be empty
     * @param bytes holds the key, any bytes; not kept
     * @param row its lanes, from an index on; events of one session
     * @throws IllegalArgumentException for a start before 1970 or an end before it
     * @throws StoreException CORRUPTED when the rows on disk cannot be read
     */
    public void merge(byte[] group, byte[] bytes, int offset, int length, long[] row, int at) {
      live.merge(group, bytes, offset, length, row, at);
    }

    @Override
    public void close() {
      live.endFold();
    }
  }

  /** Begins a fold: readers wait until it is closed, so it should be short. */
  public Fold fold() {
    return live.fold();
  }

  @Override
  public void publish() {
    live.publish();
  }

  /** Reads rows for {@link #active} after a restart, and then removes expired ones from disk. */
  @Override
  public boolean tend(int rowsMax) {
    return live.tend(rowsMax);
  }

  /**
   * Sessions that ended before the given time are no more: no answer shows them and nothing is
   * merged with them. {@link #tend} finds them on disk, the next commit deletes them there. Their
   * changelog gets no tombstone, since its retention deletes them.
   */
  @Override
  public void expireBefore(long timeMs) {
    live.expireBefore(timeMs);
  }

  // ---------------------------------------------------------------- checkpoint

  @Override
  public long changes() {
    return live.changes();
  }

  @Override
  public boolean isCheckpointUrgent() {
    return live.isCheckpointUrgent();
  }

  @Override
  public boolean isFull() {
    return live.isFull();
  }

  @Override
  public void forEachChange(ChangeReader reader) {
    live.forEachChange(reader);
  }

  @Override
  void putChanges(Disk.Batch batch, Position next) {
    live.putChanges(batch, next);
  }

  @Override
  void committed() {
    live.committed();
  }

  // ---------------------------------------------------------------- restore and follow

  @Override
  public void restored() {
    live.finish(restoring);
  }

  @Override
  public CheckpointBatch absorb(boolean isAhead) {
    return live.absorb(isAhead);
  }

  // ---------------------------------------------------------------- any thread

  /** How many keys are active, at the last {@link #publish}. Never blocks. */
  public ActiveKeys activeKeys() {
    return live.activeKeys();
  }

  /** See {@link ActiveKeys#active}. */
  public Optional<long[]> active(String group, long... atMs) {
    return activeKeys().active(group, atMs);
  }

  /**
   * The live sessions of one key that overlap a time, oldest first.
   *
   * @param fromMs inclusive
   * @param toMs exclusive
   * @return rows, which begin with {@link #START} and {@link #END}
   * @throws StoreException CLOSED or CORRUPTED
   */
  public List<long[]> sessions(byte[] group, byte[] key, long fromMs, long toMs) {
    return reader().reading(() -> live.sessions(group, key, fromMs, toMs));
  }

  /**
   * Keys in byte order, and the time that their sessions overlap.
   *
   * @param from inclusive; empty to begin with the first key
   * @param to exclusive; null for no end
   * @param fromMs inclusive
   * @param toMs exclusive
   */
  @SuppressWarnings("ArrayRecordComponent") // a question, never compared or kept in a set
  public record Range(byte[] from, byte @Nullable [] to, long fromMs, long toMs) {}

  /**
   * The first keys of a range that have sessions in it, with these sessions, oldest first; all of
   * one moment. Reads no row outside the range of keys, but also those of other times.
   *
   * @param limit keys, 1 or more
   * @throws StoreException CLOSED or CORRUPTED
   */
  public List<KeyRows> page(String group, Range range, int limit) {
    return reader().reading(() -> live.page(group, range, limit));
  }

  @Override
  void forget() {
    live.close();
  }
}
