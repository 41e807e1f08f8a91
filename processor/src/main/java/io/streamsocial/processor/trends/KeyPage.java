package io.streamsocial.processor.trends;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The question "which hashtags are there, in their own order?" and its answer. */
public final class KeyPage {
  private KeyPage() {}

  /**
   * @param limit rows, 1 to {@link Trending.Question#LIMIT_MAX}
   * @param windows how many windows back, the one that contains {@code atMs} included; at least 1
   * @param region one region, or null for all together
   * @param atMs the instant asked for, epoch milliseconds
   * @param from the first hashtag, inclusive; empty for the first of all
   * @param to exclusive; null for no end
   */
  public record Question(
      int limit,
      int windows,
      @Nullable String region,
      long atMs,
      String from,
      @Nullable String to) {

    public Question {
      QuestionBounds.checkLimit(limit);
      QuestionBounds.checkWindows(windows);
    }

    public Trending.Question trending() {
      return new Trending.Question(limit, windows, region, atMs);
    }
  }

  /** By hashtag in code point order, which is the order of the stores' keys. */
  static final Comparator<Trending.Row> ORDER =
      (a, b) -> Trending.compareCodePoints(a.hashtag(), b.hashtag());

  /**
   * @param rows in the order of hashtags; where there are as many as the limit, more may follow
   */
  public record Answer(List<Trending.Row> rows, Completeness completeness) {}

  /**
   * The part of a page.
   *
   * @param rows the first N of these partitions together, in the order of an answer
   */
  public record PagePart(List<Trending.Row> rows, SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final PagePart NOTHING = new PagePart(List.of(), Collections.emptySortedMap());

    public PagePart {
      rows = List.copyOf(rows);
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /**
   * A tag lives in one partition, so the first N of parts that are each a first N are the first N
   * of all.
   *
   * @param expected the partitions that the answer should be made of
   * @param parts no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts
   */
  public static Answer merge(int limit, Collection<Integer> expected, List<PagePart> parts) {
    List<Trending.Row> rows = new ArrayList<>();
    parts.forEach(part -> rows.addAll(part.rows()));
    rows.sort(ORDER);
    return new Answer(
        List.copyOf(rows.subList(0, Math.min(limit, rows.size()))),
        Completeness.of(expected, Trending.answered(parts)));
  }
}
