package io.streamsocial.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  @Test
  void nothingAndOneEntryAreInOrder() {
    CountTable table = new CountTable();
    assertThat(KeyOrder.of(table)).isEmpty();
    add(table, new byte[] {5});
    assertThat(KeyOrder.of(table)).containsExactly(0);
  }

  @Test
  void orderIsThatOfUnsignedBytesWithAPrefixFirst() {
    Property.holds(
        200,
        random -> {
          CountTable table = new CountTable();
          TreeSet<byte[]> sorted = new TreeSet<>(Arrays::compareUnsigned);
          int size = random.nextInt(300);
          // Few values, 0 and those above 127 among them, make long common beginnings.
          int values = random.nextInt(1, 4);
          while (sorted.size() < size) {
            byte[] string = string(random, values);
            if (sorted.add(string)) {
              add(table, string);
            }
          }
          List<byte[]> ordered = new ArrayList<>();
          for (int entry : KeyOrder.of(table)) {
            ordered.add(table.copyOfKey(entry));
          }
          assertThat(ordered).containsExactlyElementsOf(sorted);
        });
  }

  private static byte[] string(SplittableRandom random, int values) {
    byte[] string = new byte[random.nextInt(5, 60)];
    for (int i = 0; i < string.length; i++) {
      string[i] = new byte[] {0, -1, 'a', 127}[random.nextInt(values + 1)];
    }
    return Arrays.copyOf(string, random.nextInt(string.length + 1));
  }

  private static void add(CountTable table, byte[] string) {
    int hash = CountTable.hash(string, 0, string.length);
    int unused = table.insert(hash, string, 0, string.length, 1);
  }
}
