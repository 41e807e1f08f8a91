package io.streamsocial.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TailTest {
  /** The newest time and a sum, then the latest bytes. */
  private static final Lanes LATEST =
      Lanes.of(Lanes.Merge.MAX, Lanes.Merge.SUM).with(new Tail.Latest(0));

  /** The union of sets of bytes. */
  private static final Lanes UNION =
      Lanes.of(Lanes.Merge.MAX, Lanes.Merge.SUM).with(new Tail.Merged(TailTest::union));

  private static byte[] union(byte[] one, byte[] other) {
    TreeSet<Byte> set = new TreeSet<>();
    for (byte[] each : new byte[][] {one, other}) {
      for (byte b : each) {
        set.add(b);
      }
    }
    byte[] union = new byte[set.size()];
    int i = 0;
    for (byte b : set) {
      union[i++] = b;
    }
    return union;
  }

  private static byte[] bytes(SplittableRandom random) {
    byte[] bytes = new byte[random.nextInt(20)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (random.nextBoolean() ? 0 : random.nextInt(-3, 3)); // often zeros
    }
    return bytes;
  }

  private static long[] row(long time, long sum, byte[] bytes) {
    long[] row = new long[2 + Tail.longs(bytes.length)];
    row[0] = time;
    row[1] = sum;
    Tail.put(bytes, 0, bytes.length, row, 2);
    return row;
  }

  private static long[] random(SplittableRandom random, Lanes lanes) {
    byte[] bytes = bytes(random);
    return row(
        random.nextLong(3), random.nextLong(100), lanes == UNION ? union(bytes, bytes) : bytes);
  }

  @Test
  void bytesComeBackAndAreInTheirOrder() {
    Property.holds(
        2_000,
        random -> {
          byte[] a = bytes(random);
          byte[] b = random.nextInt(3) == 0 ? Arrays.copyOf(a, random.nextInt(20)) : bytes(random);
          long[] rowA = row(0, 0, a);
          long[] rowB = row(0, 0, b);
          assertThat(Tail.bytes(rowA, 2)).isEqualTo(a);
          assertThat(Integer.signum(Tail.compare(rowA, 2, rowB, 2)))
              .isEqualTo(Integer.signum(Arrays.compareUnsigned(a, b)));
          assertThat(Arrays.equals(rowA, rowB)).isEqualTo(Arrays.equals(a, b));
          assertThat(LATEST.isRow(rowA)).isTrue();
          assertThat(LATEST.length(rowA, 0)).isEqualTo(rowA.length);
        });
  }

  @Test
  void whatIsNoRowIsTold() {
    long[] row = row(1, 2, new byte[9]);
    assertThat(LATEST.isRow(Arrays.copyOf(row, row.length - 1))).isFalse();
    assertThat(LATEST.isRow(Arrays.copyOf(row, row.length + 1))).isFalse();
    assertThat(LATEST.isRow(new long[2])).isFalse();
    row[2] = Long.MAX_VALUE;
    assertThat(LATEST.isRow(row)).isFalse();
    row[2] = Tail.NONE;
    assertThat(LATEST.isRow(Arrays.copyOf(row, 3))).as("without a value").isFalse();
    assertThat(LATEST.isRow(row(1, 2, new byte[Tail.BYTES_MAX]))).isTrue();
    assertThat(LATEST.isRow(row(1, 2, new byte[Tail.BYTES_MAX + 1]))).isFalse();
  }

  private static List<Object> merged(Lanes lanes, List<long[]> rows) {
    long[] all = new long[lanes.emptyLength()];
    lanes.clear(all, 0);
    for (long[] row : rows) {
      all = lanes.merged(all, 0, row, 0);
    }
    return List.of(all[0], all[1], Arrays.toString(Tail.bytes(all, 2)));
  }

  @Test
  void mergingDependsNeitherOnOrderNorOnCuts() {
    for (Lanes lanes : List.of(LATEST, UNION)) {
      Property.holds(
          500,
          random -> {
            List<long[]> rows = new ArrayList<>();
            for (int i = random.nextInt(1, 12); i > 0; i--) {
              rows.add(random(random, lanes));
            }
            List<Object> all = merged(lanes, rows);
            int cut = random.nextInt(rows.size());
            if (cut > 0) {
              long[] part = rows.get(0).clone();
              for (long[] row : rows.subList(1, cut)) {
                part = lanes.merged(row, 0, part, 0);
              }
              rows.subList(0, cut).clear();
              rows.add(part);
            }
            Collections.shuffle(rows, new Random(random.nextLong()));
            assertThat(merged(lanes, rows)).isEqualTo(all);
          });
    }
  }

  @Test
  void theLatestAreThoseOfTheNewestEventAndOfSeveralTheLargest() {
    assertThat(merged(LATEST, List.of(row(5, 1, new byte[] {9}), row(7, 2, new byte[] {1}))))
        .containsExactly(7L, 3L, "[1]");
    assertThat(merged(LATEST, List.of(row(7, 1, new byte[] {-1}), row(7, 2, new byte[] {1, 2}))))
        .as("unsigned")
        .containsExactly(7L, 3L, "[-1]");
  }

  /** With a row before its first value. */
  private static long[] merge(Lanes lanes, long[] row) {
    long[] empty = new long[lanes.emptyLength()];
    lanes.clear(empty, 0);
    return lanes.merged(empty, 0, row, 0);
  }

  @Test
  void aTableOfThemIsAMap() {
    for (Lanes lanes : List.of(LATEST, UNION)) {
      Property.holds(40, random -> tableIsAMap(lanes, random));
    }
  }

  private static void tableIsAMap(Lanes lanes, SplittableRandom random) {
    CountTable table = new CountTable(lanes);
    Map<Byte, long[]> model = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      byte[] key = {(byte) random.nextInt(60)};
      int hash = CountTable.hash(key, 0, 1);
      long[] row = random(random, lanes);
      int entry = table.find(hash, key, 0, 1);
      switch (random.nextInt(40)) {
        case 0 -> {
          CountTable copy = table.copy();
          for (int e = 0; e < table.size(); e++) {
            assertThat(copy.equalsRow(e, table.rows(), table.row(e))).isTrue();
          }
        }
        case 1 -> {
          if (random.nextInt(10) == 0) {
            table.clear();
            model.clear();
          }
        }
        case 2, 3, 4 -> {
          entry = entry < 0 ? table.insertEmpty(hash, key, 0, 1) : entry;
          table.set(entry, row, 0);
          model.put(key[0], row);
        }
        default -> {
          long[] before = model.get(key[0]);
          if (before != null) {
            table.merge(entry, row, 0);
            row = lanes.merged(before, 0, row, 0);
          } else if (random.nextBoolean()) {
            int unused = table.insert(hash, key, 0, 1, row, 0);
          } else {
            table.merge(table.insertEmpty(hash, key, 0, 1), row, 0);
            row = merge(lanes, row);
          }
          model.put(key[0], row);
        }
      }
      for (Map.Entry<Byte, long[]> each : model.entrySet()) {
        byte[] name = {each.getKey()};
        int known = table.find(CountTable.hash(name, 0, 1), name, 0, 1);
        assertThat(table.copyOfRow(known)).isEqualTo(each.getValue());
      }
    }
    long live = model.values().stream().mapToLong(row -> row.length).sum();
    assertThat(table.bytes() / 8).as("garbage is given back").isLessThan(8 * live + 2_000);
  }
}
