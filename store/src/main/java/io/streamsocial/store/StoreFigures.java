package io.streamsocial.store;

import java.util.function.ToLongFunction;

/**
 * RocksDB's figures about its own work in one store. RocksDB keeps them anyway: reading them takes
 * microseconds and needs no statistics.
 *
 * @param memtableBytes rows in memory that wait to be written to files
 * @param tableReaderBytes indexes and filters outside the block cache
 * @param pendingCompactionBytes what compaction still has to rewrite, an estimate
 * @param runningFlushes now
 * @param runningCompactions now
 * @param backgroundErrors flushes and compactions that failed since it was opened
 * @param isWriteStopped whether writes wait for compaction
 * @param delayedWriteBytesPerSecond the rate that writes are slowed down to; 0: full speed
 */
public record StoreFigures(
    long memtableBytes,
    long tableReaderBytes,
    long pendingCompactionBytes,
    long runningFlushes,
    long runningCompactions,
    long backgroundErrors,
    boolean isWriteStopped,
    long delayedWriteBytesPerSecond) {
  static final StoreFigures NONE = of(name -> 0);

  /**
   * @param property one of RocksDB's integer properties by name
   */
  static StoreFigures of(ToLongFunction<String> property) {
    return new StoreFigures(
        property.applyAsLong("rocksdb.cur-size-all-mem-tables"),
        property.applyAsLong("rocksdb.estimate-table-readers-mem"),
        property.applyAsLong("rocksdb.estimate-pending-compaction-bytes"),
        property.applyAsLong("rocksdb.num-running-flushes"),
        property.applyAsLong("rocksdb.num-running-compactions"),
        property.applyAsLong("rocksdb.background-errors"),
        property.applyAsLong("rocksdb.is-write-stopped") != 0,
        property.applyAsLong("rocksdb.actual-delayed-write-rate"));
  }
}
