package io.streamsocial.store.rocks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * The native handles of one RocksDB, opened in order and closed in reverse.
 *
 * <p>There is no WAL: the changelog topic is the log. All column families are flushed together
 * (atomic flush), so a crash leaves a past state as a whole on disk, position included.
 *
 * <p>Knows nothing about threads: its owner must not close it during a read.
 */
public final class Rocks implements AutoCloseable {
  /** What the stores of a process share. */
  public interface Memory {
    Cache blockCache();

    WriteBufferManager writeBuffers();
  }

  private static final String DEFAULT =
      new String(RocksDB.DEFAULT_COLUMN_FAMILY, StandardCharsets.UTF_8);
  private static final int WRITE_BUFFER_BYTES = 16 << 20;
  private static final int BLOCK_BYTES = 8 << 10;
  private static final int META_BLOCK_BYTES = 4 << 10; // of filters and indexes
  // No key begins with it: neither a time nor UTF-8 does.
  private static final byte[] BEHIND_ALL = {(byte) 0xFF};
  private static final int BLOOM_BITS = 10; // about 1 % false positives

  private final List<AutoCloseable> handles = new ArrayList<>();
  private final WriteOptions withoutWal;
  private final List<ColumnFamilyHandle> families = new ArrayList<>();
  private final List<String> found = new ArrayList<>();
  private boolean compacts;
  public final RocksDB db;
  public final ColumnFamilyHandle meta;

  /**
   * @param stores column families of rows
   * @param readOnly nothing is created or written, and what is missing is an error
   */
  public Rocks(Path dir, List<String> stores, Memory memory, boolean readOnly)
      throws RocksDBException {
    if (stores.contains(DEFAULT)) {
      throw new IllegalArgumentException(
          "rows cannot be in the column family default: it holds the positions");
    }
    try {
      if (!readOnly) {
        createDirectories(dir);
      }
      DBOptions options = keep(dbOptions(memory));
      BloomFilter bloom = keep(new BloomFilter(BLOOM_BITS));
      ColumnFamilyOptions rowOptions = keep(rowOptions(memory, bloom));
      ColumnFamilyOptions metaOptions = keep(new ColumnFamilyOptions());
      withoutWal = keep(new WriteOptions().setDisableWAL(true));
      List<ColumnFamilyDescriptor> described = new ArrayList<>();
      described.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, metaOptions));
      found.addAll(names(dir));
      for (String store : stores) {
        described.add(descriptor(store, rowOptions));
      }
      // RocksDB opens all families or none.
      for (String other : others(stores)) {
        described.add(descriptor(other, rowOptions));
      }
      db =
          readOnly
              ? RocksDB.openReadOnly(options, dir.toString(), described, families)
              : RocksDB.open(options, dir.toString(), described, families);
      keep(db);
      families.forEach(this::keep);
      meta = families.get(0);
    } catch (RocksDBException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static ColumnFamilyDescriptor descriptor(String name, ColumnFamilyOptions options) {
    return new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), options);
  }

  /** Families of rows on disk; none where there is no RocksDB. */
  public static List<String> names(Path dir) throws RocksDBException {
    List<String> names = new ArrayList<>();
    if (!Files.exists(dir.resolve("CURRENT"))) {
      return names;
    }
    try (Options options = new Options()) {
      for (byte[] family : RocksDB.listColumnFamilies(options, dir.toString())) {
        if (!Arrays.equals(family, RocksDB.DEFAULT_COLUMN_FAMILY)) {
          names.add(new String(family, StandardCharsets.UTF_8));
        }
      }
    }
    return names;
  }

  /**
   * @param index of a store in the order in which they were asked for
   */
  public ColumnFamilyHandle rows(int index) {
    return families.get(1 + index);
  }

  /** Families of rows that were on disk and are not among these. */
  public List<String> others(List<String> stores) {
    return found.stream().filter(name -> !stores.contains(name)).toList();
  }

  /** Whether the family was on disk before. */
  public boolean hasFound(String store) {
    return found.contains(store);
  }

  private static DBOptions dbOptions(Memory memory) {
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

  private static ColumnFamilyOptions rowOptions(Memory memory, BloomFilter bloom) {
    return new ColumnFamilyOptions()
        .setWriteBufferSize(WRITE_BUFFER_BYTES)
        .setDisableAutoCompactions(true) // until compact()
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

  public void write(BatchBytes bytes) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch(bytes.toArray())) {
      db.write(withoutWal, batch);
    }
  }

  /**
   * Has files merged from now on, where there are many. A store that was just opened does not: its
   * files are as they were when it was closed, and whoever waits for its first answer needs the
   * processor more.
   */
  void compact() throws RocksDBException {
    if (!compacts) {
      db.enableAutoCompaction(families.subList(1, families.size()));
      compacts = true;
    }
  }

  /** Deletes a family of rows, {@link #rows} by its index. */
  public void drop(int index) throws RocksDBException {
    db.dropColumnFamily(rows(index));
  }

  /** Deletes all rows of a family; on disk with the next flush. */
  public void clear(int index) throws RocksDBException {
    db.deleteRange(rows(index), withoutWal, new byte[0], BEHIND_ALL);
  }

  /**
   * @param wait false only starts it
   */
  public void flush(boolean wait) throws RocksDBException {
    try (FlushOptions options = new FlushOptions().setWaitForFlush(wait)) {
      db.flush(options, families);
    }
  }

  /**
   * Makes a copy of everything written so far, of one moment, in a directory that does not exist
   * yet: table files as hard links, so on the same file system. Flushes first. Any thread.
   */
  public void link(Path dir) throws RocksDBException {
    try (Checkpoint checkpoint = Checkpoint.create(db)) {
      checkpoint.createCheckpoint(dir.toString());
    }
  }

  /** Whether every flush that was started is on disk. */
  boolean isFlushDone(ColumnFamilyHandle rows) throws RocksDBException {
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
