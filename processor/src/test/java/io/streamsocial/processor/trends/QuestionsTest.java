package io.streamsocial.processor.trends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.trends.Emerging.Scorer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A question outside its bounds does not exist. */
final class QuestionsTest {
  private static final int MAX = Trending.Question.LIMIT_MAX;

  static Stream<ThrowingCallable> outside() {
    return Stream.of(
        () -> new Trending.Question(0, 1, null, 0),
        () -> new Trending.Question(MAX + 1, 1, null, 0),
        () -> new Trending.Question(1, 0, null, 0),
        () -> new KeyPage.Question(0, 1, null, 0, "", null),
        () -> new KeyPage.Question(1, 0, null, 0, "", null),
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
        .hasMessageContaining("allowed is");
  }

  @Test
  void theEndsOfTheRangesAreAllowed() {
    assertThat(new Trending.Question(MAX, 1, null, 0).limit()).isEqualTo(MAX);
    assertThat(new Regions.Question(1, 1, 0).slices().minCount()).isZero();
    assertThat(Emerging.Question.of(MAX, 0).slices(1).windows()).isEqualTo(1);
  }
}
