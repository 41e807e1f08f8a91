package io.streamsocial.cli.state;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.WindowKey;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;

/** Reads and changes the stores of an instance that does not run; a path is its directory. */
final class StateFiles {
  static final int PARTITIONS = 3;
  static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();

  private StateFiles() {}

  static Map<String, Long> rows(Path instance) {
    Map<String, Long> rows = new TreeMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      rows.putAll(rowsOf(instance, partition));
    }
    return rows;
  }

  static Map<String, Long> rowsOf(Path instance, int partition) {
    Map<String, Long> rows = new TreeMap<>();
    Path task = instance.resolve("task-" + partition);
    if (Files.isDirectory(task)) {
      try (StoreMemory memory = new StoreMemory(32 << 20);
          ReadOnlyStore store = ReadOnlyStore.open(task, "hashtag-trends-store", memory)) {
        store.forEachRow(
            (key, row) ->
                rows.put(
                    "%d %s %s"
                        .formatted(
                            WindowKey.windowStart(key),
                            new String(WindowKey.region(key), StandardCharsets.UTF_8),
                            new String(WindowKey.tag(key), StandardCharsets.UTF_8)),
                    row[0]));
      }
    }
    return rows;
  }

  /**
   * All of RocksDB's rows in both column families of all partitions, except the position's value.
   */
  static Map<String, String> everythingButPositions(Path instance) throws Exception {
    Map<String, String> all = new TreeMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      String task = instance.resolve("task-" + partition).toString();
      List<ColumnFamilyHandle> families = new ArrayList<>();
      try (DBOptions options = new DBOptions();
          ColumnFamilyOptions family = new ColumnFamilyOptions();
          RocksDB db =
              RocksDB.openReadOnly(
                  options,
                  task,
                  List.of(
                      new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                      new ColumnFamilyDescriptor(
                          "hashtag-trends-store".getBytes(StandardCharsets.UTF_8), family)),
                  families)) {
        for (ColumnFamilyHandle each : families) {
          try (RocksIterator rows = db.newIterator(each)) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
              String key = partition + " " + HexFormat.of().formatHex(rows.key());
              boolean isPosition = new String(rows.key(), US_ASCII).startsWith("position/");
              all.put(key, isPosition ? "any" : HexFormat.of().formatHex(rows.value()));
            }
            rows.status();
          }
          each.close();
        }
      }
    }
    return all;
  }

  static List<Position> positions(Path instance) {
    List<Position> positions = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      try (StoreMemory memory = new StoreMemory(32 << 20);
          ReadOnlyStore store =
              ReadOnlyStore.open(
                  instance.resolve("task-" + partition), "hashtag-trends-store", memory)) {
        positions.add(store.position());
      }
    }
    return positions;
  }

  /** One more of #every in one region; returns what it was. */
  static long alterOneRow(Path instance) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      for (Map.Entry<String, Long> row : rowsOf(instance, partition).entrySet()) {
        if (row.getKey().endsWith(" EU-West every")) {
          long start = Long.parseLong(row.getKey().substring(0, row.getKey().indexOf(' ')));
          addOne(instance.resolve("task-" + partition), start);
          return row.getValue();
        }
      }
    }
    throw new AssertionError("no such row in " + instance);
  }

  private static void addOne(Path task, long start) {
    byte[] tag = "every".getBytes(StandardCharsets.UTF_8);
    try (StoreMemory memory = new StoreMemory(32 << 20);
        WindowStore store =
            WindowStore.open(
                task, "hashtag-trends-store", WINDOW_MS, WindowStore.Bounds.ofHeads(1), memory)) {
      try (WindowStore.Fold fold = store.fold()) {
        fold.add(
            store.window(start, "EU-West".getBytes(StandardCharsets.UTF_8)), tag, 0, tag.length, 1);
      }
      store.commit(store.position());
      store.flush();
    }
  }

  /** Whether a restore that is killed now would have a checkpoint to go on from. */
  static boolean isPersisted(Path task) {
    try (StoreMemory memory = new StoreMemory(32 << 20);
        ReadOnlyStore store = ReadOnlyStore.open(task, "hashtag-trends-store", memory)) {
      return store.position().changelogOffset() > 0;
    } catch (StoreException e) {
      return false; // not made yet, or its files have changed meanwhile
    }
  }

  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /** A byte in the largest table. */
  static void damage(Path task) throws IOException {
    try (Stream<Path> files = Files.list(task)) {
      Path table =
          files
              .filter(file -> file.toString().endsWith(".sst"))
              .max(Comparator.comparingLong(file -> file.toFile().length()))
              .orElseThrow();
      try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
        file.seek(file.length() / 3);
        int old = file.read();
        file.seek(file.length() / 3);
        file.write(old ^ 0xFF);
      }
    }
  }
}
