package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.HeadView;
import io.streamsocial.store.table.RankedHead;
import io.streamsocial.store.table.RankedRow;
import io.streamsocial.store.table.ThresholdMerge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class ThresholdMergeTest {
  private static final int KEYS = 3_000;

  @Test
  void whatIsProvenIsTheFullSortWithItsTies() {
    Property.holds(
        300,
        random -> {
          int keys = random.nextInt(1, 300);
          IntUnaryOperator skew =
              random.nextBoolean() ? rank -> random.nextInt(keys) : zipf(random, keys);
          List<Map<String, Long>> windows =
              windows(random.nextInt(1, 6), random.nextInt(1, 2_000), skew);
          List<HeadView> heads = heads(windows, random.nextInt(1, 40));
          int limit = random.nextInt(1, 30);
          ThresholdMerge.top(heads, limit)
              .ifPresent(
                  rows -> assertThat(Ranked.of(rows)).isEqualTo(Ranked.fullSort(windows, limit)));
        });
  }

  @Test
  void headsThatHoldEverythingProveEverything() {
    Property.holds(
        100,
        random -> {
          int keys = random.nextInt(1, 100);
          List<Map<String, Long>> windows =
              windows(random.nextInt(1, 6), 500, rank -> random.nextInt(keys));
          int limit = random.nextInt(1, 150);
          Optional<List<RankedRow>> top = ThresholdMerge.top(heads(windows, 100), limit);
          assertThat(top.map(Ranked::of)).contains(Ranked.fullSort(windows, limit));
        });
  }

  @Test
  void skewedWindowsAreProvenFromHeadsAThirtiethOfTheirKeys() {
    int[] unproven = new int[1];
    int runs = 60;
    Property.holds(
        runs,
        random -> {
          List<Map<String, Long>> windows = windows(5, 20_000, zipf(random, KEYS));
          Optional<List<RankedRow>> top = ThresholdMerge.top(heads(windows, 100), 10);
          if (top.isEmpty()) {
            unproven[0]++;
          } else {
            assertThat(Ranked.of(top.get())).isEqualTo(Ranked.fullSort(windows, 10));
          }
        });
    assertThat(unproven[0]).isLessThanOrEqualTo(runs / 20);
  }

  @Test
  void oneWindowIsProvenWhileTheLastRankIsAboveTheBound() {
    Map<String, Long> window = new HashMap<>();
    for (int i = 1; i <= 100; i++) {
      window.put("k" + i, (long) i);
    }
    List<Map<String, Long>> windows = List.of(window);
    assertThat(ThresholdMerge.top(heads(windows, 10), 9).map(Ranked::of))
        .contains(Ranked.fullSort(windows, 9));
    assertThat(ThresholdMerge.top(heads(windows, 10), 90)).isEmpty();
  }

  @Test
  void tieAtTheLastRankWithAKeyOutsideIsNotProven() {
    Map<String, Long> window = new HashMap<>(Map.of("a", 9L));
    for (int i = 0; i < 20; i++) {
      window.put("tied" + i, 5L);
    }
    List<HeadView> heads = heads(List.of(window), 2);
    assertThat(ThresholdMerge.top(heads, 1).map(Ranked::of))
        .contains(List.of(new Ranked("a", 9, List.of(9L))));
    assertThat(ThresholdMerge.top(heads, 2)).isEmpty();
  }

  @Test
  void keyThatIsOutsideOneHeadMakesTheAnswerUncertainOnlyWhenItCouldReachTheTop() {
    // "b" leads the second window, and may have up to the bound in the first.
    Map<String, Long> first = new HashMap<>(Map.of("a", 100L, "c", 90L, "d", 80L, "e", 20L));
    first.put("b", 15L);
    Map<String, Long> second = Map.of("a", 60L, "b", 55L, "c", 1L);
    List<HeadView> heads = new ArrayList<>(heads(List.of(first), 2));
    heads.addAll(heads(List.of(second), 10));
    assertThat(heads.get(0).bound()).isPositive();
    assertThat(ThresholdMerge.top(heads, 1).map(Ranked::of))
        .contains(Ranked.fullSort(List.of(first, second), 1));
    Optional<List<RankedRow>> deeper = ThresholdMerge.top(heads, 4);
    deeper.ifPresent(
        rows -> assertThat(Ranked.of(rows)).isEqualTo(Ranked.fullSort(List.of(first, second), 4)));
  }

  @Test
  void noWindowsAndEmptyWindowsHaveAnEmptyTop() {
    assertThat(ThresholdMerge.top(List.of(), 5)).contains(List.of());
    assertThat(ThresholdMerge.top(heads(List.of(Map.of(), Map.of()), 3), 5)).contains(List.of());
  }

  private static List<Map<String, Long>> windows(int count, int posts, IntUnaryOperator key) {
    List<Map<String, Long>> windows = new ArrayList<>();
    for (int w = 0; w < count; w++) {
      Map<String, Long> window = new HashMap<>();
      for (int i = 0; i < posts; i++) {
        window.merge("k" + key.applyAsInt(i), 1L, Long::sum);
      }
      windows.add(window);
    }
    return windows;
  }

  /** Rank r with a probability near 1 / r: the inverse of the integral of 1 / x. */
  private static IntUnaryOperator zipf(SplittableRandom random, int keys) {
    return i -> (int) Math.pow(keys + 1, random.nextDouble()) - 1;
  }

  /** As the store makes them: counts grow one by one, keys interleaved. */
  private static List<HeadView> heads(List<Map<String, Long>> windows, int capacity) {
    List<HeadView> heads = new ArrayList<>();
    for (Map<String, Long> window : windows) {
      RankedHead head = new RankedHead(capacity);
      for (int percent : new int[] {30, 60, 100}) {
        window.forEach(
            (key, count) -> {
              byte[] bytes = key.getBytes(UTF_8);
              head.offer(
                  CountTable.hash(bytes, 0, bytes.length),
                  bytes,
                  0,
                  bytes.length,
                  count * percent / 100);
            });
      }
      heads.add(head.view());
    }
    return heads;
  }
}
