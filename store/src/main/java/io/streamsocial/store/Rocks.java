package io.streamsocial.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The native handles of one RocksDB, opened in order and closed in reverse.
 *
 * <p>There is no WAL: the changelog topic is the log. Both column families are flushed together
 * (atomic flush), so a crash leaves a past state as a whole on disk, position included.
 *
 * <p>Knows nothing about threads: its owner must not close it during a read.
 */
final class Rocks implements AutoCloseable {
  private static final int WRITE_BUFFER_BYTES = 16 << 20;
  private static final int BLOCK_BYTES = 8 << 10;
  private static final int META_BLOCK_BYTES = 4 << 10; // of filters and indexes
  private static final int BLOOM_BITS = 10; // about 1 % false positives

  private final List<AutoCloseable> handles = new ArrayList<>();
  private final WriteOptions withoutWal;
  final RocksDB db;
  final ColumnFamilyHandle rows;
  final ColumnFamilyHandle meta;

  Rocks(Path dir, String store, StoreMemory memory) throws RocksDBException {
    this(dir, store, memory, false);
  }

  /**
   * @param readOnly nothing is created or written, and what is missing is an error
   */
  Rocks(Path dir, String store, StoreMemory memory, boolean readOnly) throws RocksDBException {
    try {
      if (!readOnly) {
        createDirectories(dir);
      }
      DBOptions options = keep(dbOptions(memory));
      BloomFilter bloom = keep(new BloomFilter(BLOOM_BITS));
      ColumnFamilyOptions rowOptions = keep(rowOptions(memory, bloom));
      ColumnFamilyOptions metaOptions = keep(new ColumnFamilyOptions());
      withoutWal = keep(new WriteOptions().setDisableWAL(true));
      List<ColumnFamilyHandle> families = new ArrayList<>();
      List<ColumnFamilyDescriptor> described =
          List.of(
              new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, metaOptions),
              new ColumnFamilyDescriptor(store.getBytes(StandardCharsets.UTF_8), rowOptions));
      db =
          readOnly
              ? RocksDB.openReadOnly(options, dir.toString(), described, families)
              : RocksDB.open(options, dir.toString(), described, families);
      keep(db);
      families.forEach(this::keep);
      meta = families.get(0);
      rows = families.get(1);
    } catch (RocksDBException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static DBOptions dbOptions(StoreMemory memory) {
    return new DBOptions()
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        .setParanoidChecks(true)
        .setAtomicFlush(true)
        .setWriteBufferManager(memory.writeBuffers())
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setKeepLogFileNum(2)
        .setMaxOpenFiles(256);
  }

  private static ColumnFamilyOptions rowOptions(StoreMemory memory, BloomFilter bloom) {
    return new ColumnFamilyOptions()
        .setWriteBufferSize(WRITE_BUFFER_BYTES)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setBlockCache(memory.blockCache())
                .setBlockSize(BLOCK_BYTES)
                .setFormatVersion(5)
                .setFilterPolicy(bloom)
                // In small blocks: each shard of the cache must hold many of them. One filter for
                // all keys of a file can be larger than a shard; it would be read again from disk
                // for each row.
                .setIndexType(IndexType.kTwoLevelIndexSearch)
                .setPartitionFilters(true)
                .setMetadataBlockSize(META_BLOCK_BYTES)
                .setPinTopLevelIndexAndFilter(true)
                // Filters and indexes count towards the same memory bound.
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true));
  }

  private <T extends AutoCloseable> T keep(T handle) {
    handles.add(handle);
    return handle;
  }

  void write(BatchBytes bytes) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch(bytes.toArray())) {
      db.write(withoutWal, batch);
    }
  }

  /**
   * @param wait false only starts it
   */
  void flush(boolean wait) throws RocksDBException {
    try (FlushOptions options = new FlushOptions().setWaitForFlush(wait)) {
      db.flush(options, List.of(meta, rows));
    }
  }

  /** Whether every flush that was started is on disk. */
  boolean isFlushDone() throws RocksDBException {
    return db.getLongProperty(rows, "rocksdb.num-immutable-mem-table") == 0;
  }

  private static void createDirectories(Path dir) {
    try {
      Files.createDirectories(dir);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create the state directory " + dir, e);
    }
  }

  @Override
  public void close() {
    for (int i = handles.size() - 1; i >= 0; i--) {
      try {
        handles.get(i).close();
      } catch (Exception e) {
        throw new IllegalStateException("closing a native handle", e);
      }
    }
    handles.clear();
  }
}
