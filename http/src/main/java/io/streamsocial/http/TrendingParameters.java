package io.streamsocial.http;

import io.streamsocial.processor.Trending;

/** The query parameters of the two trending paths, with the bounds that the windowing sets. */
final class TrendingParameters {
  static final int MAX_LIMIT = 1_000;
  private static final int DEFAULT_LIMIT = 10;
  private static final int DEFAULT_WINDOWS = 3;
  private static final int DEFAULT_HASHTAG_WINDOWS = 6;

  final Parameter<Integer> limit = Parameter.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
  final Parameter<Integer> windows;
  final Parameter<Integer> hashtagWindows;
  final Parameter<String> region = Parameter.region("region");
  final Parameter<Long> at;
  final Parameter<Boolean> requireComplete = Parameter.choice("require", "complete");

  TrendingParameters(ServerOptions options) {
    int max = options.windowsMax();
    windows = Parameter.integer("windows", Math.min(DEFAULT_WINDOWS, max), 1, max);
    hashtagWindows = Parameter.integer("windows", Math.min(DEFAULT_HASHTAG_WINDOWS, max), 1, max);
    at = Parameter.instant("at", options.window().toMillis(), options.retention().toMillis());
  }

  Trending.Question question(Request request) {
    return question(request, request.get(limit), request.get(windows));
  }

  /** The limit plays no part in it. */
  Trending.Question hashtagQuestion(Request request) {
    return question(request, 1, request.get(hashtagWindows));
  }

  private Trending.Question question(Request request, int rows, int back) {
    String only = request.arguments().find(region).orElse(null);
    long atMs = request.arguments().find(at).orElse(request.nowMs());
    return new Trending.Question(rows, back, only, atMs);
  }
}
