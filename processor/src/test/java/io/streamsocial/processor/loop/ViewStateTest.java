package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine answers of its views is what a plain map of the posts has. */
final class ViewStateTest {
  private static final List<String> REGIONS = List.of("EU", "US");

  @TempDir Path dir;
  private LoopRig rig;
  // Posts by region, word and window; the region "" has all.
  private final Map<String, TreeMap<String, TreeMap<Long, Long>>> posts = new TreeMap<>();

  @BeforeEach
  void count() {
    rig = LoopRig.withViews(dir).run();
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 400; i++) {
      String word = "w" + random.nextInt(1 + random.nextInt(60));
      String region = REGIONS.get(random.nextInt(2));
      long timeMs = rig.nowMs - random.nextLong(4 * WINDOW);
      rig.post(random.nextInt(POSTS), timeMs, region, "#" + word);
      for (String of : List.of("", region)) {
        posts
            .computeIfAbsent(of, r -> new TreeMap<>())
            .computeIfAbsent(word, w -> new TreeMap<>())
            .merge(timeMs - timeMs % WINDOW, 1L, Long::sum);
      }
      if (i == 200) {
        rig.settle();
        rig.checkpoint(); // one half from the disk, the other from memory
      }
    }
    rig.settle();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private ViewState view(String name) {
    return ViewState.of(rig.queries(), name);
  }

  private WindowSpan windows(int newest) {
    return new WindowSpan(rig.nowMs - (newest - 1) * WINDOW, rig.nowMs);
  }

  @SuppressWarnings("NonApiType") // nested sorted maps, of this class alone
  private SortedMap<String, TreeMap<Long, Long>> words(String region) {
    return posts.getOrDefault(region, new TreeMap<>());
  }

  private SortedMap<Long, Long> of(String region, String word) {
    return words(region).getOrDefault(word, new TreeMap<>());
  }

  private Map<Long, Long> expected(String region, String word, int newest) {
    return of(region, word).tailMap(rig.nowMs - rig.nowMs % WINDOW - (newest - 1) * WINDOW);
  }

  private static Map<Long, Long> counts(ViewEntry entry, String field) {
    Map<Long, Long> counts = new TreeMap<>();
    for (ViewRow row : entry.rows()) {
      counts.put(row.windowStartMs(), row.get(field));
    }
    return counts;
  }

  @Test
  void rowsOfKeysAreThoseOfTheirWindows() {
    for (int newest : new int[] {1, 2, 5}) {
      for (String region : List.of("", "EU", "Mars")) {
        assertRows("words", "posts", "w", region, newest);
      }
    }
    // Hashtags are folded, and have no grace here: of older windows some posts were late.
    assertRows(TopicNames.STORE, "count", "#W", "US", 1);
  }

  private void assertRows(String name, String field, String prefix, String region, int newest) {
    ViewState view = view(name);
    ViewKey[] keys =
        IntStream.range(0, 70).mapToObj(i -> view.key(prefix + i)).toArray(ViewKey[]::new);
    ViewKeys.Answer answer = view.get(region, windows(newest), keys);
    assertThat(answer.completeness().partial()).isFalse();
    for (ViewKey key : keys) {
      ViewEntry entry = answer.entry(key).orElseThrow();
      assertThat(counts(entry, field)).isEqualTo(expected(region, key.toString(), newest));
    }
  }

  @Test
  void aViewWithoutWindowsHasOneRowAKey() {
    ViewState latest = view("latest");
    ViewEntry entry =
        latest.get("", WindowSpan.NONE, ViewKey.of("w1")).entry(ViewKey.of("w1")).orElseThrow();
    assertThat(entry.rows()).hasSize(1);
    ViewRow row = entry.rows().get(0);
    long sum = of("", "w1").values().stream().mapToLong(n -> n).sum();
    assertThat(row.get("posts")).isEqualTo(sum);
    assertThat(row.timeMs()).isBetween(rig.nowMs - 4 * WINDOW, rig.nowMs);
    assertThat(row.get("value")).isEqualTo(row.timeMs() * 31 % 1_000 - 500);
    assertThatThrownBy(() -> row.get("nothing")).hasMessageContaining("no field 'nothing'");
  }

