package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyBatch;
import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.RankedRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The counts of one task: tumbling windows of (region, tag) rows. What changed since the snapshot
 * waits in {@link LiveState}. Threads as {@link ViewStore} says; the methods below the line are for
 * any.
 */
public final class WindowStore extends ViewStore {
  /** The region of the row that counts all regions together; no post can have it. */
  public static final String ALL_REGIONS = "";

  /**
   * The region that counts those for which a window has no room; a post can have it, too. It takes
   * none of the room.
   */
  public static final String OTHER_REGION = "other";

  private final Snapshot snapshot;
  private final LiveState live;
  private final Restoring<RestoreBuffer> restoring;

  /**
   * What data cannot exceed.
   *
   * @param headSize keys that each ranked head keeps at least, where memory allows it; 0 for a view
   *     that is not ranked
   * @param maxRegions regions that a window counts by their names; further ones are counted in
   *     {@link #OTHER_REGION}
   */
  public record Bounds(int headSize, int maxRegions) {
    /** Whether rows are ranked at all; without, a ranking is always a scan. */
    boolean areRanked() {
      return headSize > 0;
    }

    /** For readers that fold nothing, and for input that bounds itself. */
    public static Bounds ofHeads(int headSize) {
      return new Bounds(headSize, Integer.MAX_VALUE);
    }
  }

  /**
   * Opens or creates a store of one view of counts.
   *
   * @param dir its own directory
   * @param name the column family of its rows
   * @param windowSizeMs a store written with another size is refused
   * @param bounds of what it keeps of each window in memory
   * @throws StoreException CORRUPTED, OTHER_FORMAT or FULL
   */
  public static WindowStore open(
      Path dir, String name, long windowSizeMs, Bounds bounds, StoreMemory memory) {
    TaskStore.Spec counts = TaskStore.Spec.windows(name, windowSizeMs, Lanes.COUNT, bounds);
    return TaskStore.open(dir, List.of(counts), memory).windows(0);
  }

  /**
   * Of one view, from {@link TaskStore#open}.
   *
   * @param timeToLiveMs of its rows; 0 for ever
   */
  WindowStore(Snapshot snapshot, Bounds bounds, long timeToLiveMs, StoreMemory memory) {
    this(
        snapshot,
        bounds,
        new RowExpiry(timeToLiveMs),
        memory.heap(),
        new Restoring<>(snapshot, new RestoreBuffer(snapshot.lanes(), memory)));
  }

  private WindowStore(
      Snapshot snapshot,
      Bounds bounds,
      RowExpiry expiry,
      HeapBudget heap,
      Restoring<RestoreBuffer> restoring) {
    super(snapshot, restoring, heap);
    this.snapshot = snapshot;
    this.restoring = restoring;
    LiveWindows windows = new LiveWindows(bounds, snapshot.lanes(), heap);
    this.live = new LiveState(snapshot, windows, expiry);
  }

  // ---------------------------------------------------------------- folding

  /** The fold in progress; see {@link WindowStore#fold}. Closing it lets readers in again. */
  public static final class Fold implements AutoCloseable {
    private final Snapshot snapshot;
    private final RowExpiry expiry;
    private final Runnable end;

    Fold(Snapshot snapshot, RowExpiry expiry, Runnable end) {
      this.snapshot = snapshot;
      this.expiry = expiry;
      this.end = end;
    }

    /**
     * Adds to one key's live count.
     *
     * @param window from {@link WindowStore#window}
     * @throws StoreException CORRUPTED when the row on disk cannot be read
     */
    public void add(Region window, byte[] bytes, int offset, int length, long delta) {
      add(window, CountTable.hash(bytes, offset, length), bytes, offset, length, delta);
    }

    private void add(Region window, int hash, byte[] bytes, int offset, int length, long delta) {
      RegionWindow cell = window.cell;
      int entry = entry(window, hash, bytes, offset, length);
      cell.overlay.add(entry, delta);
      cell.total += delta;
      cell.offer(hash, bytes, offset, length, cell.overlay.count(entry));
    }

