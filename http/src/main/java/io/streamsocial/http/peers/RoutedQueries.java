package io.streamsocial.http.peers;

import io.streamsocial.http.RefusalException;
import io.streamsocial.http.Trace;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Questions to the whole application for one request: each partition is asked where it is held,
 * under the time for peers, with a second question to a standby when the first is slow. Any thread;
 * never blocks.
 *
 * <p>A stage fails with {@link RefusalException} when more queries are under way than are allowed.
 */
public final class RoutedQueries {
  private final Router router;
  private final Queries local;
  private final Trace trace;

  /**
   * @param trace names the request on the instances that are asked
   */
  public RoutedQueries(Router router, Queries local, Trace trace) {
    this.router = router;
    this.local = local;
    this.trace = trace;
  }

  /** The top over all partitions; its completeness names those that did not answer. */
  public CompletionStage<Trending.Answer> trending(Trending.Question question) {
    return router
        .route(trace, PartQuestion.top(question), ReadOptions.NONE)
        .thenApply(
            gathered -> Trending.merge(question.limit(), gathered.asked(), gathered.parts()));
  }

  /**
   * The windows of one hashtag. Fails with {@link RefusalException} when no instance answers for
   * its partition: there is no half of it.
   *
   * @param hashtag with or without a leading '#', any case
   * @param question its limit is not used
   */
  public CompletionStage<Trending.HashtagAnswer> hashtag(
      String hashtag, Trending.Question question) {
    Trending.Key key = local.key(hashtag);
    return router
        .route(trace, PartQuestion.hashtag(key, question), ReadOptions.NONE)
        .thenApply(
            gathered -> {
              Trending.HashtagAnswer answer =
                  Trending.hashtag(key, gathered.only(Trending.TopPart.NOTHING));
              Optional<RefusalException> refusal =
                  ReadOptions.NONE
                      .refusalOfKey(
                          Answered.of(gathered, ReadOptions.NONE, answer, answer.completeness()),
                          key.partition(),
                          "#" + key.hashtag())
                      .map(RefusalException::new);
              if (refusal.isPresent()) {
                throw refusal.get();
              }
              return answer;
            });
  }

  /**
   * One view.
   *
   * @throws IllegalArgumentException when there is no such view; the message names those that are
   */
  public RoutedView view(String name) {
    ViewQueries views = local.views();
    return new RoutedView(new AskedView(views.require(name), views, router), trace);
  }
}
