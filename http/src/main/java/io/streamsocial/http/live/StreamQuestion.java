package io.streamsocial.http.live;

import io.streamsocial.processor.trends.Trending;
import org.jspecify.annotations.Nullable;

/**
 * The question that a client follows: always about now.
 *
 * @param region null for all together
 */
record StreamQuestion(int limit, int windows, @Nullable String region) {
  static StreamQuestion of(Trending.Question question) {
    return new StreamQuestion(question.limit(), question.windows(), question.region());
  }

  Trending.Question at(long nowMs) {
    return new Trending.Question(limit, windows, region, nowMs);
  }
}
