package io.streamsocial.processor.task;

import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.HeapBudget;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
 *   row:   key length (2 bytes) | 1 or 0 for a tombstone | key
 *          | value, of one length in a view; where rows have bytes, behind its length (4 bytes)
 * </pre>
 */
final class PendingRows {
  private static final int CHUNK_BYTES = 64 << 10; // or as long as a longer row
  private static final int HEAD_BYTES = Short.BYTES + 1;
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final int valueBytes;
  private final boolean hasTails;
  private final HeapBudget heap;
  private final List<byte[]> chunks = new ArrayList<>(); // filled in turn, all but the last one cut
  private int used; // of the last chunk

  /**
   * @param format of the rows
   */
  PendingRows(RowFormat format, HeapBudget heap) {
    this.valueBytes = format.valueBytes();
    this.hasTails = format.hasTails();
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
    int size = HEAD_BYTES + key.length + (value == null ? 0 : lengthBytes() + value.length);
    byte[] chunk = chunkFor(size);
    chunk[used++] = (byte) (key.length >>> Byte.SIZE);
    chunk[used++] = (byte) key.length;
    chunk[used++] = (byte) (value == null ? 0 : 1);
    System.arraycopy(key, 0, chunk, used, key.length);
    used += key.length;
    if (value != null) {
      if (hasTails) {
        INTS.set(chunk, used, value.length);
        used += Integer.BYTES;
      }
      System.arraycopy(value, 0, chunk, used, value.length);
      used += value.length;
    }
  }

  private int lengthBytes() {
    return hasTails ? Integer.BYTES : 0;
  }

  private byte[] chunkFor(int size) {
    int last = chunks.size() - 1;
    if (last >= 0 && used + size <= chunks.get(last).length) {
      return chunks.get(last);
    }
    if (last >= 0) {
      heap.add(HeapBudget.Use.RESTORE, used - chunks.get(last).length);
      chunks.set(last, Arrays.copyOf(chunks.get(last), used));
    }
    byte[] chunk = new byte[Math.max(size, CHUNK_BYTES)];
    chunks.add(chunk);
    heap.add(HeapBudget.Use.RESTORE, chunk.length);
    used = 0;
    return chunk;
  }

  /** Receives a row. */
  interface Reader {
    /**
     * @param bytes hold its value from an index on; to be read at once
     * @param value that index; -1 for a tombstone
     * @param length of the value
     */
    void row(byte[] key, byte[] bytes, int value, int length);
  }

  /** In the order in which they were added. */
  void forEach(Reader reader) {
    for (int i = 0; i < chunks.size(); i++) {
      byte[] chunk = chunks.get(i);
      int end = i == chunks.size() - 1 ? used : chunk.length;
      for (int at = 0; at < end; ) {
        int length = ((chunk[at] & 0xFF) << Byte.SIZE) | (chunk[at + 1] & 0xFF);
        boolean hasValue = chunk[at + Short.BYTES] != 0;
        int keyEnd = at + HEAD_BYTES + length;
        byte[] key = Arrays.copyOfRange(chunk, at + HEAD_BYTES, keyEnd);
        if (hasValue) {
          int value = keyEnd + lengthBytes();
          int size = hasTails ? (int) INTS.get(chunk, keyEnd) : valueBytes;
          reader.row(key, chunk, value, size);
          at = value + size;
        } else {
          reader.row(key, chunk, -1, 0);
          at = keyEnd;
        }
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
