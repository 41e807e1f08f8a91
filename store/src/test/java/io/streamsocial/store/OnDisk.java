package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * What a store's directory holds, read by RocksDB alone: a second opinion on what {@link
 * WindowStore} says of itself.
 *
 * @param position null in a store that never wrote one
 */
record OnDisk(SortedMap<Row, Long> rows, @Nullable Position position) {
  static final String NAME = "counts";

  Position positionOrNone() {
    return position == null ? Position.NONE : position;
  }

  static OnDisk read(Path dir) throws RocksDBException {
    List<ColumnFamilyHandle> families = new ArrayList<>();
    try (DBOptions options = new DBOptions();
        RocksDB db =
            RocksDB.openReadOnly(
                options,
                dir.toString(),
                List.of(
                    new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY),
                    new ColumnFamilyDescriptor(NAME.getBytes(UTF_8))),
                families);
        ColumnFamilyHandle meta = families.get(0);
        ColumnFamilyHandle rows = families.get(1);
        RocksIterator all = db.newIterator(rows)) {
      TreeMap<Row, Long> found = new TreeMap<>();
      for (all.seekToFirst(); all.isValid(); all.next()) {
        found.put(Row.of(all.key()), ByteBuffer.wrap(all.value()).getLong());
      }
      all.status();
      byte[] position = db.get(meta, StoreFormat.positionKey(NAME));
      return new OnDisk(found, position == null ? null : Position.decode(position));
    }
  }

  /**
   * Copies an open store as a crash would leave it. While the log of versions does not grow, no
   * table that it names is deleted; when it grew meanwhile, the copy is repeated.
   */
  static void copyAsIfCrashed(Path open, Path image) throws IOException {
    while (true) {
      Path versions = files(open, "MANIFEST-", "").get(0);
      long size = Files.size(versions);
      try {
        copy(open, image);
        if (Files.size(versions) == size) {
          return;
        }
      } catch (NoSuchFileException e) {
        // Deleted since it was listed.
      }
      StateDirectoryTest.deleteTree(image);
    }
  }

  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    for (Path file : files(from, "", "")) {
      if (!file.getFileName().toString().equals("LOCK")) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  static List<Path> files(Path dir, String prefix, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith(prefix))
          .filter(f -> f.getFileName().toString().endsWith(suffix))
          .sorted()
          .toList();
    }
  }
}
