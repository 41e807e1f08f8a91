package io.streamsocial.processor.offline;

import io.streamsocial.store.table.CountTable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * For every row of a slice of the keys, what each of three sources says of it. A slice is what the
 * upper bits of the tag's hash choose, so a verification that would not fit into memory is done in
 * several passes. About 80 bytes a row beside the tag itself. Not thread-safe.
 */
final class Tallies {
  /** Nothing is known of the row. */
  static final long NONE = -1;

  /** Which keys: those whose hash has these upper bits. */
  record KeySlice(int index, int count) {
    static final KeySlice ALL = new KeySlice(0, 1);

    KeySlice {
      if (Integer.bitCount(count) != 1 || index < 0 || index >= count) {
        throw new IllegalArgumentException("slice %d of %d".formatted(index, count));
      }
    }

    boolean has(int hash) {
      // The tables use the lower bits.
      return (hash >>> 12 & count - 1) == index;
    }

    /** The two halves that together have the same keys. */
    KeySlice[] halves() {
      return new KeySlice[] {
        new KeySlice(index, count * 2), new KeySlice(index + count, count * 2)
      };
    }
  }

  /** More rows than there may be in memory: the slice is to be halved. */
  static final class TooManyException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private record Cell(long windowStartMs, String region) implements Comparable<Cell> {
    @Override
    public int compareTo(Cell other) {
      int byWindow = Long.compare(windowStartMs, other.windowStartMs);
      return byWindow != 0 ? byWindow : region.compareTo(other.region);
    }
  }

  /** The rows of one window and region; the table's own counts are those of the input. */
  static final class Rows {
    private final CountTable input = new CountTable();
    private long[] changelog = new long[64];
    private long[] later = new long[64];
    private long[] state = new long[64];

    int size() {
      return input.size();
    }

    byte[] tag(int row) {
      return input.copyOfKey(row);
    }

    /** Mentions in the posts. */
    long input(int row) {
      return input.count(row);
    }

    void addInput(int row) {
      input.add(row, 1);
    }

    /** The last count that the changelog has of it before the state's position. */
    long changelog(int row) {
      return changelog[row];
    }

    void changelog(int row, long count) {
      changelog[row] = count;
    }

    /** The first count that the changelog has of it at or behind the state's position. */
    long later(int row) {
      return later[row];
    }

    void later(int row, long count) {
      later[row] = count;
    }

    /** 0 when the state has no such row. */
    long state(int row) {
      return state[row];
    }

    void state(int row, long count) {
      state[row] = count;
    }

    private int insert(int hash, byte[] tag, int offset, int length) {
      int row = input.insert(hash, tag, offset, length, 0);
      if (row == state.length) {
        changelog = Arrays.copyOf(changelog, row * 2);
        later = Arrays.copyOf(later, row * 2);
        state = Arrays.copyOf(state, row * 2);
      }
      changelog[row] = NONE;
      later[row] = NONE;
      return row;
    }
  }

  /** Receives all rows of one window and region. */
  interface Reader {
    void rows(long windowStartMs, String region, Rows rows);
  }

  private final KeySlice slice;
  private final long rowsMax;
  private final Map<Cell, Rows> cells = new TreeMap<>();
  private long size;

  /**
   * @param rowsMax kept in memory
   */
  Tallies(KeySlice slice, long rowsMax) {
    this.slice = slice;
    this.rowsMax = rowsMax;
  }

  boolean has(int hash) {
    return slice.has(hash);
  }

  /** The rows of a window and region, made if there are none yet. */
  Rows rows(long windowStartMs, byte[] region) {
    return cells.computeIfAbsent(
        new Cell(windowStartMs, new String(region, StandardCharsets.UTF_8)), cell -> new Rows());
  }

  /**
   * The row of a tag, made if there is none yet.
   *
   * @param hash of {@link CountTable#hash}
   * @throws TooManyException when it is one too many
   */
  int row(Rows rows, int hash, byte[] tag, int offset, int length) throws TooManyException {
    int row = rows.input.find(hash, tag, offset, length);
    if (row >= 0) {
      return row;
    }
    if (++size > rowsMax) {
      throw new TooManyException();
    }
    return rows.insert(hash, tag, offset, length);
  }

  /** By window and region. */
  void forEach(Reader reader) {
    cells.forEach((cell, rows) -> reader.rows(cell.windowStartMs, cell.region, rows));
  }
}