    /**
     * Adds to the live counts of some keys.
     *
     * @param window from {@link WindowStore#window}
     * @throws StoreException CORRUPTED when a row on disk cannot be read
     */
    public void add(Region window, KeyBatch keys) {
      RegionWindow cell = window.cell;
      keys.touch(cell.overlay);
      byte[] bytes = keys.bytes();
      for (int i = 0; i < keys.size(); i++) {
        add(window, keys.hash(i), bytes, keys.offset(i), keys.length(i), keys.count(i));
      }
    }

    /**
     * Merges a row into one key's live row. One that is gone begins anew with it.
     *
     * @param row its lanes, from an index on
     * @throws StoreException CORRUPTED when the row on disk cannot be read
     */
    public void merge(Region window, byte[] bytes, int offset, int length, long[] row, int at) {
      int hash = CountTable.hash(bytes, offset, length);
      merge(window, hash, bytes, offset, length, row, at);
    }

    /**
     * Merges rows into the live rows of some keys, see the other method.
     *
     * @param keys each with a row
     * @throws StoreException CORRUPTED when a row on disk cannot be read
     */
    public void merge(Region window, KeyBatch keys) {
      keys.touch(window.cell.overlay);
      byte[] bytes = keys.bytes();
      long[] rows = keys.rows();
      for (int i = 0; i < keys.size(); i++) {
        merge(window, keys.hash(i), bytes, keys.offset(i), keys.length(i), rows, keys.row(i));
      }
    }

    private void merge(
        Region window, int hash, byte[] bytes, int offset, int length, long[] row, int at) {
      RegionWindow cell = window.cell;
      int entry = entry(window, hash, bytes, offset, length);
      if (expiry.isGone(cell.overlay, entry)) {
        cell.overlay.clear(entry);
      }
      long before = cell.overlay.rank(entry);
      cell.overlay.merge(entry, row, at);
      long after = cell.overlay.rank(entry);
      cell.total += after - before;
      cell.offer(hash, bytes, offset, length, after);
    }

    /** The key's entry in the overlay, with its live row. */
    private int entry(Region window, int hash, byte[] bytes, int offset, int length) {
      RegionWindow cell = window.cell;
      int known = cell.overlay.find(hash, bytes, offset, length);
      if (known >= 0) {
        return known;
      }
      long[] stored = window.onDisk ? snapshot.read(cell.prefix, bytes, offset, length) : null;
      return stored == null
          ? cell.overlay.insertEmpty(hash, bytes, offset, length)
          : cell.overlay.insert(hash, bytes, offset, length, stored, 0);
    }

    @Override
    public void close() {
      end.run();
    }
  }

  /**
   * One window and region, looked up once for a run of {@link Fold#add}s; valid until the fold
   * ends.
   */
  public static final class Region {
    private final RegionWindow cell;
    private final boolean onDisk;
    private final boolean isOther;

    Region(RegionWindow cell, boolean onDisk, boolean isOther) {
      this.cell = cell;
      this.onDisk = onDisk;
      this.isOther = isOther;
    }

    /** Whether the window has no room for the region, and {@link #OTHER_REGION} counts it. */
    public boolean isOther() {
      return isOther;
    }
  }

  /** Begins a fold: readers wait until it is closed, so it should be short. */
  public Fold fold() {
    return live.fold();
  }

  /**
   * A window and region to add to; only within a fold.
   *
   * @param region UTF-8 without 0x00; empty for all regions
   */
  public Region window(long windowStartMs, byte[] region) {
    return live.window(windowStartMs, region);
  }

  /** Makes folded counts visible to {@link #heads}. Once a turn, not once a record. */
  @Override
  public void publish() {
    live.publishHeads();
  }

