package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.peers.ReadOptions;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ExpiringAnswersTest {
  private static final ReadOptions STRICT =
      new ReadOptions(Map.of(), 0, OptionalLong.of(100), false);

  private final AtomicInteger shared = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong nanos = new AtomicLong(7);
  private final ExpiringAnswers<String, Integer> recent =
      new ExpiringAnswers<>(shared::incrementAndGet, nanos::get);

  private CompletionStage<Integer> count() {
    return CompletableFuture.completedFuture(asked.incrementAndGet());
  }

  private int ask(String question, ReadOptions options) {
    return recent.of(question, options, this::count).toCompletableFuture().join();
  }

  @Test
  void theSameQuestionHasTheSameAnswerForAWhile() {
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
    assertThat(ask("b", ReadOptions.NONE)).isEqualTo(2);
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(999));
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(3);
  }

  @Test
  void whoAsksForAFresherStateGetsAnAnswerOfHisOwn() {
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
    assertThat(ask("a", STRICT)).isEqualTo(2);
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
  }

  @Test
  void equalQuestionsAtOneTimeAreOneWork() {
    CompletableFuture<Integer> slow = new CompletableFuture<>();
    CompletionStage<Integer> first = recent.of("a", ReadOptions.NONE, () -> slow);
    CompletionStage<Integer> second = recent.of("a", ReadOptions.NONE, this::count);
    slow.complete(7);
    assertThat(first.toCompletableFuture().join()).isEqualTo(7);
    assertThat(second.toCompletableFuture().join()).isEqualTo(7);
    assertThat(asked).hasValue(0);
    assertThat(shared).hasValue(1);
  }

  @Test
  void aFailureIsNotKept() {
    CompletionStage<Integer> failed =
        recent.of(
            "a",
            ReadOptions.NONE,
            () -> CompletableFuture.failedFuture(new IllegalStateException("no")));
    assertThat(failed.toCompletableFuture()).isCompletedExceptionally();
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
  }
}
