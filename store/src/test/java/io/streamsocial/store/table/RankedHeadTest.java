package io.streamsocial.store.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RankedHeadTest {
  @Test
  void keptCountsAreExactAndNoKeyOutsideExceedsTheBound() {
    Property.holds(
        200,
        random -> {
          RankedHead head = new RankedHead(random.nextInt(1, 20));
          Map<String, Long> model = new HashMap<>();
          int keys = random.nextInt(1, 200);
          boolean flat = random.nextBoolean();
          long bound = 0;
          for (int i = 0; i < 2_000; i++) {
            grow(head, model, random, keys, flat);
            if (random.nextInt(50) == 0) {
              HeadView view = head.view();
              assertSound(view, model);
              assertThat(view.bound()).isGreaterThanOrEqualTo(bound);
              bound = view.bound();
            }
          }
          assertSound(head.view(), model);
        });
  }

  @Test
  void headOfFewKeysHoldsThemAll() {
    RankedHead head = new RankedHead(5);
    for (int i = 0; i < 10; i++) {
      offer(head, "k" + i, i + 1);
    }
    assertThat(head.view().bound()).isZero();
    assertThat(head.view().size()).isEqualTo(10);
  }

  @Test
  void theLargestStayWhenTheHeadIsFull() {
    RankedHead head = new RankedHead(5);
    for (int i = 1; i <= 11; i++) {
      offer(head, "k" + i, i);
    }
    HeadView view = head.view();
    assertThat(view.bound()).isEqualTo(5);
    assertThat(keys(view).keySet()).containsExactlyInAnyOrder("k6", "k7", "k8", "k9", "k10", "k11");
  }

  @Test
  void keysThatTieWithTheBoundMayGoAndTheBoundSaysSo() {
    RankedHead head = new RankedHead(2);
    for (int i = 0; i < 5; i++) {
      offer(head, "k" + i, 7);
    }
    assertThat(head.view().bound()).isEqualTo(7);
    assertThat(head.view().size()).isZero();
    offer(head, "k0", 8);
    assertThat(keys(head.view())).containsExactly(Map.entry("k0", 8L));
  }

  @Test
  void viewIsNotTouchedByLaterOffers() {
    Property.holds(
        50,
        random -> {
          RankedHead head = new RankedHead(random.nextInt(1, 10));
          Map<String, Long> model = new HashMap<>();
          for (int i = 0; i < 200; i++) {
            grow(head, model, random, 50, false);
          }
          HeadView view = head.view();
          Map<String, Long> then = new HashMap<>(model);
          // Ranking and index are made lazily, after the head has moved on.
          for (int i = 0; i < 1_000; i++) {
            grow(head, model, random, 500, false);
          }
          assertSound(view, then);
        });
  }

  private static void grow(
      RankedHead head, Map<String, Long> model, SplittableRandom random, int keys, boolean flat) {
    int rank = random.nextInt(keys);
    String key = "k" + (flat ? rank : rank * random.nextInt(keys) / keys);
    offer(head, key, model.merge(key, random.nextLong(1, 4), Long::sum));
  }

  private static void offer(RankedHead head, String key, long count) {
    byte[] bytes = key.getBytes(UTF_8);
    head.offer(CountTable.hash(bytes, 0, bytes.length), bytes, 0, bytes.length, count);
  }

  private static Map<String, Long> keys(HeadView view) {
    Map<String, Long> keys = new HashMap<>();
    for (int entry : view.ranking()) {
      keys.put(new String(view.copyOfKey(entry), UTF_8), view.count(entry));
    }
    return keys;
  }

  private static void assertSound(HeadView view, Map<String, Long> model) {
    Map<String, Long> kept = keys(view);
    assertThat(kept).hasSize(view.size());
    assertThat(model).containsAllEntriesOf(kept);
    model.forEach(
        (key, count) -> {
          byte[] bytes = key.getBytes(UTF_8);
          int entry = view.find(CountTable.hash(bytes, 0, bytes.length), bytes, 0, bytes.length);
          if (kept.containsKey(key)) {
            assertThat(view.count(entry)).isEqualTo(count);
            assertThat(count).isGreaterThanOrEqualTo(view.bound());
          } else {
            assertThat(entry).isEqualTo(-1);
            assertThat(count).isLessThanOrEqualTo(view.bound());
          }
        });
    int[] ranking = view.ranking();
    for (int i = 1; i < ranking.length; i++) {
      assertThat(view.count(ranking[i])).isLessThanOrEqualTo(view.count(ranking[i - 1]));
    }
  }
}