  /**
   * After a restart, reads rows of one window into its heads, the newest window first; until all
   * are read, rankings that need the window come from {@link #top}. Looks for rows that are past
   * their time to live. Call until it returns false.
   *
   * @param rowsMax how many to read at most, 1 or more
   * @return whether a window was not built yet, or not all rows were looked at
   */
  @Override
  public boolean tend(int rowsMax) {
    return live.buildHeads(rowsMax) || live.sweepRows(rowsMax);
  }

  @Override
  public long takeSwept() {
    return live.takeSwept();
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

  /**
   * Drops every window that starts before the given time, from disk with the next commit. Of rows
   * that have a time to live, each one whose last event is before it: no reader sees it from now
   * on, and it leaves the disk with the checkpoint after a sweep has found it.
   */
  @Override
  public void expireBefore(long timeMs) {
    live.expireBefore(timeMs);
  }

  // ---------------------------------------------------------------- restore and follow

  /**
   * Writes the restored rows that are still in memory and finds the windows on disk. Heads and
   * totals are built at once where memory holds all rows; otherwise {@link #tend} builds them.
   */
  @Override
  public void restored() {
    live.finish(restoring);
  }

  @Override
  public CheckpointBatch absorb(boolean isAhead) {
    return live.absorb(isAhead);
  }

  // ---------------------------------------------------------------- any thread

  /** The newest ranked heads. Never blocks. */
  public Heads heads() {
    return live.heads();
  }

  /**
   * The live counts (the lane that is ranked) of one key, 0 where it has none, all of one moment.
   *
   * @throws StoreException CLOSED or CORRUPTED
   */
  public long[] counts(long[] windowStartsMs, byte[] region, byte[] tag) {
    long[][] rows = rows(windowStartsMs, region, tag);
    long[] counts = new long[rows.length];
    for (int i = 0; i < counts.length; i++) {
      long[] row = rows[i];
      counts[i] = row == null ? 0 : row[snapshot.lanes().ranked()];
    }
    return counts;
  }

  /**
   * The live rows of one key, null where it has none, all of one moment.
   *
   * @throws StoreException CLOSED or CORRUPTED
   */
  public long[] @Nullable [] rows(long[] windowStartsMs, byte[] group, byte[] key) {
    return reader().reading(() -> live.rows(windowStartsMs, group, key));
  }

  /**
   * The first keys of a range in byte order, each with its live rows in some windows; reads no row
   * outside the range.
   *
   * @param from inclusive; empty to begin with the first key
   * @param to exclusive; null for no end
   * @param limit keys, 1 or more
   * @param budget what it may cost; at least one key is read in any case
   * @throws StoreException CLOSED or CORRUPTED
   */
  public KeyRange range(
      long[] windowStartsMs,
      String group,
      byte[] from,
      byte @Nullable [] to,
      int limit,
      ReadBudget budget) {
    return reader()
        .reading(() -> new WindowMerge(live, windowStartsMs, group, limit, budget).range(from, to));
  }

  /**
   * The exact top keys of the sum of some windows, by reading every row of them: a merge join of
   * the windows in key order, in memory of one row a window. About 0.3 s a million rows (JMH {@code
   * StoreScanBenchmark}: 3,000,000 rows in 0.85 s, &plusmn; 0.26); for the few questions that
   * {@link Heads#top} cannot prove.
   *
   * @throws StoreException CLOSED or CORRUPTED
   */
  public List<RankedRow> top(long[] windowStartsMs, String region, int limit) {
    int ranked = snapshot.lanes().ranked();
    return top(windowStartsMs, region, ranked, limit, ReadBudget.unlimited()).orElseThrow();
  }

  /**
   * The same by any lane that is summed, and within a budget.
   *
   * @param lane its place in a row
   * @return empty when the budget does not suffice for all rows
   * @throws StoreException CLOSED or CORRUPTED
   */
  public Optional<List<RankedRow>> top(
      long[] windowStartsMs, String group, int lane, int limit, ReadBudget budget) {
    return reader()
        .reading(() -> new WindowMerge(live, windowStartsMs, group, limit, budget).top(lane));
  }

  @Override
  void forget() {
    live.close();
  }
}
