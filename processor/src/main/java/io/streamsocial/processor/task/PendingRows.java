package io.streamsocial.processor.task;

import io.streamsocial.store.HeapBudget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a checkpoint that is not read to its end, packed: as records they would take three
 * times as much. How many there can be, the active's share of the heap for its overlays decides.
 * What they take here is part of the budget; beyond it {@link Restorer} reads one checkpoint at a
 * time. Owned by one task.
 *
 * <pre>
 *   row:   key length (2 bytes) | 1 or 0 for a tombstone | key | value, of one length in a view
 * </pre>
 */
final class PendingRows {
  private static final int CHUNK_BYTES = 64 << 10; // holds the longest row
  private static final int HEAD_BYTES = Short.BYTES + 1;

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
   * @param value of a row; null for a tombstone
   */
  void add(byte[] key, byte @Nullable [] value) {
    if (chunks.isEmpty() || used + HEAD_BYTES + key.length + valueBytes > CHUNK_BYTES) {
      begin();
    }
    byte[] chunk = chunks.get(chunks.size() - 1);
    chunk[used++] = (byte) (key.length >>> Byte.SIZE);
    chunk[used++] = (byte) key.length;
    chunk[used++] = (byte) (value == null ? 0 : 1);
    System.arraycopy(key, 0, chunk, used, key.length);
    used += key.length;
    if (value != null) {
      System.arraycopy(value, 0, chunk, used, valueBytes);
      used += valueBytes;
    }
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
     * @param value that index; -1 for a tombstone
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
        boolean hasValue = chunk[at + Short.BYTES] != 0;
        int value = at + HEAD_BYTES + length;
        byte[] key = Arrays.copyOfRange(chunk, at + HEAD_BYTES, value);
        reader.row(key, chunk, hasValue ? value : -1);
        at = hasValue ? value + valueBytes : value;
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
