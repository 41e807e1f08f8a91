package io.streamsocial.store.rocks;

import java.nio.file.Path;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.Status;

/**
 * Compares a table file with the checksum of each of its blocks. Opens the file beside the store,
 * so it takes no lock of the store and fills no cache. Where possible it reads past the system's
 * cache, which may be sound when the disk is not.
 */
public final class TableCheck {
  private TableCheck() {}

  /**
   * @throws RocksDBException when it is damaged, or cannot be read
   */
  public static void verify(Path table) throws RocksDBException {
    try {
      verify(table, true);
    } catch (RocksDBException e) {
      if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption) {
        throw e;
      }
      verify(table, false); // this file system cannot be read past its cache
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
