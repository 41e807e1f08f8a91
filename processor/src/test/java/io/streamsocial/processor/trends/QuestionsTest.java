package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.trends.Emerging.Scorer;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A question outside its bounds does not exist. */
final class QuestionsTest {
  private static final int MAX = Trending.Question.LIMIT_MAX;
  private static final WindowSpan HOUR = new WindowSpan(0, 3_599_999);
  private static final WindowSpan LONG = new WindowSpan(0, 60_000L * WindowSpan.WINDOWS_MAX);
  private static final ViewKey TOO_LONG = ViewKey.of("k".repeat(ViewKey.BYTES_MAX + 1));

  static Stream<ThrowingCallable> outside() {
    return Stream.of(
        () -> new Trending.Question(0, 1, null, 0),
        () -> new Trending.Question(MAX + 1, 1, null, 0),
        () -> new Trending.Question(1, 0, null, 0),
        () -> new ViewRange.Question(Views.SHOPS, "", HOUR, ViewKey.FIRST, null, 0),
        () -> new ViewRange.Question(Views.SHOPS, "", LONG, ViewKey.FIRST, null, 1),
        () -> new ViewRange.Question(Views.SHOPS, "", HOUR, TOO_LONG.next(), null, 1),
        () -> new ViewKeys.Question(Views.SHOPS, "", HOUR, List.of()),
        () -> new ViewKeys.Question(Views.SHOPS, "", HOUR, List.of(ViewKey.FIRST)),
        () -> new ViewKeys.Question(Views.SHOPS, "", HOUR, List.of(TOO_LONG)),
        () -> new ViewKeys.Question(Views.SHOPS, "", LONG, List.of(ViewKey.of("a"))),
        () -> new ViewTop.Question(Views.SHOPS, "", 0, 0, 0, 1),
        () -> new ViewTop.Question(Views.SHOPS, "", 0, WindowSpan.WINDOWS_MAX + 1, 0, 1),
        () -> new ViewTop.Question(Views.PROFILES, "", 0, 2, 0, 1),
        () -> new ViewTop.Question(Views.SHOPS, "", 0, 1, -1, 1),
        () -> new WindowSpan(-1, 0),
        () -> new WindowSpan(2, 1),
        () -> new Regions.Question(MAX + 1, 1, 0),
        () -> new Regions.Question(1, 0, 0),
        () -> new RegionVolumes.Question(0, null, 0, 0),
        () -> new RegionVolumes.Question(1, null, -1, 0),
        () -> new Emerging.Question(0, null, Scorer.SIGMA, 1, 0, 0),
        () -> new Emerging.Question(1, null, Scorer.SIGMA, 0, 0, 0));
  }

  @ParameterizedTest
  @MethodSource("outside")
  void aQuestionOutsideItsBoundsIsRefused(ThrowingCallable question) {
    assertThatThrownBy(question)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allowed ");
  }

  @Test
  void aQuestionThatTheViewCannotAnswerIsRefused() {
    List<ViewKey> keys = List.of(ViewKey.of("a"));
    assertThatThrownBy(() -> new ViewKeys.Question(Views.PROFILES, "DE", WindowSpan.NONE, keys))
        .hasMessageContaining("has no groups");
    assertThatThrownBy(
            () -> new ViewKeys.Question(Views.SHOPS, "", HOUR, List.of(keys.get(0), keys.get(0))))
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> new ViewTop.Question(Views.SHOPS, "", 2, 1, 0, 1))
        .hasMessageContaining("which are [orders, cents]");
  }

  @Test
  void theTopIsByTheRankedFieldOrElseByTheFirstSum() {
    assertThat(ViewTop.Question.of(Views.SHOPS, "", 1, 0, 10).by()).isEqualTo(1);
    assertThat(ViewTop.Question.of(Views.PROFILES, "", 1, 0, 10).by()).isZero();
    ViewSchema prices =
        View.named("prices")
            .from("orders", (record, out) -> {})
            .unwindowed()
            .last("cents")
            .build()
            .schema();
    assertThatThrownBy(() -> ViewTop.Question.of(prices, "", 1, 0, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the view prices is put in an order by one of its sums, which are []");
  }

  @Test
  void theEndsOfTheRangesAreAllowed() {
    assertThat(new Trending.Question(MAX, 1, null, 0).limit()).isEqualTo(MAX);
    assertThat(new Regions.Question(1, 1, 0).slices().minCount()).isZero();
    assertThat(Emerging.Question.of(MAX, 0).slices(1).windows()).isEqualTo(1);
  }
}
