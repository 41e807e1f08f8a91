package io.streamsocial.store;

import io.streamsocial.store.rocks.Rocks;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.WriteBufferManager;

/**
 * The memory of all stores of a process. The native part is one block cache whose capacity also
 * pays for the write buffers, so there is one number to configure; the part on the heap is a {@link
 * HeapBudget}. Created before the first store, closed after the last. Thread-safe.
 */
public final class StoreMemory implements Rocks.Memory, AutoCloseable {
  static {
    NativeLibrary.load();
  }

  private final long bytes;
  // Heap of rows that stores being restored hold before they write them.
  private final AtomicLong restoredBytes = new AtomicLong();
  private final HeapBudget heap;
  private final Cache blockCache;
  private final WriteBufferManager writeBuffers;

  /**
   * @param bytes of blocks, filters, indexes and write buffers together; a quarter of it may be
   *     write buffers
   * @param heap of the stores and the loops that fill them
   */
  public StoreMemory(long bytes, HeapBudget heap) {
    this.bytes = bytes;
    this.heap = heap;
    blockCache = new LRUCache(bytes);
    writeBuffers = new WriteBufferManager(bytes / 4, blockCache);
  }

  /** With the default budget of heap. */
  public StoreMemory(long bytes) {
    this(bytes, new HeapBudget(0));
  }

  public HeapBudget heap() {
    return heap;
  }

  @Override
  public Cache blockCache() {
    return blockCache;
  }

  @Override
  public WriteBufferManager writeBuffers() {
    return writeBuffers;
  }

  /**
   * Records how much a store holds on the heap during its restore. One store's rows become a write
   * buffer when they are written, so they have the same bound.
   *
   * @param more bytes more than before; negative for less
   * @param all bytes of that store
   * @return whether the store should write its rows
   */
  boolean holdRestored(long more, long all) {
    long together = restoredBytes.addAndGet(more);
    heap.add(HeapBudget.Use.RESTORE, more);
    return all > bytes / 8
        || together > Math.min(bytes / 2, heap.bytes() * 3 / 4)
        || heap.isOver(HeapBudget.Use.RESTORE, all);
  }

  /** Bytes in use now. */
  public long usedBytes() {
    return ((LRUCache) blockCache).getUsage();
  }

  @Override
  public void close() {
    writeBuffers.close();
    blockCache.close();
  }
}
