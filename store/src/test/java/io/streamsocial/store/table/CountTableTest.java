package io.streamsocial.store.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CountTableTest {
  @Test
  void behavesLikeAMapThatRemembersWhatChanged() {
    Property.holds(
        60,
        random -> {
          CountTable table =
              random.nextBoolean() ? new CountTable() : new CountTable(Lanes.COUNT, 500);
          Map<String, Long> model = new HashMap<>();
          Set<String> changed = new HashSet<>();
          int keys = random.nextInt(1, 2_000);
          for (int i = 0; i < 3_000; i++) {
            String key = key(random.nextInt(keys));
            int choice = random.nextInt(1_000);
            if (choice == 0) {
              table.clear();
              model.clear();
              changed.clear();
            } else if (choice == 1) {
              table.clearMarks();
              changed.clear();
            } else if (choice < 50) {
              assertThat(find(table, key) >= 0).isEqualTo(model.containsKey(key));
            } else if (choice < 100 && !model.containsKey(key)) {
              insert(table, key, choice);
              model.put(key, (long) choice);
            } else {
              long delta = random.nextLong(1, 100);
              add(table, key, delta);
              model.merge(key, delta, Long::sum);
              changed.add(key);
            }
          }
          assertSame(table, model);
          assertThat(changed(table)).isEqualTo(changed);
          assertThat(table.marked()).isEqualTo(changed.size());
          CountTable copy = table.copy();
          assertSame(copy, model);
          assertThat(copy.marked()).isZero();
          add(copy, "only in the copy", 1);
          assertSame(table, model);
        });
  }

  @Test
  void entriesKeepTheirNumberWhileTheTableGrows() {
    CountTable table = new CountTable();
    for (int i = 0; i < 10_000; i++) {
      assertThat(insert(table, key(i), i)).isEqualTo(i);
    }
    for (int i = 0; i < 10_000; i++) {
      assertThat(find(table, key(i))).isEqualTo(i);
      assertThat(table.copyOfKey(i)).isEqualTo(key(i).getBytes(UTF_8));
      assertThat(table.count(i)).isEqualTo(i);
    }
    assertThat(find(table, key(10_000))).isEqualTo(-1);
  }

  @Test
  void theEmptyStringIsAKeyToo() {
    CountTable table = new CountTable();
    assertThat(find(table, "")).isEqualTo(-1);
    add(table, "", 3);
    add(table, "a", 4);
    assertThat(table.count(find(table, ""))).isEqualTo(3);
  }

  @Test
  void keysOfEqualHashAreToldApart() {
    CountTable table = new CountTable();
    byte[] bytes = "abcdef".getBytes(UTF_8);
    for (int length = 1; length <= 6; length++) {
      table.insert(7, bytes, 0, length, length);
    }
    for (int length = 1; length <= 6; length++) {
      assertThat(table.count(table.find(7, bytes, 0, length))).isEqualTo(length);
    }
    assertThat(table.find(7, bytes, 1, 1)).isEqualTo(-1);
  }

  @Test
  void hashDependsOnTheBytesAndNotOnWhereTheyLie() {
    Property.holds(
        500,
        random -> {
          byte[] key = new byte[random.nextInt(40)];
          random.nextBytes(key);
          int offset = random.nextInt(20);
          byte[] around = new byte[offset + key.length + random.nextInt(20)];
          random.nextBytes(around);
          System.arraycopy(key, 0, around, offset, key.length);
          assertThat(CountTable.hash(around, offset, key.length))
              .isEqualTo(CountTable.hash(key, 0, key.length));
        });
  }

  @Test
  void hashSpreadsSimilarKeys() {
    int[] buckets = new int[256];
    for (int i = 0; i < 25_600; i++) {
      byte[] key = key(i).getBytes(UTF_8);
      buckets[CountTable.hash(key, 0, key.length) & 255]++;
    }
    for (int bucket : buckets) {
      // 100 expected, standard deviation 10.
      assertThat(bucket).isBetween(40, 160);
    }
  }

  private static String key(int i) {
    return "tag" + Integer.toString(i * 7919, 36) + "x".repeat(i % 30);
  }

  private static int find(CountTable table, String key) {
    byte[] bytes = ("<" + key + ">").getBytes(UTF_8);
    int length = bytes.length - 2;
    return table.find(CountTable.hash(bytes, 1, length), bytes, 1, length);
  }

  private static int insert(CountTable table, String key, long count) {
    byte[] bytes = key.getBytes(UTF_8);
    return table.insert(CountTable.hash(bytes, 0, bytes.length), bytes, 0, bytes.length, count);
  }

  private static void add(CountTable table, String key, long delta) {
    int entry = find(table, key);
    table.add(entry < 0 ? insert(table, key, 0) : entry, delta);
  }

  private static Set<String> changed(CountTable table) {
    Set<String> changed = new HashSet<>();
    for (int i = 0; i < table.size(); i++) {
      if (table.isMarked(i)) {
        changed.add(new String(table.copyOfKey(i), UTF_8));
      }
    }
    return changed;
  }

  private static void assertSame(CountTable table, Map<String, Long> model) {
    Map<String, Long> rows = new HashMap<>();
    for (int i = 0; i < table.size(); i++) {
      rows.put(new String(table.copyOfKey(i), UTF_8), table.count(i));
    }
    assertThat(rows).isEqualTo(model).hasSize(table.size());
  }
}
