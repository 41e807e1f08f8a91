package io.streamsocial.store;

import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * The native memory of all stores of a process: one block cache whose capacity also pays for the
 * write buffers, so there is one number to configure. Created before the first store, closed after
 * the last. Thread-safe.
 */
public final class StoreMemory implements AutoCloseable {
  static {
    RocksDB.loadLibrary();
  }

  private final Cache blockCache;
  private final WriteBufferManager writeBuffers;

  /**
   * @param bytes of blocks, filters, indexes and write buffers together; a quarter of it may be
   *     write buffers
   */
  public StoreMemory(long bytes) {
    blockCache = new LRUCache(bytes);
    writeBuffers = new WriteBufferManager(bytes / 4, blockCache);
  }

  Cache blockCache() {
    return blockCache;
  }

  WriteBufferManager writeBuffers() {
    return writeBuffers;
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
