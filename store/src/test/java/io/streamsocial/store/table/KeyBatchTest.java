package io.streamsocial.store.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class KeyBatchTest {
  /** By lookups in several tables, with equal and empty keys in one batch. */
  @Test
  void keysOfABatchAreFoundAsSingleOnesAre() {
    long seed = new SplittableRandom().nextLong();
    SplittableRandom random = new SplittableRandom(seed);
    CountTable[] tables = {new CountTable(), new CountTable(), new CountTable()};
    Map<String, Long> expected = new HashMap<>();
    KeyBatch batch = new KeyBatch();
    CountTable[] of = new CountTable[KeyBatch.KEYS_MAX];
    String[] names = new String[KeyBatch.KEYS_MAX];
    for (int i = 0; i < 2_000; i++) {
      int size = random.nextInt(KeyBatch.KEYS_MAX + 1);
      boolean copies = random.nextBoolean();
      byte[] shared = "0123456789abcdefghijklmnopqrstuvwxyz".getBytes(UTF_8);
      for (int k = 0; k < size; k++) {
        int table = random.nextInt(tables.length);
        of[k] = tables[table];
        int offset = random.nextInt(shared.length);
        int length = random.nextInt(shared.length - offset + 1);
        long count = random.nextLong(10);
        if (copies) {
          byte[] own = shared.clone();
          batch.addCopy(own, offset, length, count);
          own[offset] = 'x';
        } else {
          batch.add(shared, offset, length, count);
        }
        names[k] = table + new String(shared, offset, length, UTF_8);
        expected.merge(names[k], count, Long::sum);
      }
      assertThat(batch.isFull()).isEqualTo(size == KeyBatch.KEYS_MAX);
      batch.touch(of);
      for (int k = 0; k < batch.size(); k++) {
        int hash = batch.hash(k);
        int entry = of[k].find(hash, batch.bytes(), batch.offset(k), batch.length(k));
        if (entry < 0) {
          entry = of[k].insert(hash, batch.bytes(), batch.offset(k), batch.length(k), 0);
        }
        of[k].add(entry, batch.count(k));
        batch.touch(of[k]); // whatever was touched, the next lookups are the same
      }
      batch.clear();
    }
    Map<String, Long> found = new HashMap<>();
    for (int t = 0; t < tables.length; t++) {
      for (int i = 0; i < tables[t].size(); i++) {
        found.put(t + new String(tables[t].copyOfKey(i), UTF_8), tables[t].count(i));
      }
    }
    assertThat(found).as("seed %d", seed).isEqualTo(expected);
  }

  /** However long each is; many long ones fill a batch early. */
  @Test
  void rowsOfABatchAreThoseThatWereAdded() {
    long seed = new SplittableRandom().nextLong();
    SplittableRandom random = new SplittableRandom(seed);
    KeyBatch batch = new KeyBatch();
    byte[] key = {'k'};
    for (int i = 0; i < 200; i++) {
      int longest = random.nextBoolean() ? 4 : 5_000;
      boolean copies = random.nextBoolean();
      List<long[]> added = new ArrayList<>();
      while (!batch.isFull()) {
        long[] row = random.longs(1 + random.nextInt(longest)).toArray();
        int at = random.nextInt(row.length);
        if (!copies) {
          batch.add(key, 0, 1, row, at, row.length - at);
        } else {
          batch.addCopy(key, 0, 1, row, at, row.length - at);
        }
        added.add(Arrays.copyOfRange(row, at, row.length));
        row[at]++;
      }
      assertThat(batch.size()).isEqualTo(added.size()).isLessThanOrEqualTo(KeyBatch.KEYS_MAX);
      for (int k = 0; k < batch.size(); k++) {
        int at = batch.row(k);
        assertThat(Arrays.copyOfRange(batch.rows(), at, at + added.get(k).length))
            .as("seed %d", seed)
            .isEqualTo(added.get(k));
      }
      batch.clear();
      assertThat(batch.isFull()).isFalse();
    }
  }
}
