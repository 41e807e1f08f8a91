package io.streamsocial.http.api;

import io.streamsocial.http.Trace;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Pace;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Windowing;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Answers "what is trending?" from wherever the partitions are, for GET /api/trending and for the
 * live streams. Between two publishes equal questions have one answer. Any thread.
 */
public final class TrendingAnswers {
  /**
   * Into so many steps the time of a window is divided: without a new post, an answer and its
   * entity tag change once a step, and those of all instances at about the same time.
   */
  private static final long STEPS = 60;

  /** Limit, windows and region are the client's choice. */
  private static final int QUESTIONS_MAX = 1_000;

  private final Router router;
  private final Windowing windowing;
  private final CompletenessFields fields;
  private final AnswerCache<Key, TrendingAnswer> cache;

  /**
   * @param parameters of the questions
   * @param publishMs how often the counts of other instances can change
   * @param shared called for each question that joined an equal one under way
   */
  public TrendingAnswers(
      Queries queries,
      Router router,
      Windowing windowing,
      TrendingParameters parameters,
      long publishMs,
      Runnable shared) {
    this.fields = parameters.completeness;
    this.router = router;
    this.windowing = windowing;
    this.cache =
        new AnswerCache<>(
            QUESTIONS_MAX, AnswerCache.Freshness.ofVersion(queries::version, publishMs), shared);
  }

  /** A question, with its instant rounded down to its window. */
  private record Key(int limit, int windows, @Nullable String region, long windowStartMs) {}

  /**
   * @param options {@code requireComplete} is not considered: the answer can be shared with readers
   *     that accept a partial one
   * @param now of the request
   */
  public CompletionStage<Answered<TrendingAnswer>> of(
      Trace trace, Trending.Question question, ReadOptions options, Moment now) {
    Key key =
        new Key(
            question.limit(),
            question.windows(),
            question.region(),
            windowing.start(question.atMs()));
    return cache.of(key, options, now, () -> ask(trace, question, options, now));
  }

  private CompletionStage<Answered<TrendingAnswer>> ask(
      Trace trace, Trending.Question question, ReadOptions options, Moment now) {
    return router
        .route(trace, PartQuestion.top(question), options)
        .thenApply(
            gathered -> {
              Trending.Answer answer =
                  Trending.merge(question.limit(), gathered.asked(), gathered.parts());
              return Answered.of(
                  gathered,
                  options,
                  TrendingAnswer.of(
                      answer,
                      windowing.sizeMs(),
                      elapsed(question, answer.completeness().stalenessMs(now), now),
                      fields),
                  answer.completeness());
            });
  }

  /**
   * Which part of the newest window that is asked for has been counted: up to the time until which
   * the answer includes all input, in whole steps.
   *
   * @param staleMs negative when unknown
   */
  private Pace.Elapsed elapsed(Trending.Question question, long staleMs, Moment now) {
    long stepMs = Math.max(1, windowing.sizeMs() / STEPS);
    long includedMs = now.wallMs() - Math.max(0, staleMs);
    long steps = Math.max(0, includedMs - windowing.start(question.atMs())) / stepMs;
    return steps * stepMs >= windowing.sizeMs()
        ? Pace.Elapsed.WHOLE
        : new Pace.Elapsed(share(steps * stepMs), share((steps + 1) * stepMs));
  }

  private double share(long ms) {
    return Math.min(1, (double) ms / windowing.sizeMs());
  }
}
