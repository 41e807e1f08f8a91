package io.streamsocial.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * The counts of one task: tumbling windows of (region, tag) rows.
 *
 * <p><b>Live state = snapshot + overlay.</b> The snapshot is RocksDB: it always stands at one
 * {@link Position}, since rows and position are written in one batch. The overlay holds the live
 * counts of the keys that changed since. {@link #commit} moves the overlay into the snapshot; call
 * it only once the changes are durable in the changelog, so that the store is never ahead of it.
 * Losing the overlay in a crash loses nothing: the input behind the position is read again.
 *
 * <p><b>Threads.</b> One writer (the loop that owns the task) calls everything above the line "any
 * thread" below; it opens and closes the store. Readers see the overlay under {@code state}, which
 * the writer takes for the microseconds of a fold; a scan copies its part of the overlay and lets
 * go. {@code life} keeps a read from touching a closed RocksDB, which would crash the process.
 */
public final class WindowStore implements AutoCloseable {
  /** The region of the row that counts all regions together; no post can have it. */
  public static final String ALL_REGIONS = "";

  private final int headSize;
  private final Snapshot snapshot;
  private final TreeMap<Long, WindowState> windows = new TreeMap<>();
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private final ReentrantReadWriteLock state = new ReentrantReadWriteLock();
  private final Fold fold = new Fold();
  // Windows before this are to go with the next commit; 0: none.
  private long expiredBefore;
  private final Restoring restoring;
  private boolean closed;
  private volatile Heads heads = Heads.EMPTY;

  /**
   * Opens or creates a store.
   *
   * @param dir its own directory
   * @param name the column family of its rows
   * @param windowSizeMs a store written with another size is refused
   * @param headSize keys that each ranked head keeps at least
   * @throws StoreException CORRUPTED, OTHER_FORMAT or FULL
   */
  public static WindowStore open(
      Path dir, String name, long windowSizeMs, int headSize, StoreMemory memory) {
    Snapshot snapshot = Snapshot.open(dir, name, windowSizeMs, memory);
    try {
      return new WindowStore(snapshot, headSize, memory);
    } catch (StoreException e) {
      snapshot.close();
      throw e;
    }
  }

  private WindowStore(Snapshot snapshot, int headSize, StoreMemory memory) {
    this.snapshot = snapshot;
    this.headSize = headSize;
    this.restoring = new Restoring(snapshot, memory);
    findWindows();
  }

  private void findWindows() {
    windows.clear();
    for (long start : snapshot.windowStarts()) {
      windows.put(start, new WindowState(start, headSize, true));
    }
  }

  /** Where the snapshot stands, restored rows that are still in memory included. */
  public Position position() {
    Position restored = restoring.position();
    return restored == null ? snapshot.position() : restored;
  }

  // ---------------------------------------------------------------- folding

  /** The fold in progress; see {@link #fold()}. Closing it lets readers in again. */
  public final class Fold implements AutoCloseable {
    private Fold() {}

    /**
     * Adds to one key's live count.
     *
     * @param window from {@link WindowStore#window}
     * @throws StoreException CORRUPTED when the row on disk cannot be read
     */
    public void add(Region window, byte[] bytes, int offset, int length, long delta) {
      RegionWindow cell = window.cell;
      int hash = CountTable.hash(bytes, offset, length);
      int entry = cell.overlay.find(hash, bytes, offset, length);
      if (entry < 0) {
        long base = window.onDisk ? snapshot.read(cell.prefix, bytes, offset, length) : 0;
        entry = cell.overlay.insert(hash, bytes, offset, length, base);
      }
      cell.total += delta;
      cell.offer(hash, bytes, offset, length, cell.overlay.add(entry, delta));
    }

    @Override
    public void close() {
      state.writeLock().unlock();
    }
  }

  /**
   * One window and region, looked up once for a run of {@link Fold#add}s; good until the fold ends.
   */
  public static final class Region {
    private final RegionWindow cell;
    private final boolean onDisk;

    private Region(RegionWindow cell, boolean onDisk) {
      this.cell = cell;
      this.onDisk = onDisk;
    }
  }

  /** Begins a fold: readers wait until it is closed, so it should be short. */
  public Fold fold() {
    state.writeLock().lock();
    return fold;
  }

  /**
   * A window and region to add to; only within a fold.
   *
   * @param region UTF-8 without 0x00; empty for all regions
   */
  public Region window(long windowStartMs, byte[] region) {
    WindowState known = windows.get(windowStartMs);
    WindowState window = known == null ? new WindowState(windowStartMs, headSize, false) : known;
    RegionWindow cell = window.region(region); // refuses what cannot be part of a key
    if (known == null) {
      windows.put(windowStartMs, window);
    }
    return new Region(cell, window.onDisk);
  }

  /** Makes what was folded visible to {@link #heads}. Once a turn, not once a record. */
  public void publishHeads() {
    Map<Long, Heads.Window> views = new HashMap<>();
    windows.forEach((start, window) -> views.put(start, window.view()));
    heads = new Heads(views);
  }

  /**
   * After a restart, reads one window's rows into its heads, the newest first; until then rankings
   * that need it come from {@link #top}. Call until it returns false.
   *
   * @return whether a window was rebuilt
   */
  public boolean rebuildNextHead() {
    for (WindowState window : windows.descendingMap().values()) {
      if (!window.built) {
        rebuild(window);
        return true;
      }
    }
    return false;
  }

  private void rebuild(WindowState window) {
    // What was folded meanwhile is in the overlay, whose counts include the row on disk.
    window.regions.values().forEach(cell -> cell.total = 0);
    snapshot.scan(
        WindowKey.start(window.startMs),
        WindowKey.start(window.startMs + 1),
        (key, count) -> {
          byte[] tag = WindowKey.tag(key);
          RegionWindow cell = window.region(WindowKey.region(key));
          int hash = CountTable.hash(tag, 0, tag.length);
          cell.offer(hash, tag, 0, tag.length, count);
          cell.total += cell.overlay.find(hash, tag, 0, tag.length) < 0 ? count : 0;
        });
    for (RegionWindow cell : window.regions.values()) {
      CountTable live = cell.overlay;
      for (int i = 0; i < live.size(); i++) {
        cell.offer(live.hashes[i], live.arena(), live.offset(i), live.length(i), live.count(i));
        cell.total += live.count(i);
      }
    }
    window.built = true;
  }

  /** Receives one row of the snapshot. */
  public interface RowReader {
    /**
     * @param key to be taken apart by {@link WindowKey}
     */
    void row(byte[] key, long count);
  }

  /** Walks every row on disk in key order: the snapshot, without the overlay. */
  public void forEachRow(RowReader reader) {
    snapshot.scan(WindowKey.start(0), WindowKey.start(Long.MAX_VALUE), reader);
  }

  // ---------------------------------------------------------------- checkpoint

  /** Receives one changed row; the arrays are the store's own, to be read at once and not kept. */
  public interface ChangeReader {
    void change(
        long windowStartMs, byte[] region, byte[] bytes, int offset, int length, long count);
  }

  /** Keys whose live count differs from the snapshot. */
  public long changes() {
    long changes = 0;
    for (WindowState window : windows.values()) {
      for (RegionWindow cell : window.regions.values()) {
        changes += cell.overlay.marked();
      }
    }
    return changes;
  }

  public void forEachChange(ChangeReader reader) {
    for (WindowState window : windows.values()) {
      for (RegionWindow cell : window.regions.values()) {
        CountTable live = cell.overlay;
        for (int i = 0; live.marked() > 0 && i < live.size(); i++) {
          if (live.isMarked(i)) {
            reader.change(
                cell.windowStartMs,
                cell.regionBytes,
                live.arena(),
                live.offset(i),
                live.length(i),
                live.count(i));
          }
        }
      }
    }
  }

  /**
   * Writes all changes, expiry and the position in one batch. Only after the changes are committed
   * to the changelog.
   *
   * @throws StoreException FULL or CORRUPTED; the snapshot then stands where it stood
   */
  public void commit(Position next) {
    Snapshot.Batch batch = snapshot.batch();
    if (expiredBefore > 0) {
      batch.deleteBefore(expiredBefore);
    }
    for (WindowState window : windows.values()) {
      for (RegionWindow cell : window.regions.values()) {
        putChanges(batch, cell);
      }
    }
    batch.write(next, true);
    expiredBefore = 0;
    Lock writing = state.writeLock();
    writing.lock();
    try {
      for (WindowState window : windows.values()) {
        window.onDisk |= !window.regions.isEmpty();
        window.regions.values().forEach(RegionWindow::checkpointed);
      }
    } finally {
      writing.unlock();
    }
  }

  private static void putChanges(Snapshot.Batch batch, RegionWindow cell) {
    CountTable live = cell.overlay;
    for (int i = 0; live.marked() > 0 && i < live.size(); i++) {
      if (live.isMarked(i)) {
        batch.put(cell.prefix, live.arena(), live.offset(i), live.length(i), live.count(i));
      }
    }
  }

  /**
   * Drops every window that starts before the given time: from memory now, from disk with the next
   * commit. Deleted earlier, rows would be missing from the snapshot at a position whose stream
   * time still calls them readable, and a crash would show it.
   */
  public void expireBefore(long windowStartMs) {
    if (windows.isEmpty() || windows.firstKey() >= windowStartMs) {
      return;
    }
    Lock writing = state.writeLock();
    writing.lock();
    try {
      windows.headMap(windowStartMs).clear();
      expiredBefore = Math.max(expiredBefore, windowStartMs);
    } finally {
      writing.unlock();
    }
  }

  /** Everything written so far is on disk when this returns. */
  public void flush() {
    snapshot.flush();
  }

  // ---------------------------------------------------------------- restore

  /** Begins a batch of restored rows. Only while nothing was folded yet. */
  public RestoreBatch restore() {
    return new RestoreBatch(restoring);
  }

  /**
   * Writes and flushes what was restored so far: a restore that is killed later goes on from here
   * and not from the last time that memory was full.
   */
  public void persistRestored() {
    restoring.persist();
  }

  /**
   * After the last restored batch: everything restored is written, and the windows on disk are
   * known. Their heads and totals are made of the rows in memory where those are all; the others
   * are to be rebuilt.
   */
  public void restored() {
    Lock writing = state.writeLock();
    writing.lock();
    try {
      if (!restoring.finish(windows, headSize)) {
        findWindows();
      }
    } finally {
      writing.unlock();
    }
  }

  // ---------------------------------------------------------------- following

  /**
   * Begins to absorb a checkpoint.
   *
   * @param isAhead whether it stands for more input than was folded here: then it replaces the
   *     overlay, and folding goes on from its position
   */
  public CheckpointBatch absorb(boolean isAhead) {
    return new CheckpointBatch(snapshot, windows, state.writeLock(), headSize, isAhead);
  }

  // ---------------------------------------------------------------- any thread

  /** The newest ranked heads. Never blocks. */
  public Heads heads() {
    return heads;
  }

  /**
   * The live counts of one key, 0 where it has none, all of one moment.
   *
   * @throws StoreException CLOSED or CORRUPTED
   */
  public long[] counts(long[] windowStartsMs, byte[] region, byte[] tag) {
    int hash = CountTable.hash(tag, 0, tag.length);
    return reading(
        () -> {
          long[] counts = new long[windowStartsMs.length];
          // Held over the reads of the disk too: a commit in between would mix two moments.
          state.readLock().lock();
          try {
            for (int i = 0; i < counts.length; i++) {
              counts[i] = count(windowStartsMs[i], region, tag, hash);
            }
          } finally {
            state.readLock().unlock();
          }
          return counts;
        });
  }

  private long count(long windowStartMs, byte[] region, byte[] tag, int hash) {
    WindowState window = windows.get(windowStartMs);
    if (window == null) {
      return 0;
    }
    RegionWindow cell = window.regions.get(new String(region, StandardCharsets.UTF_8));
    int entry = cell == null ? -1 : cell.overlay.find(hash, tag, 0, tag.length);
    if (cell != null && entry >= 0) {
      return cell.overlay.count(entry);
    }
    return window.onDisk ? snapshot.get(WindowKey.of(windowStartMs, region, tag)) : 0;
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
    return reading(() -> new WindowMerge(this, windowStartsMs, region, limit).top());
  }

  /**
   * The first keys of a range in byte order, each with its live count in some windows; reads no row
   * outside of it.
   *
   * @param from inclusive; empty for the first of all
   * @param to exclusive; null for no end
   * @param limit keys, 1 or more
   * @throws StoreException CLOSED or CORRUPTED
   */
  public List<RankedRow> page(
      long[] windowStartsMs, String region, byte[] from, byte @Nullable [] to, int limit) {
    return reading(() -> new WindowMerge(this, windowStartsMs, region, limit).page(from, to));
  }

  /**
   * For {@link WindowMerge}: a cursor a window, all of the same moment, each at the first tag that
   * is not before {@code from}. Whoever calls closes them.
   */
  void openCursors(long[] windowStartsMs, String region, byte[] from, List<MergeCursor> opened) {
    state.readLock().lock();
    try {
      for (long start : windowStartsMs) {
        WindowState window = windows.get(start);
        RegionWindow cell = window == null ? null : window.regions.get(region);
        byte[] prefix = WindowKey.prefix(start, region.getBytes(StandardCharsets.UTF_8));
        CountTable overlay = cell == null ? new CountTable() : cell.overlay.copy();
        // An iterator reads the state of the moment it is made.
        RocksIterator rows = window != null && window.onDisk ? snapshot.newIterator() : null;
        MergeCursor cursor = new MergeCursor(rows, prefix, overlay, snapshot.dir());
        opened.add(cursor);
        cursor.begin(from);
      }
    } finally {
      state.readLock().unlock();
    }
  }

  private <T> T reading(Supplier<T> reading) {
    life.readLock().lock();
    try {
      if (closed) {
        throw new StoreException(
            StoreException.Kind.CLOSED, "the store in " + snapshot.dir() + " is closed");
      }
      return reading.get();
    } finally {
      life.readLock().unlock();
    }
  }

  /** RocksDB's own estimate of its rows; 0 when closed. */
  public long estimatedKeys() {
    return property("rocksdb.estimate-num-keys");
  }

  /** Bytes of live table files; 0 when closed. */
  public long sstBytes() {
    return property("rocksdb.live-sst-files-size");
  }

  /** What RocksDB tells of itself; nothing but zeros when closed. Never waits. */
  public StoreFigures figures() {
    if (!life.readLock().tryLock()) {
      return StoreFigures.NONE; // just being closed
    }
    try {
      return closed ? StoreFigures.NONE : StoreFigures.of(snapshot::property);
    } finally {
      life.readLock().unlock();
    }
  }

  /** A table file of the store. */
  public record Table(Path file, long bytes) {}

  /**
   * The table files that the store consists of now. Any thread.
   *
   * @throws StoreException CLOSED
   */
  public List<Table> tables() {
    return reading(snapshot::tables);
  }

  /**
   * Reads one of {@link #tables} from disk and compares it with its checksums. Any thread, and
   * nobody waits for it. One that the store has given up meanwhile is sound.
   *
   * @throws StoreException CORRUPTED, or CLOSED
   */
  public void verify(Table table) {
    try {
      TableCheck.verify(table.file);
    } catch (RocksDBException e) {
      if (tables().stream().anyMatch(live -> live.file.equals(table.file))) {
        throw StoreException.of("verifying", table.file, e);
      }
    }
  }

  private long property(String name) {
    life.readLock().lock();
    try {
      return closed ? 0 : snapshot.property(name);
    } finally {
      life.readLock().unlock();
    }
  }

  /**
   * Waits for readers, then closes. Idempotent. RocksDB writes out what was committed, as far as it
   * can; only {@link #flush} says whether it could.
   */
  @Override
  public void close() {
    life.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        restoring.forget();
        snapshot.close();
      }
    } finally {
      life.writeLock().unlock();
    }
  }
}
