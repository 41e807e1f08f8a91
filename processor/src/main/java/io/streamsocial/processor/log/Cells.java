package io.streamsocial.processor.log;

import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.Lanes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a {@link Combiner} folded of one view, by window and group. Owned by it. */
final class Cells {
  // More windows and groups than a stream has at one time: beyond it their tables are freed.
  private static final int CELLS_KEPT = 64;

  // Beside the bytes of a key: its place in the index and what tables keep free.
  private static final int ENTRY_BYTES = 40;
  private static final int CELL_BYTES = 800;

  /** The keys of one window and group. */
  @SuppressWarnings("ArrayRecordComponent") // has an identity of its own
  record Cell(long windowStartMs, byte[] group, CountTable keys) {
    @Override
    public boolean equals(Object o) {
      return this == o;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  private final int viewId;
  private final Windowing windowing;
  private final Lanes lanes;
  private final int entryBytes;
  private final CountTable index = new CountTable(); // window start, group -> place in cells
  private final List<Cell> cells = new ArrayList<>();
  private final byte[] cellKey;
  private final ByteBuffer cellKeyBuffer;
  private int entries;
  private long bytes;

  /**
   * @param groupBytesMax of the longest group
   */
  Cells(int viewId, Windowing windowing, Lanes lanes, int groupBytesMax) {
    this.viewId = viewId;
    this.windowing = windowing;
    this.lanes = lanes;
    this.entryBytes = ENTRY_BYTES + Long.BYTES * lanes.width();
    this.cellKey = new byte[Long.BYTES + groupBytesMax];
    this.cellKeyBuffer = ByteBuffer.wrap(cellKey);
  }

  /** The table of the window that holds the instant, and of the group. */
  CountTable keys(long timeMs, byte[] group, int offset, int groupLength) {
    long startMs = windowing.start(timeMs);
    cellKeyBuffer.clear().putLong(startMs).put(group, offset, groupLength);
    int length = cellKeyBuffer.position();
    int hash = CountTable.hash(cellKey, 0, length);
    int entry = index.find(hash, cellKey, 0, length);
    if (entry >= 0) {
      return cells.get((int) index.count(entry)).keys;
    }
    index.insert(hash, cellKey, 0, length, cells.size());
    byte[] name = new byte[groupLength];
    System.arraycopy(group, offset, name, 0, groupLength);
    Cell cell = new Cell(startMs, name, new CountTable(lanes));
    cells.add(cell);
    bytes += CELL_BYTES;
    return cell.keys;
  }

  /** A key was inserted into one of the tables. */
  void inserted(int keyLength) {
    entries++;
    bytes += entryBytes + keyLength;
  }

  /** A row of one of the tables has so many bytes more behind its longs; negative for fewer. */
  void grown(int tailBytes) {
    // Twice: a table keeps what rows that have grown leave behind, up to half of all.
    bytes += 2L * tailBytes;
  }

  Lanes lanes() {
    return lanes;
  }

  int viewId() {
    return viewId;
  }

  List<Cell> all() {
    return cells;
  }

  /** Distinct (window, group, key) since the last {@link #clear}. */
  int entries() {
    return entries;
  }

  /** Heap bytes of what was folded since the last {@link #clear}, an estimate. */
  long bytes() {
    return bytes;
  }

  /** Heap bytes that the tables hold. */
  long held() {
    long held = 0;
    for (Cell cell : cells) {
      held += cell.keys.bytes();
    }
    return held;
  }

  /**
   * Forgets what was folded.
   *
   * @param keepsTables whether their memory may be kept
   */
  void clear(boolean keepsTables) {
    if (!keepsTables || cells.size() > CELLS_KEPT) {
      cells.clear();
      index.clear();
    } else {
      cells.forEach(cell -> cell.keys.clear());
    }
    entries = 0;
    bytes = 0;
  }
}
