package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Role;
import io.streamsocial.processor.views.ViewKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What holders answer of a view becomes the answer that one holder of everything would give. */
final class ViewMergeTest {
  private static final List<Integer> ALL = List.of(0, 1, 2);

  private static SortedMap<Integer, Trending.Held> held(int... partitions) {
    SortedMap<Integer, Trending.Held> held = new TreeMap<>();
    for (int partition : partitions) {
      held.put(
          partition,
          new Trending.Held(Role.ACTIVE, 5, 5, new TreeMap<>(Map.of(0, 7L + partition))));
    }
    return held;
  }

  private static ViewEntry entry(String key, int rows) {
    List<ViewRow> windows = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      windows.add(new ViewRow(Views.SHOPS, 60_000L * i, new long[] {1, key.length(), i}));
    }
    return new ViewEntry(ViewKey.of(key), windows);
  }

  /** Reads one partition as a store would, and stops where its budget is spent. */
  private static ViewRange.Stretch read(
      SortedMap<ViewKey, ViewEntry> keys, ViewKey from, int limit, int budget) {
    List<ViewEntry> read = new ArrayList<>();
    for (ViewEntry entry : keys.tailMap(from).values()) {
      if (read.size() == Math.min(limit, budget)) {
        return new ViewRange.Stretch(read, read.get(read.size() - 1).key().next());
      }
      read.add(entry);
    }
    return new ViewRange.Stretch(read, null);
  }

  @Test
  void pagesTogetherAreEveryKeyOnceInOrderWhoeverStopsWhere() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 200; round++) {
      TreeMap<ViewKey, ViewEntry> all = new TreeMap<>();
      List<TreeMap<ViewKey, ViewEntry>> stores =
          List.of(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
      for (int i = random.nextInt(60); i > 0; i--) {
        ViewEntry entry = entry("k" + random.nextInt(1_000), 1 + random.nextInt(3));
        if (all.putIfAbsent(entry.key(), entry) == null) {
          stores.get(random.nextInt(3)).put(entry.key(), entry);
        }
      }
      int limit = random.nextInt(1, 20);
      List<ViewEntry> found = new ArrayList<>();
      @Nullable ViewKey next = ViewKey.FIRST;
      while (next != null) {
        List<ViewRange.Part> parts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          ViewRange.Stretch stretch = read(stores.get(i), next, limit, random.nextInt(1, 20));
          parts.add(new ViewRange.Part(stretch, held(i)));
        }
        ViewRange.Answer page = ViewRange.merge(limit, ALL, parts);
        assertThat(page.entries()).hasSizeLessThanOrEqualTo(limit);
        assertThat(page.isShort()).isEqualTo(page.next() != null && page.entries().size() < limit);
        assertThat(page.next() == null || !page.entries().isEmpty()).as("it goes on").isTrue();
        found.addAll(page.entries());
        next = page.next();
      }
      assertThat(found).isEqualTo(List.copyOf(all.values()));
    }
  }

  @Test
  void aPageHasNoMoreRowsThanItMay() {
    List<ViewEntry> entries = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      entries.add(entry("k%02d".formatted(i), 1_000));
    }
    ViewRange.Part part = new ViewRange.Part(new ViewRange.Stretch(entries, null), held(0, 1, 2));
    ViewRange.Answer page = ViewRange.merge(100, ALL, List.of(part));
    assertThat(page.entries()).hasSize(ViewRange.ROWS_MAX / 1_000);
    assertThat(page.next()).isEqualTo(ViewKey.of("k20"));
    assertThat(page.isShort()).isTrue();
  }

  @Test
  void aPartitionThatDoesNotAnswerIsMissing() {
    ViewRange.Part part =
        new ViewRange.Part(new ViewRange.Stretch(List.of(entry("a", 1)), null), held(0, 2));
    Completeness completeness = ViewRange.merge(10, ALL, List.of(part)).completeness();
    assertThat(completeness.missing()).containsExactly(1);
    assertThat(completeness.asOf()).isEqualTo(Map.of(0, 7L));
    ViewKeys.Answer keys =
        ViewKeys.merge(ALL, List.of(new ViewKeys.Part(List.of(entry("a", 0)), held(0))));
    assertThat(keys.entry(ViewKey.of("a")))
        .hasValueSatisfying(a -> assertThat(a.isKnown()).isFalse());
    assertThat(keys.entry(ViewKey.of("b"))).isEmpty();
    assertThat(keys.completeness().missing()).containsExactly(1, 2);
  }

  @Test
  void theTopOfPartsIsTheTopOfAll() {
    ViewTop.Row a = ViewTop.Row.of(ViewKey.of("a"), 1, 4);
    ViewTop.Row b = ViewTop.Row.of(ViewKey.of("b"), 5, 0);
    ViewTop.Row c = ViewTop.Row.of(ViewKey.of("c"), 9, 9);
    List<ViewTop.Part> parts =
        List.of(
            new ViewTop.Part(List.of(b), new TreeSet<>(), held(0)),
            new ViewTop.Part(List.of(c, a), new TreeSet<>(), held(1, 2)));
    ViewTop.Answer top = ViewTop.merge(2, ALL, parts);
    assertThat(top.rows()).containsExactly(c, a);
    assertThat(top.completeness().partial()).isFalse();
    assertThatThrownBy(() -> ViewTop.merge(2, ALL, List.of(parts.get(0), parts.get(0))))
        .hasMessageContaining("count twice");
  }

  @Test
  void aRankingThatWouldReadTooMuchHasNoRowsAtAll() {
    ViewTop.Part one =
        new ViewTop.Part(List.of(ViewTop.Row.of(ViewKey.of("a"), 1)), new TreeSet<>(), held(0));
    ViewTop.Part large = new ViewTop.Part(List.of(), new TreeSet<>(List.of(2)), held(1, 2));
    ViewTop.Answer top = ViewTop.merge(2, ALL, List.of(one, large));
    assertThat(top.rows()).isEmpty();
    assertThat(top.tooLarge()).containsExactly(2);
    ViewTop.Part slow =
        new ViewTop.Part(List.of(), new TreeSet<>(), new TreeSet<>(List.of(1)), held(1, 2));
    ViewTop.Answer late = ViewTop.merge(2, ALL, List.of(one, slow));
    assertThat(late.rows()).isEmpty();
    assertThat(late.tooLarge()).isEmpty();
    assertThat(late.tooSlow()).containsExactly(1);
  }
}
