package io.streamsocial.processor.trends;

/** The bounds that several kinds of question share. */
final class QuestionBounds {
  private QuestionBounds() {}

  static void checkLimit(int limit) {
    if (limit < 1 || limit > Trending.Question.LIMIT_MAX) {
      throw new IllegalArgumentException(
          "limit is %d: allowed is 1 to %d".formatted(limit, Trending.Question.LIMIT_MAX));
    }
  }

  static void checkWindows(int windows) {
    if (windows < 1) {
      throw new IllegalArgumentException("windows is %d: allowed is 1 or more".formatted(windows));
    }
  }

  static void checkMinCount(long minCount, long min) {
    if (minCount < min) {
      throw new IllegalArgumentException(
          "min count is %d: allowed is %d or more".formatted(minCount, min));
    }
  }
}
