package io.streamsocial.processor.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.View;
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
    try (ViewTest test =
        ViewTest.of(Posts.config().hashtags(true).view(bursts).build()).start()) {
      Posts.send(test, text.toString(), "EU", test.nowMs());
      test.settle();
      assertThat(Posts.counts(test, 1, "EU")).isEqualTo(expected);
      assertThat(test.records("streamsocial-trending-rejected")).isEmpty();
      assertThat(test.engine(0).status().loops().get(0).counters().views().get(PostViews.BURSTS))
          .extracting(counters -> counters.emissions())
          .isEqualTo(1_001L);
    }
  }
}