  @Test
  void pagesTogetherAreTheRange() {
    ViewState words = view("words");
    for (int limit : new int[] {1, 7, 1_000}) {
      List<String> found = new ArrayList<>();
      ViewKey next = ViewKey.of("w1");
      while (next != null) {
        ViewRange.Answer page =
            words.ask(
                new ViewRange.Question(
                    words.schema(), "EU", windows(5), next, ViewKey.of("w5"), limit));
        for (ViewEntry entry : page.entries()) {
          found.add(entry.key().toString());
          assertThat(counts(entry, "posts")).isEqualTo(expected("EU", entry.key().toString(), 5));
        }
        next = page.next();
      }
      assertThat(found).isEqualTo(List.copyOf(words("EU").subMap("w1", "w5").keySet()));
    }
  }

  @Test
  void theTopIsThatOfAFullSortByHeadsAndByScan() {
    ViewState words = view("words");
    ViewState latest = view("latest");
    for (String region : List.of("", "US")) {
      for (int newest : new int[] {1, 3}) {
        ViewTop.Question question =
            new ViewTop.Question(words.schema(), region, 0, newest, rig.nowMs, 5);
        List<String> expected = sorted(region, newest);
        assertThat(words.ask(question).rows()).extracting(ViewStateTest::text).isEqualTo(expected);
        assertThat(words.tryTop(question).map(ViewTop.Answer::rows).orElseThrow())
            .extracting(ViewStateTest::text)
            .isEqualTo(expected);
      }
    }
    ViewTop.Question all = new ViewTop.Question(latest.schema(), "", 0, 1, 0, 5);
    assertThat(latest.tryTop(all)).isEmpty();
    ViewTop.Answer scanned = latest.ask(all);
    assertThat(scanned.tooLarge()).isEmpty();
    if (scanned.tooSlow().isEmpty()) { // it took too long, as a busy machine may make it
      assertThat(scanned.rows()).extracting(ViewStateTest::text).isEqualTo(sorted("", 5));
    }
  }

  private List<String> sorted(String region, int newest) {
    Map<String, Long> sums = new TreeMap<>();
    words(region)
        .keySet()
        .forEach(
            word ->
                sums.put(
                    word,
                    expected(region, word, newest).values().stream().mapToLong(n -> n).sum()));
    return sums.entrySet().stream()
        .filter(sum -> sum.getValue() > 0)
        .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
        .limit(5)
        .map(sum -> sum.getKey() + "=" + sum.getValue())
        .toList();
  }

  private static String text(ViewTop.Row row) {
    return row.key() + "=" + row.total();
  }

  @Test
  void whatIsNotHereIsMissing() {
    ViewState words = view("words");
    rig.readable.hide(rig.task(1));
    ViewRange.Question all =
        new ViewRange.Question(words.schema(), "", windows(5), ViewKey.FIRST, null, 1_000);
    assertThat(words.ask(all).completeness().missing()).containsExactly(1);
    ViewKey absent =
        IntStream.range(0, 60)
            .mapToObj(i -> ViewKey.of("w" + i))
            .filter(k -> LoopRig.owner(k.toString()) == 1)
            .findFirst()
            .orElseThrow();
    assertThat(words.get("", windows(5), absent).entry(absent)).isEmpty();
  }

  @Test
  void aViewThatIsNotThereIsRefusedWithThoseThatAre() {
    assertThatThrownBy(() -> view("word"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hashtag-trends-store, words, latest, bursts");
  }

  @Test
  void sessionsAreNotAskedForWindows() {
    assertThatThrownBy(() -> view("bursts").get("", windows(1), ViewKey.of("w1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has sessions");
  }
}
