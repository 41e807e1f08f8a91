package io.streamsocial.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LanesTest {
  private static final Lanes ALL =
      Lanes.of(
          Lanes.Merge.FIRST, Lanes.Merge.SUM, Lanes.Merge.MIN, Lanes.Merge.LAST, Lanes.Merge.MAX);

  /** What an engine relies on that folds in a combiner, in a task, and again after a crash. */
  @Test
  void aRowIsTheSameHoweverItsValuesWereFolded() {
    Property.holds(
        500,
        random -> {
          List<long[]> values = new ArrayList<>();
          int count = random.nextInt(1, 12);
          for (int i = 0; i < count; i++) {
            values.add(value(random));
          }
          long[] inOrder = fold(values);
          Collections.shuffle(values, new Random(random.nextLong()));
          int cut = random.nextInt(values.size() + 1);
          long[] left = fold(values.subList(0, cut));
          ALL.merge(left, 0, fold(values.subList(cut, values.size())), 0);
          assertThat(left).isEqualTo(inOrder);
        });
  }

  /** By one that wrapped, the key with most would have the least. */
  @Test
  void aSumThatRowsAreRankedByStaysAtTheLargestNumber() {
    Lanes ranked = Lanes.ranked(List.of(Lanes.Merge.SUM, Lanes.Merge.SUM), 1);
    long[] row = {Long.MAX_VALUE, Long.MAX_VALUE};
    ranked.merge(row, 0, new long[] {1, 1}, 0);
    assertThat(row).containsExactly(Long.MIN_VALUE, Long.MAX_VALUE);
    Property.holds(
        500,
        random -> {
          List<Long> values = new ArrayList<>();
          for (int i = random.nextInt(2, 9); i > 0; i--) {
            values.add(random.nextLong(Long.MAX_VALUE) >>> random.nextInt(63));
          }
          long expected =
              values.stream()
                  .map(BigInteger::valueOf)
                  .reduce(BigInteger.ZERO, BigInteger::add)
                  .min(BigInteger.valueOf(Long.MAX_VALUE))
                  .longValueExact();
          Collections.shuffle(values, new Random(random.nextLong()));
          int cut = random.nextInt(values.size() + 1);
          long[] left = sums(ranked, values.subList(0, cut));
          ranked.merge(left, 0, sums(ranked, values.subList(cut, values.size())), 0);
          assertThat(left[1]).isEqualTo(expected);
        });
  }

  private static long[] sums(Lanes lanes, List<Long> values) {
    long[] row = new long[lanes.width()];
    lanes.clear(row, 0);
    values.forEach(value -> lanes.merge(row, 0, new long[] {value, value}, 0));
    return row;
  }

  @Test
  void aTotalIsTheExactSumOrTheEndThatItPasses() {
    BigInteger least = BigInteger.valueOf(Long.MIN_VALUE);
    BigInteger most = BigInteger.valueOf(Long.MAX_VALUE);
    Property.holds(
        500,
        random -> {
          long a = random.nextLong() >> random.nextInt(63);
          long b = random.nextLong() >> random.nextInt(63);
          BigInteger exact = BigInteger.valueOf(a).add(BigInteger.valueOf(b));
          assertThat(Lanes.add(a, b)).isEqualTo(exact.max(least).min(most).longValueExact());
        });
  }

  @Test
  void eachFieldSaysWhatItsNameSays() {
    List<long[]> events = List.of(event(20, 5), event(10, 7), event(30, -2), event(30, -9));
    long[] row = fold(events);
    assertThat(row[ALL.lane(0)]).as("first").isEqualTo(7);
    assertThat(row[ALL.lane(1)]).as("sum").isEqualTo(1);
    assertThat(row[ALL.lane(2)]).as("min").isEqualTo(-9);
    assertThat(row[ALL.lane(3)]).as("last, the largest of two at one time").isEqualTo(-2);
    assertThat(row[ALL.lane(4)]).as("max").isEqualTo(7);
  }

  private static long[] fold(List<long[]> values) {
    long[] row = new long[ALL.width() + 3];
    Arrays.fill(row, 77);
    ALL.clear(row, 2);
    for (long[] value : values) {
      ALL.merge(row, 2, value, 0);
    }
    assertThat(row[0] + row[1] + row[row.length - 1]).as("what lies around it").isEqualTo(3 * 77);
    return Arrays.copyOfRange(row, 2, 2 + ALL.width());
  }

  private static long[] event(long timeMs, long value) {
    return new long[] {timeMs, value, value, value, timeMs, value, value};
  }

  private static long[] value(SplittableRandom random) {
    long[] extremes = {Long.MIN_VALUE, Long.MAX_VALUE, 0, -1, 1};
    long value = extremes[random.nextInt(extremes.length)];
    return event(random.nextInt(3), random.nextBoolean() ? value : random.nextLong());
  }
}
