package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.rocks.BatchBytes;
import io.streamsocial.store.rocks.Rocks;
import io.streamsocial.store.table.WindowKey;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.PerfContext;
import org.rocksdb.PerfLevel;
import org.rocksdb.RocksDBException;

/** What asking for a row that is not there reads from disk. */
final class FilterReadsTest {
  private static final int ROWS = 800_000;
  private static final int ASKED = 2_000;
  private static final byte[] PREFIX = WindowKey.prefix(60_000, "region".getBytes(UTF_8));

  @TempDir Path dir;

  /** A new tag asks this of each window's rows, so a flood of them asks nothing else. */
  @Test
  void aFileWithManyRowsIsNotReadAgainForEachNewTag() throws RocksDBException {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        Rocks rocks = new Rocks(dir, List.of(OnDisk.NAME), memory, false)) {
      fill(rocks);
      ask(rocks, "warm up ");
      rocks.db.setPerfLevel(PerfLevel.ENABLE_COUNT);
      PerfContext context = rocks.db.getPerfContext();
      context.reset();
      ask(rocks, "");
      long read = context.getBlockReadByte() / ASKED;
      rocks.db.setPerfLevel(PerfLevel.DISABLE);
      assertThat(read).as("bytes read for each row that is not there").isLessThan(16 << 10);
    }
  }

  /** One file, made by compaction, whose keys are alike, so that it holds many of them. */
  private static void fill(Rocks rocks) throws RocksDBException {
    for (int part = 0; part < 4; part++) {
      BatchBytes bytes = new BatchBytes();
      for (int i = part; i < ROWS; i += 4) {
        byte[] tag = tag("", 2 * i);
        bytes.put(rocks.rows(0).getID(), PREFIX, tag, 0, tag.length, new long[] {1}, 0, 1);
      }
      rocks.write(bytes);
      rocks.flush(true);
    }
    rocks.db.compactRange(rocks.rows(0));
    assertThat(rocks.db.getLongProperty(rocks.rows(0), "rocksdb.estimate-num-keys"))
        .isEqualTo(ROWS);
  }

  private static void ask(Rocks rocks, String prefix) throws RocksDBException {
    for (int i = 0; i < ASKED; i++) {
      byte[] tag = tag(prefix, (int) (i * 2_654_435_761L % ROWS) * 2 + 1);
      byte[] key = WindowKey.of(60_000, "region".getBytes(UTF_8), tag);
      assertThat(rocks.db.get(rocks.rows(0), key)).isNull();
    }
  }

  private static byte[] tag(String prefix, int number) {
    return (prefix + "x".repeat(80) + "%08d".formatted(number)).getBytes(UTF_8);
  }
}
