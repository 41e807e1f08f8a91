package io.streamsocial.store;

import java.nio.file.Path;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.Status;

/**
 * Whether a table file is still what was written, by the checksum of each of its blocks. It opens
 * the file beside the store, so it holds no lock of it and fills no cache, and where it can it
 * reads the disk itself: the system's cache may be sound when the disk is not.
 */
final class TableCheck {
  private TableCheck() {}

  /**
   * @throws RocksDBException when it is damaged, or cannot be read
   */
  static void verify(Path table) throws RocksDBException {
    try {
      verify(table, true);
    } catch (RocksDBException e) {
      if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption) {
        throw e;
      }
      verify(table, false); // a file system that cannot be read past its cache
    }
  }

  private static void verify(Path table, boolean direct) throws RocksDBException {
    try (Options options = new Options().setUseDirectReads(direct);
        SstFileReader reader = new SstFileReader(options)) {
      reader.open(table.toString());
      reader.verifyChecksum();
    }
  }
}
