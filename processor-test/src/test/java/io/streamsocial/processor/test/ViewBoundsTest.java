package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Records and sums at the ends of what is allowed, in a whole application. */
final class ViewBoundsTest {
  /** Trending counts it, and the API has told its writer that it is accepted. */
  @Test
  void aPostOfVeryManyHashtagsCountsWithTheBurstsAsWithout() {
    StringBuilder text = new StringBuilder("#one");
    Map<String, Long> expected = new TreeMap<>();
    for (int i = 0; i < 1_000; i++) {
      text.append(" #t").append(i % 500);
      expected.merge("t" + i % 500, 1L, Long::sum);
    }
    expected.put("one", 1L);
    View bursts = PostViews.bursts(Posts.TOPIC);
    try (ViewTest test = ViewTest.of(Posts.config().hashtags(true).view(bursts).build()).start()) {
      Posts.send(test, text.toString(), "EU", test.nowMs());
      test.settle();
      assertThat(Posts.counts(test, 1, "EU")).isEqualTo(expected);
      assertThat(test.records("streamsocial-trending-rejected")).isEmpty();
      assertThat(test.engine(0).status().loops().get(0).counters().views().get(PostViews.BURSTS))
          .extracting(counters -> counters.emissions())
          .isEqualTo(1_001L);
    }
  }

  @Test
  void aSumThatIsFullKeepsItsKeyAtTheTop() {
    View sums =
        View.named("sums")
            .from(
                "numbers",
                (record, out) -> {
                  String[] parts = new String(record.valueBytes(), UTF_8).split("=", 2);
                  out.emit(record.timestampMs(), parts[0], Long.parseLong(parts[1]));
                })
            .tumbling(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1))
            .sum("n")
            .rankedBy("n")
            .build();
    try (ViewTest test = ViewTest.of(sums).start()) {
      for (int i = 0; i < 3; i++) {
        test.send("numbers", ("full=" + Long.MAX_VALUE).getBytes(UTF_8));
        test.send("numbers", "small=7".getBytes(UTF_8));
        test.settle();
      }
      test.advance(Duration.ofMinutes(1));
      test.send("numbers", "full=1".getBytes(UTF_8));
      test.settle();
      for (int windows = 1; windows <= 3; windows++) {
        ViewTop.Answer top = test.view("sums").top("", windows, test.nowMs(), 2);
        ViewTop.Row first = top.rows().get(0);
        assertThat(first.key()).isEqualTo(ViewKey.of("full"));
        assertThat(first.total()).isEqualTo(windows == 1 ? 1 : Long.MAX_VALUE);
      }
    }
  }
}
