package io.streamsocial.processor.task;

import io.streamsocial.store.HeapBudget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of a checkpoint that is not read to its end, packed: as records they would take three
 * times as much. How many there can be, the active's share of the heap for its overlays decides.
 * What they take here is part of the budget; beyond it {@link Restorer} reads one checkpoint at a
 * time. Owned by one task.
 *
 * <pre>
 *   row:   key length (2 bytes) | key | value, of one length in a view
 * </pre>
 */
final class PendingRows {
  private static final int CHUNK_BYTES = 64 << 10; // holds the longest row

  private final int valueBytes;
  private final HeapBudget heap;
  private final List<byte[]> chunks = new ArrayList<>(); // filled in turn, all but the last one cut
  private int used; // of the last chunk

  /**
   * @param valueBytes of each row
   */
  PendingRows(int valueBytes, HeapBudget heap) {
    this.valueBytes = valueBytes;
    this.heap = heap;
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  /**
   * @param key of a changelog record: its length is bounded
   * @param value of a row
   */
  void add(byte[] key, byte[] value) {
    if (chunks.isEmpty() || used + Short.BYTES + key.length + valueBytes > CHUNK_BYTES) {
      begin();
    }
    byte[] chunk = chunks.get(chunks.size() - 1);
    chunk[used++] = (byte) (key.length >>> Byte.SIZE);
    chunk[used++] = (byte) key.length;
    System.arraycopy(key, 0, chunk, used, key.length);
    used += key.length;
    System.arraycopy(value, 0, chunk, used, valueBytes);
    used += valueBytes;
  }

  private void begin() {
    if (!chunks.isEmpty()) {
      int last = chunks.size() - 1;
      heap.add(HeapBudget.Use.RESTORE, used - CHUNK_BYTES);
      chunks.set(last, Arrays.copyOf(chunks.get(last), used));
    }
    chunks.add(new byte[CHUNK_BYTES]);
    heap.add(HeapBudget.Use.RESTORE, CHUNK_BYTES);
    used = 0;
  }

  /** Receives a row. */
  interface Reader {
    /**
     * @param bytes hold its value from an index on; to be read at once
     */
    void row(byte[] key, byte[] bytes, int value);
  }

  /** In the order in which they were added. */
  void forEach(Reader reader) {
    for (int i = 0; i < chunks.size(); i++) {
      byte[] chunk = chunks.get(i);
      int end = i == chunks.size() - 1 ? used : chunk.length;
      for (int at = 0; at < end; ) {
        int length = ((chunk[at] & 0xFF) << Byte.SIZE) | (chunk[at + 1] & 0xFF);
        int value = at + Short.BYTES + length;
        reader.row(Arrays.copyOfRange(chunk, at + Short.BYTES, value), chunk, value);
        at = value + valueBytes;
      }
    }
  }

  void clear() {
    long bytes = 0;
    for (byte[] chunk : chunks) {
      bytes += chunk.length;
    }
    heap.add(HeapBudget.Use.RESTORE, -bytes);
    chunks.clear();
    used = 0;
  }
}
