package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the application's own views keep of posts beside numbers. */
final class PostViewsTest {
  private static final long MINUTE = 60_000;

  private static void send(ViewTest test, String text, long timeMs) {
    String post =
        "{\"text\":\"%s\",\"user_id\":\"u\",\"region\":\"EU\",\"timestamp\":%d}"
            .formatted(text, timeMs);
    test.send(Posts.TOPIC, null, post.getBytes(UTF_8), timeMs);
  }

  private static ViewTest start(View view) {
    return ViewTest.of(Posts.config().hashtags(true).view(view).build()).start();
  }

  private static ViewRow user(ViewTest test) {
    ViewState users = test.view(PostViews.USERS);
    ViewKey key = users.key("u");
    return users.get("", WindowSpan.NONE, key).entry(key).orElseThrow().rows().get(0);
  }

  @Test
  void aUserHasTheTextOfTheLatestPost() {
    try (ViewTest test = start(PostViews.users(Posts.TOPIC))) {
      long now = test.nowMs();
      send(test, "the #second, \\u0061s it is", now - 1);
      send(test, "the #first", now - 2);
      test.settle();
      assertThat(user(test).text()).contains("the #second, as it is");
      send(test, "", now);
      test.settle();
      assertThat(user(test).text()).contains("");
      assertThat(user(test).get("posts")).isEqualTo(3);
    }
  }

  @Test
  void aLongTextIsCutBetweenCharacters() {
    try (ViewTest test = start(PostViews.users(Posts.TOPIC))) {
      // Four bytes each, and two before: the 70th character would end at byte 282.
      send(test, "ab" + "\uD83C\uDF89".repeat(100), test.nowMs());
      test.settle();
      assertThat(user(test).text()).contains("ab" + "\uD83C\uDF89".repeat(69));
      send(test, "c".repeat(280), test.nowMs() + 1);
      test.settle();
      assertThat(user(test).text()).contains("c".repeat(280));
      send(test, "d".repeat(281), test.nowMs() + 2);
      test.settle();
      assertThat(user(test).text()).contains("d".repeat(280));
    }
  }

  /** Also through a crash, and where a late mention joins two bursts that had a peak each. */
  @Test
  void aBurstHasTheMostMentionsInOneMinute() {
    try (ViewTest test = start(PostViews.bursts(Posts.TOPIC))) {
      long minute = test.nowMs() - test.nowMs() % MINUTE - 20 * MINUTE;
      for (int i = 0; i < 3; i++) {
        send(test, "#tag", minute + 1_000L * i);
      }
      test.settle();
      for (int i = 0; i < 4; i++) {
        send(test, "#tag", minute + 2 * MINUTE + 59_000 + i * 500L); // two in each of two minutes
      }
      test.settle();
      assertThat(bursts(test)).extracting(row -> row.get("peak")).containsExactly(3L, 2L);
      test.crash(0);
      test.restart(0);
      send(test, "#tag #tag #tag", minute + 2 * MINUTE);
      send(test, "#tag", minute + MINUTE);
      test.settle();
      assertThat(bursts(test)).hasSize(1);
      assertThat(bursts(test).get(0).get("mentions")).isEqualTo(11);
      assertThat(bursts(test).get(0).get("peak")).isEqualTo(5);
    }
  }

  private static List<ViewRow> bursts(ViewTest test) {
    ViewState bursts = test.view(PostViews.BURSTS);
    return bursts
        .ask(
            new ViewSessions.Question(
                bursts.schema(),
                "EU",
                bursts.key("tag"),
                test.nowMs() - Duration.ofHours(1).toMillis(),
                test.nowMs()))
        .entry()
        .orElseThrow()
        .rows();
  }
}
