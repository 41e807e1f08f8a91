package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.InputOffsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AnswerCacheTest {
  /** Every answer here is of this instant, and read 200 ms later. */
  private static final long FRESH_MS = 10_000;

  private static final Moment NOW = new Moment(0, FRESH_MS + 200);

  private static final ReadOptions STRICT = stalerBy(100);

  private final AtomicInteger shared = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong nanos = new AtomicLong(7);
  private final AtomicLong version = new AtomicLong(7);
  private final AnswerCache<String, Integer> aging =
      new AnswerCache<>(
          10, AnswerCache.Freshness.of(Duration.ofSeconds(1)), shared::incrementAndGet, nanos::get);
  private final AnswerCache<String, Integer> versioned =
      new AnswerCache<>(
          10,
          AnswerCache.Freshness.ofVersion(version::get, 100),
          shared::incrementAndGet,
          nanos::get);

  private static ReadOptions stalerBy(long maxStalenessMs) {
    return new ReadOptions(InputOffsets.NONE, 0, OptionalLong.of(maxStalenessMs), false);
  }

  private static Answered<Integer> answer(int number, boolean isRemote) {
    Completeness whole = new Completeness(1, List.of(), List.of(), FRESH_MS, InputOffsets.NONE);
    return new Answered<>(number, whole, new TreeSet<>(), new TreeSet<>(), isRemote, "");
  }

  private CompletionStage<Answered<Integer>> count(boolean isRemote) {
    return CompletableFuture.completedFuture(answer(asked.incrementAndGet(), isRemote));
  }

  private int ask(
      AnswerCache<String, Integer> cache, String question, ReadOptions options, boolean isRemote) {
    return cache
        .of(question, options, NOW, () -> count(isRemote))
        .toCompletableFuture()
        .join()
        .answer();
  }

  private int ask(String question, ReadOptions options) {
    return ask(aging, question, options, true);
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
  void aReaderOfAFresherStateGetsAnAnswerOfItsOwn() {
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
    assertThat(ask("a", STRICT)).isEqualTo(2);
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
    assertThat(ask("a", stalerBy(200))).as("the kept one is fresh enough").isEqualTo(1);
  }

  @Test
  void equalQuestionsAtOneTimeAreOneWork() {
    CompletableFuture<Answered<Integer>> slow = new CompletableFuture<>();
    CompletionStage<Answered<Integer>> first = aging.of("a", ReadOptions.NONE, NOW, () -> slow);
    CompletionStage<Answered<Integer>> second =
        aging.of("a", ReadOptions.NONE, NOW, () -> count(true));
    slow.complete(answer(7, true));
    assertThat(first.toCompletableFuture().join().answer()).isEqualTo(7);
    assertThat(second.toCompletableFuture().join().answer()).isEqualTo(7);
    assertThat(asked).hasValue(0);
    assertThat(shared).hasValue(1);
  }

  @Test
  void aFailureIsNotKept() {
    CompletionStage<Answered<Integer>> failed =
        aging.of(
            "a",
            ReadOptions.NONE,
            NOW,
            () -> CompletableFuture.failedFuture(new IllegalStateException("no")));
    assertThat(failed.toCompletableFuture()).isCompletedExceptionally();
    assertThat(ask("a", ReadOptions.NONE)).isEqualTo(1);
  }

  @Test
  void aRemoteAnswerIsReusedForOnePublishIntervalOnly() {
    assertThat(ask(versioned, "a", ReadOptions.NONE, true)).isEqualTo(1);
    nanos.addAndGet(99_999_999);
    assertThat(ask(versioned, "a", ReadOptions.NONE, true)).isEqualTo(1);
    nanos.addAndGet(1);
    assertThat(ask(versioned, "a", ReadOptions.NONE, false)).isEqualTo(2);
    nanos.addAndGet(900_000_000);
    assertThat(ask(versioned, "a", ReadOptions.NONE, false)).as("of here alone").isEqualTo(2);
    version.incrementAndGet();
    assertThat(ask(versioned, "a", ReadOptions.NONE, false)).isEqualTo(3);
  }
}
