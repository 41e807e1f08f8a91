package io.streamsocial.processor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The question "what is trending?" and its answer. */
public final class Trending {
  private Trending() {}

  /**
   * @param limit rows, 1 to 1000
   * @param windows how many windows back, the one that contains {@code atMs} included; at least 1
   * @param region one region, or null for all together
   * @param atMs the instant asked for, epoch milliseconds
   */
  public record Question(int limit, int windows, @Nullable String region, long atMs) {}

  /** Up, down or flat: the sign of the velocity. */
  public enum Trend {
    UP,
    DOWN,
    FLAT;

    static Trend of(long velocity) {
      return velocity > 0 ? UP : velocity < 0 ? DOWN : FLAT;
    }
  }

  /**
   * @param windowStartMs inclusive start, epoch milliseconds
   * @param count mentions in it, 0 when it has none
   */
  public record WindowCount(long windowStartMs, long count) {}

  /**
   * @param count mentions over all windows asked for
   * @param velocity mentions in the newest two windows minus those in the older ones
   * @param windows oldest first, every window asked for, absent ones as 0
   */
  public record Row(
      String hashtag, long count, long velocity, Trend trend, List<WindowCount> windows) {}

  /**
   * @param rows by count descending, ties by hashtag ascending (UTF-8 byte order, which is code
   *     point order)
   */
  public record Answer(List<Row> rows, Completeness completeness) {}

  /**
   * One hashtag's windows.
   *
   * @param hashtag folded as at ingest
   * @param known whether any of the windows has a mention
   * @param partition the shuffle partition that owns the hashtag
   * @param windows oldest first, absent ones as 0
   */
  public record HashtagAnswer(
      String hashtag,
      boolean known,
      int partition,
      List<WindowCount> windows,
      Completeness completeness) {}
}
