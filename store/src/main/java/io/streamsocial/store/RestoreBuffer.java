package io.streamsocial.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a restore has read and not written yet, the last count of each key. They are written in
 * key order, since RocksDB's skip list finds the place next to the row before in a few steps. Not
 * thread-safe: the store's writer owns it.
 */
final class RestoreBuffer {
  // Stands for a tombstone. The changelog's counts are of mentions, so none is negative.
  private static final long DELETED = Long.MIN_VALUE;

  /** The rows of one window and region. */
  private static final class Cell {
    private static final Comparator<Cell> KEY_ORDER =
        Comparator.comparingLong((Cell cell) -> cell.windowStartMs)
            .thenComparing(cell -> cell.region, Arrays::compareUnsigned);

    private final long windowStartMs;
    private final byte[] region;
    private final CountTable rows = new CountTable();

    Cell(long windowStartMs, byte[] region) {
      this.windowStartMs = windowStartMs;
      this.region = region;
    }

    boolean is(long start, byte[] bytes, int end) {
      return windowStartMs == start && Arrays.equals(region, 0, region.length, bytes, 0, end);
    }
  }

  private record CellName(long windowStartMs, String region) {}

  /** Receives all rows of one window and region; see {@link #isDeleted}. */
  interface CellReader {
    void cell(long windowStartMs, byte[] region, CountTable rows);
  }

  private final StoreMemory memory;
  private final Map<CellName, Cell> cells = new HashMap<>();
  // Rows come in long runs of one window and region.
  private @Nullable Cell last;
  private @Nullable Position position;
  private long heldBytes;

  RestoreBuffer(StoreMemory memory) {
    this.memory = memory;
  }

  void put(long windowStartMs, byte[] bytes, int separator, int end, long count) {
    CountTable rows = cell(windowStartMs, bytes, separator).rows;
    int tag = separator + 1;
    int hash = CountTable.hash(bytes, tag, end - tag);
    int entry = rows.find(hash, bytes, tag, end - tag);
    if (entry < 0) {
      rows.insert(hash, bytes, tag, end - tag, count);
    } else {
      rows.set(entry, count);
    }
  }

  void delete(long windowStartMs, byte[] bytes, int separator, int end) {
    put(windowStartMs, bytes, separator, end, DELETED);
  }

  private Cell cell(long windowStartMs, byte[] bytes, int separator) {
    Cell known = last;
    if (known == null || !known.is(windowStartMs, bytes, separator)) {
      last =
          known =
              cells.computeIfAbsent(
                  new CellName(
                      windowStartMs, new String(bytes, 0, separator, StandardCharsets.UTF_8)),
                  name -> new Cell(windowStartMs, Arrays.copyOf(bytes, separator)));
    }
    return known;
  }

  /**
   * All rows up to this position have been put.
   *
   * @return whether memory is full, so that they should be written now
   */
  boolean complete(Position next) {
    position = next;
    long bytes = 0;
    for (Cell cell : cells.values()) {
      bytes += cell.rows.bytes();
    }
    boolean full = memory.holdRestored(bytes - heldBytes, bytes);
    heldBytes = bytes;
    return full;
  }

  /** Up to where the rows are complete; null when there is nothing to write. */
  @Nullable Position position() {
    return position;
  }

  /** Puts everything into a batch, by key. */
  void writeTo(Snapshot.Batch batch) {
    for (Cell cell : inOrder()) {
      byte[] prefix = WindowKey.prefix(cell.windowStartMs, cell.region);
      CountTable rows = cell.rows;
      for (int entry : KeyOrder.of(rows)) {
        if (isDeleted(rows.count(entry))) {
          batch.delete(prefix, rows.arena(), rows.offset(entry), rows.length(entry));
        } else {
          batch.put(
              prefix, rows.arena(), rows.offset(entry), rows.length(entry), rows.count(entry));
        }
      }
    }
  }

  void forEachCell(CellReader reader) {
    for (Cell cell : inOrder()) {
      reader.cell(cell.windowStartMs, cell.region, cell.rows);
    }
  }

  static boolean isDeleted(long count) {
    return count == DELETED;
  }

  private List<Cell> inOrder() {
    List<Cell> sorted = new ArrayList<>(cells.values());
    sorted.sort(Cell.KEY_ORDER);
    return sorted;
  }

  void clear() {
    cells.clear();
    last = null;
    position = null;
    boolean unused = memory.holdRestored(-heldBytes, 0);
    heldBytes = 0;
  }
}
