package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Parts of several instances become one answer. */
class TrendingMergeTest {
  private static final List<Integer> ALL = List.of(0, 1, 2, 3);

  private static Trending.Held held(Role role, long freshMs, Map<Integer, Long> asOf) {
    return new Trending.Held(role, freshMs, freshMs, new TreeMap<>(asOf));
  }

  private static Trending.TopPart part(List<Trending.Row> rows, Map<Integer, Trending.Held> held) {
    return new Trending.TopPart(rows, new TreeMap<>(held));
  }

  private static Trending.Row row(String hashtag, long count) {
    return Trending.Row.of(hashtag, List.of(new Trending.WindowCount(0, count)));
  }

  /**
   * A plain recount: rows dealt to partitions, each part cut to its top, merged: as if never dealt.
   */
  @Test
  void mergedTopsAreTheTopOfAll() {
    Property.holds(
        500,
        random -> {
          List<Trending.Row> all = new ArrayList<>();
          for (int i = 0; i < random.nextInt(60); i++) {
            all.add(row("t" + i, 1 + random.nextInt(5)));
          }
          int limit = 1 + random.nextInt(12);
          List<Trending.TopPart> parts = new ArrayList<>();
          for (int p = 0; p < 4; p++) {
            int mine = p;
            List<Trending.Row> top =
                all.stream()
                    .filter(row -> Math.floorMod(row.hashtag().hashCode(), 4) == mine)
                    .sorted(Trending.Row.ORDER)
                    .limit(limit)
                    .toList();
            parts.add(part(top, Map.of(p, held(Role.ACTIVE, 5, Map.of()))));
          }
          assertThat(Trending.merge(limit, ALL, parts).rows())
              .isEqualTo(all.stream().sorted(Trending.Row.ORDER).limit(limit).toList());
        });
  }

  @Test
  void tiesAreInTheOrderOfUtf8Bytes() {
    String[] tags = {"a", "ab", "b", "é", "\uFFFD", "\uE000", "\uD800\uDC00", "\uDBFF\uDFFF", "z"};
    List<Trending.Row> rows = new ArrayList<>();
    for (String tag : tags) {
      rows.add(row(tag, 1));
    }
    rows.sort(Trending.Row.ORDER);
    Comparator<String> bytes =
        (a, b) ->
            Arrays.compareUnsigned(
                a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    assertThat(rows.stream().map(Trending.Row::hashtag))
        .isEqualTo(Arrays.stream(tags).sorted(bytes).toList());
  }

  @Test
  void anAnswerIsAsOldAsItsOldestPartAndNamesStandbysAndGaps() {
    SortedMap<Integer, Trending.Held> a = new TreeMap<>();
    a.put(0, held(Role.ACTIVE, 100, Map.of(0, 7L, 1, 4L)));
    a.put(3, held(Role.STANDBY, 80, Map.of(0, 6L, 1, 9L, 2, 1L)));
    Completeness known =
        Trending.merge(
                10,
                ALL,
                List.of(
                    new Trending.TopPart(List.of(), a),
                    part(List.of(), Map.of(1, held(Role.STANDBY, 90, Map.of(0, 8L, 1, 5L))))))
            .completeness();
    assertThat(known.missing()).containsExactly(2);
    assertThat(known.standby()).containsExactly(1, 3);
    assertThat(known.answered()).isEqualTo(3);
    assertThat(known.stalenessMs(new Moment(0, 200))).isEqualTo(120);
    assertThat(known.asOf()).isEqualTo(Map.of(0, 6L, 1, 4L));
    assertThat(known.includes(Map.of(0, 6L))).isTrue();
    assertThat(known.includes(Map.of(0, 6L, 2, 1L))).isFalse();
  }

  @Test
  void nothingKnownIsSaidAsSuch() {
    Completeness known = Trending.merge(10, ALL, List.of()).completeness();
    assertThat(known.missing()).isEqualTo(ALL);
    assertThat(known.stalenessMs(new Moment(0, 5))).isEqualTo(-1);
    assertThat(known.asOf()).isEmpty();
    Trending.TopPart unknown = part(List.of(), Map.of(0, held(Role.ACTIVE, 0, Map.of())));
    assertThat(
            Trending.merge(10, ALL, List.of(unknown)).completeness().stalenessMs(new Moment(0, 5)))
        .isEqualTo(-1);
  }

  @Test
  void aPartitionNeverCountsTwice() {
    Trending.TopPart part = part(List.of(), Map.of(1, held(Role.ACTIVE, 0, Map.of())));
    assertThatThrownBy(() -> Trending.merge(10, ALL, List.of(part, part)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("partition 1 is in two parts");
  }

  @Test
  void aHashtagIsKnownWhenAWindowHasIt() {
    Trending.Key key = new Trending.Key("a", 2);
    Map<Integer, Trending.Held> held = Map.of(2, held(Role.STANDBY, 9, Map.of()));
    Trending.HashtagAnswer answer = Trending.hashtag(key, part(List.of(row("a", 3)), held));
    assertThat(answer.known()).isTrue();
    assertThat(answer.completeness().expected()).isEqualTo(1);
    assertThat(answer.completeness().standby()).containsExactly(2);
    assertThat(Trending.hashtag(key, part(List.of(row("a", 0)), held)).known()).isFalse();
    assertThat(Trending.hashtag(key, Trending.TopPart.NOTHING).completeness().missing())
        .containsExactly(2);
  }
}
