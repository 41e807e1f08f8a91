package io.streamsocial.http.peers;

import io.streamsocial.http.Trace;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.concurrent.CompletionStage;

/**
 * One view, asked across instances. Any thread; never blocks. An answer without some partitions is
 * an answer: its {@link io.streamsocial.processor.trends.Completeness} says which are missing, and
 * {@link ReadOptions#refusal} whether its reader would accept it.
 *
 * <p>A stage completes within the timeout for peers and the wait that the options ask for; it fails
 * with {@link io.streamsocial.http.RefusalException} when too many queries are under way, which the
 * server answers by 503. It completes on any thread, which must not be blocked.
 */
public final class AskedView {
  private final ViewSchema schema;
  private final ViewQueries queries;
  private final Router router;

  /**
   * @param queries those of this instance, which know the views
   */
  public AskedView(ViewSchema schema, ViewQueries queries, Router router) {
    this.schema = schema;
    this.queries = queries;
    this.router = router;
  }

  /** Its name, windows and fields. */
  public ViewSchema schema() {
    return schema;
  }

  /** The key of a text: of the hashtags folded as at ingest, of other views its UTF-8. */
  public ViewKey key(String text) {
    return queries.key(schema, text);
  }

  /** The shuffle partition that owns a key. */
  public int partition(ViewKey key) {
    return queries.partition(key);
  }

  /** The rows of some keys, each asked for at its owner. */
  public CompletionStage<Answered<ViewKeys.Answer>> ask(
      Trace trace, ViewKeys.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.keys(question, queries), options)
        .thenApply(
            gathered -> {
              ViewKeys.Answer answer = ViewKeys.merge(gathered.asked(), gathered.parts());
              return Answered.of(gathered, options, answer, answer.completeness());
            });
  }

  /** A page of keys in their order. */
  public CompletionStage<Answered<ViewRange.Answer>> ask(
      Trace trace, ViewRange.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.range(question), options)
        .thenApply(
            gathered -> {
              ViewRange.Answer answer =
                  ViewRange.merge(question.limit(), gathered.asked(), gathered.parts());
              return Answered.of(gathered, options, answer, answer.completeness());
            });
  }

  /** The sessions of a key, asked for at its owner. */
  public CompletionStage<Answered<ViewSessions.Answer>> ask(
      Trace trace, ViewSessions.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.sessions(question, queries), options)
        .thenApply(
            gathered -> {
              ViewSessions.Answer answer = ViewSessions.merge(gathered.asked(), gathered.parts());
              return Answered.of(gathered, options, answer, answer.completeness());
            });
  }

  /** How many keys are active. */
  public CompletionStage<Answered<ViewActive.Answer>> ask(
      Trace trace, ViewActive.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.active(question), options)
        .thenApply(
            gathered -> {
              ViewActive.Answer answer =
                  ViewActive.merge(question, gathered.asked(), gathered.parts());
              return Answered.of(gathered, options, answer, answer.completeness());
            });
  }

  /** The keys that have most. */
  public CompletionStage<Answered<ViewTop.Answer>> ask(
      Trace trace, ViewTop.Question question, ReadOptions options) {
    return router
        .route(trace, PartQuestion.top(question), options)
        .thenApply(
            gathered -> {
              ViewTop.Answer answer =
                  ViewTop.merge(question.limit(), gathered.asked(), gathered.parts());
              return Answered.of(gathered, options, answer, answer.completeness());
            });
  }
}
