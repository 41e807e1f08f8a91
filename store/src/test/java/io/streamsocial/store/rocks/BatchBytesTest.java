package io.streamsocial.store.rocks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

class BatchBytesTest {
  @TempDir Path dir;

  /** RocksDB with the default family and one of ours. */
  private interface Use {
    void with(RocksDB db, ColumnFamilyHandle meta, ColumnFamilyHandle rows) throws Exception;
  }

  private void open(Use use) throws Exception {
    List<ColumnFamilyHandle> families = new ArrayList<>();
    try (DBOptions options =
            new DBOptions().setCreateIfMissing(true).setCreateMissingColumnFamilies(true);
        RocksDB db =
            RocksDB.open(
                options,
                dir.toString(),
                List.of(
                    new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY),
                    new ColumnFamilyDescriptor("rows".getBytes(UTF_8))),
                families);
        ColumnFamilyHandle meta = families.get(0);
        ColumnFamilyHandle rows = families.get(1)) {
      use.with(db, meta, rows);
    }
  }

  @Test
  void bytesAreThoseThatRocksdbWrites() throws Exception {
    open(
        (db, meta, rows) ->
            Property.holds(
                50,
                random -> {
                  BatchBytes ours = new BatchBytes();
                  try (WriteBatch theirs = new WriteBatch()) {
                    int records = random.nextInt(400);
                    for (int i = 0; i < records; i++) {
                      addToBoth(random, ours, theirs, meta, rows);
                    }
                    assertThat(ours.toArray()).isEqualTo(theirs.data());
                    assertThat(ours.size()).isEqualTo(theirs.getDataSize());
                  }
                }));
  }

  private static void addToBoth(
      SplittableRandom random,
      BatchBytes ours,
      WriteBatch theirs,
      ColumnFamilyHandle meta,
      ColumnFamilyHandle rows)
      throws RocksDBException {
    byte[] prefix = bytes(random, 40);
    byte[] rest = bytes(random, random.nextInt(20) == 0 ? 20_000 : 300);
    int offset = random.nextInt(rest.length + 1);
    int length = random.nextInt(rest.length - offset + 1);
    byte[] key =
        ByteBuffer.allocate(prefix.length + length).put(prefix).put(rest, offset, length).array();
    switch (random.nextInt(5)) {
      case 0 -> {
        ours.delete(rows.getID(), prefix, rest, offset, length);
        theirs.delete(rows, key);
      }
      case 1 -> {
        ours.deleteRange(rows.getID(), prefix, rest);
        theirs.deleteRange(rows, prefix, rest);
      }
      case 2 -> {
        ours.putDefault(prefix, rest);
        theirs.put(meta, prefix, rest);
      }
      case 3 -> {
        ours.deleteDefault(prefix);
        theirs.delete(meta, prefix);
      }
      default -> {
        long[] row = random.longs(random.nextInt(1, 20)).toArray();
        int at = random.nextInt(row.length);
        ours.put(rows.getID(), prefix, rest, offset, length, row, at, row.length - at);
        ByteBuffer value = ByteBuffer.allocate((row.length - at) * Long.BYTES);
        Arrays.stream(row, at, row.length).forEach(value::putLong);
        theirs.put(rows, key, value.array());
      }
    }
  }

  private static byte[] bytes(SplittableRandom random, int most) {
    byte[] bytes = new byte[random.nextInt(most + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void whatIsWrittenIsRead() throws Exception {
    open(
        (db, meta, rows) -> {
          BatchBytes bytes = new BatchBytes();
          byte[] prefix = {1, 2};
          int id = rows.getID();
          bytes.put(id, prefix, "abc".getBytes(UTF_8), 1, 1, new long[] {7}, 0, 1);
          bytes.put(id, prefix, "abc".getBytes(UTF_8), 0, 3, new long[] {Long.MAX_VALUE}, 0, 1);
          bytes.put(id, prefix, "abc".getBytes(UTF_8), 2, 1, new long[] {1}, 0, 1);
          bytes.delete(id, prefix, "c".getBytes(UTF_8), 0, 1);
          bytes.putDefault("k".getBytes(UTF_8), "v".getBytes(UTF_8));
          write(db, bytes);
          assertThat(db.get(rows, key(prefix, "b"))).containsExactly(0, 0, 0, 0, 0, 0, 0, 7);
          assertThat(ByteBuffer.wrap(db.get(rows, key(prefix, "abc"))).getLong())
              .isEqualTo(Long.MAX_VALUE);
          assertThat(db.get(rows, key(prefix, "c"))).isNull();
          assertThat(db.get(meta, "k".getBytes(UTF_8))).isEqualTo("v".getBytes(UTF_8));
          assertThat(db.get(meta, key(prefix, "b"))).isNull();
        });
  }

  private static void write(RocksDB db, BatchBytes bytes) throws RocksDBException {
    try (WriteOptions options = new WriteOptions();
        WriteBatch batch = new WriteBatch(bytes.toArray())) {
      db.write(options, batch);
    }
  }

  private static byte[] key(byte[] prefix, String rest) {
    byte[] key = Arrays.copyOf(prefix, prefix.length + rest.length());
    System.arraycopy(rest.getBytes(UTF_8), 0, key, prefix.length, rest.length());
    return key;
  }
}
