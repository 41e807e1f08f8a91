package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyOrder;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.WindowKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Restored rows of windows. They are written in key order, since RocksDB's skip list finds the
 * place next to the row before in a few steps. Not thread-safe: the store's writer owns it.
 */
final class RestoreBuffer implements Restoring.Rows {
  /** The rows of one window and region. */
  private static final class Cell {
    private static final Comparator<Cell> KEY_ORDER =
        Comparator.comparingLong((Cell cell) -> cell.windowStartMs)
            .thenComparing(cell -> cell.region, Arrays::compareUnsigned);

    private final long windowStartMs;
    private final byte[] region;
    private final CountTable rows;
    private final BitSet deleted = new BitSet(); // entries for which the changelog has a tombstone

    Cell(long windowStartMs, byte[] region, Lanes lanes) {
      this.windowStartMs = windowStartMs;
      this.region = region;
      this.rows = new CountTable(lanes);
    }

    boolean is(long start, byte[] bytes, int end) {
      return windowStartMs == start && Arrays.equals(region, 0, region.length, bytes, 0, end);
    }
  }

  private record CellName(long windowStartMs, String region) {}

  private final Lanes lanes;
  private final StoreMemory memory;
  private final Map<CellName, Cell> cells = new HashMap<>();
  // Rows come in long runs of one window and region.
  private @Nullable Cell last;
  private @Nullable Position position;
  private long heldBytes;

  RestoreBuffer(Lanes lanes, StoreMemory memory) {
    this.lanes = lanes;
    this.memory = memory;
  }

  @Override
  public void put(
      long windowStartMs, byte[] bytes, int groupEnd, int key, int end, long[] row, int at) {
    Cell cell = cell(windowStartMs, bytes, groupEnd);
    int entry = entry(cell.rows, bytes, key, end - key);
    cell.rows.set(entry, row, at);
    cell.deleted.clear(entry);
  }

  @Override
  public void delete(long windowStartMs, byte[] bytes, int groupEnd, int key, int end) {
    Cell cell = cell(windowStartMs, bytes, groupEnd);
    cell.deleted.set(entry(cell.rows, bytes, key, end - key));
  }

  private static int entry(CountTable rows, byte[] bytes, int key, int length) {
    int hash = CountTable.hash(bytes, key, length);
    int entry = rows.find(hash, bytes, key, length);
    return entry < 0 ? rows.insertEmpty(hash, bytes, key, length) : entry;
  }

  private Cell cell(long windowStartMs, byte[] bytes, int groupEnd) {
    Cell known = last;
    if (known == null || !known.is(windowStartMs, bytes, groupEnd)) {
      last =
          known =
              cells.computeIfAbsent(
                  new CellName(
                      windowStartMs, new String(bytes, 0, groupEnd, StandardCharsets.UTF_8)),
                  name -> new Cell(windowStartMs, Arrays.copyOf(bytes, groupEnd), lanes));
    }
    return known;
  }

  @Override
  public boolean complete(Position next) {
    position = next;
    long bytes = 0;
    for (Cell cell : cells.values()) {
      bytes += cell.rows.bytes();
    }
    boolean full = memory.holdRestored(bytes - heldBytes, bytes);
    heldBytes = bytes;
    return full;
  }

  @Override
  public @Nullable Position position() {
    return position;
  }

  @Override
  public void writeTo(Snapshot.Batch batch) {
    for (Cell cell : inOrder()) {
      byte[] prefix = WindowKey.prefix(cell.windowStartMs, cell.region);
      CountTable rows = cell.rows;
      for (int entry : KeyOrder.of(rows)) {
        int offset = rows.offset(entry);
        if (cell.deleted.get(entry)) {
          batch.delete(prefix, rows.arena(), offset, rows.length(entry));
        } else {
          batch.put(prefix, rows.arena(), offset, rows.length(entry), rows.rows(), rows.row(entry));
        }
      }
    }
  }

  /** Builds the windows of a store from the rows, where all of them are here. */
  void offerTo(LiveWindows windows) {
    for (Cell cell : inOrder()) {
      offer(windows, cell);
    }
  }

  private static void offer(LiveWindows windows, Cell restored) {
    RegionWindow cell = null; // made for the first row that was not deleted
    CountTable rows = restored.rows;
    for (int entry = 0; entry < rows.size(); entry++) {
      if (restored.deleted.get(entry)) {
        continue;
      }
      if (cell == null) {
        WindowState window = windows.getOrAdd(restored.windowStartMs);
        window.onDisk = true; // as soon as they are written
        cell = window.region(restored.region);
      }
      long rank = rows.rank(entry);
      cell.total += rank;
      cell.offer(rows.hash(entry), rows.arena(), rows.offset(entry), rows.length(entry), rank);
    }
    windows.fitHeads();
  }

  private List<Cell> inOrder() {
    List<Cell> sorted = new ArrayList<>(cells.values());
    sorted.sort(Cell.KEY_ORDER);
    return sorted;
  }

  @Override
  public void clear() {
    cells.clear();
    last = null;
    position = null;
    boolean unused = memory.holdRestored(-heldBytes, 0);
    heldBytes = 0;
  }
}
