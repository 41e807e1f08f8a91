package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.views.ViewKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a view of sessions is asked: the sessions of a key, and how many keys are active. */
final class SessionQuestionsTest {
  private static final long GAP = 1_500;

  @TempDir Path directory;

  private LoopRig rig;
  private ViewState bursts;

  @BeforeEach
  void run() {
    rig = LoopRig.withViews(directory).run();
    bursts = ViewState.of(rig.queries(), "bursts");
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private void post(long atMs, String region, String word) {
    rig.post(0, START + atMs, region, "#" + word);
  }

  private List<String> sessions(String group, String key, long from, long to) {
    ViewSessions.Answer answer =
        bursts.ask(
            new ViewSessions.Question(
                bursts.schema(), group, ViewKey.of(key), START + from, START + to));
    assertThat(answer.completeness().partial()).isFalse();
    return answer.entry().orElseThrow().rows().stream().map(SessionQuestionsTest::text).toList();
  }

  private static String text(ViewRow row) {
    return "%d-%d: %d"
        .formatted(row.windowStartMs() - START, row.endMs() - START, row.get("posts"));
  }

  private ViewActive.Answer active(String group, long atMs) {
    return bursts.ask(new ViewActive.Question(bursts.schema(), group, START + atMs));
  }

  @Test
  void sessionsGrowAndMergeInWhateverOrderTheirEventsCome() {
    post(5_000, "EU", "a");
    post(8_000, "EU", "a");
    rig.settle();
    assertThat(sessions("", "a", 0, 60_000)).containsExactly("5000-5000: 1", "8000-8000: 1");
    post(6_500, "US", "a");
    rig.settle();
    assertThat(sessions("", "a", 0, 60_000)).containsExactly("5000-8000: 3");
    assertThat(sessions("EU", "a", 0, 60_000)).containsExactly("5000-5000: 1", "8000-8000: 1");
    assertThat(sessions("EU", "a", 5_001, 60_000)).containsExactly("8000-8000: 1");
    assertThat(sessions("EU", "a", 0, 8_000)).containsExactly("5000-5000: 1");
    assertThat(sessions("", "never", 0, 60_000)).isEmpty();
  }

  /** By groups and together: who is in two groups is one. */
  @Test
  void activeIsWhoseSessionGoesOn() {
    post(5_000, "EU", "a");
    post(5_000, "US", "a");
    post(5_200, "US", "b");
    post(7_000, "US", "c");
    rig.settle();
    ViewActive.Answer now = active("", 6_499);
    assertThat(now.active()).isEqualTo(3);
    assertThat(now.groups()).containsExactly(Map.entry("US", 3L), Map.entry("EU", 1L));
    assertThat(active("", 5_000 + GAP).active()).as("the gap is over").isEqualTo(2);
    assertThat(active("US", 5_200 + GAP).active()).isEqualTo(1);
    assertThat(active("EU", 5_200 + GAP).active()).isZero();
    rig.checkpoint();
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(active("", 6_499).active()).as("after a crash").isEqualTo(3);
    assertThat(active("", 6_499).completeness().partial()).isFalse();
  }

  @Test
  void whatHasNoSessionsIsNotAskedForThem() {
    ViewState words = ViewState.of(rig.queries(), "words");
    assertThatThrownBy(() -> new ViewActive.Question(words.schema(), "", START))
        .hasMessageContaining("words has no sessions");
  }
}
