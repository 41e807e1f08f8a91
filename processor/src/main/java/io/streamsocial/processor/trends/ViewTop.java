package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Lanes.Merge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The question "which keys have most?" and its answer. By the field that the view is ranked by it
 * is answered from the ranked heads; by any other sum every row has to be read, which is refused
 * where it would be too many.
 */
public final class ViewTop {
  /** The most rows that one holder reads to rank by a field that the view is not ranked by. */
  public static final long SCAN_ROWS_MAX = 1_000_000;

  /** How long it does so: half of what an instance waits for another's answer. */
  public static final Duration SCAN_TIME_MAX = Duration.ofMillis(250);

  private ViewTop() {}

  /**
   * @param group one group, or empty for all together
   * @param by index of the field that is summed over the windows; a sum
   * @param windows how many windows back, the one that contains {@code atMs} included, 1 to {@link
   *     WindowSpan#WINDOWS_MAX}; 1 for a view without windows
   * @param atMs the instant asked for, epoch milliseconds
   * @param limit rows, 1 to {@link Trending.Question#LIMIT_MAX}
   */
  public record Question(ViewSchema view, String group, int by, int windows, long atMs, int limit)
      implements ViewQuestion {
    public Question {
      ViewQuestion.check(view, group);
      QuestionBounds.checkLimit(limit);
      QuestionBounds.checkWindows(windows);
      if (windows > (view.isWindowed() ? WindowSpan.WINDOWS_MAX : 1)) {
        throw new IllegalArgumentException(
            "%d windows of the view %s: allowed are at most %d"
                .formatted(windows, view.name(), view.isWindowed() ? WindowSpan.WINDOWS_MAX : 1));
      }
      if (atMs < 0) {
        throw new IllegalArgumentException("at is %d: allowed is 0 or more".formatted(atMs));
      }
      if (by < 0 || by >= view.fields().size() || view.fields().get(by).merge() != Merge.SUM) {
        throw new IllegalArgumentException(
            "the view %s is put in an order by one of its sums, which are %s"
                .formatted(view.name(), view.sums()));
      }
    }

    /**
     * By the field that the view is ranked by, or else by its first sum.
     *
     * @throws IllegalArgumentException when the view has no sum
     */
    public static Question of(ViewSchema view, String group, int windows, long atMs, int limit) {
      int by = view.ranked().orElseGet(() -> view.sums().isEmpty() ? -1 : firstSum(view));
      return new Question(view, group, by, windows, atMs, limit);
    }

    private static int firstSum(ViewSchema view) {
      return view.field(view.sums().get(0)).orElseThrow();
    }

    /** Whether the ranked heads are of this field. */
    public boolean isRanked() {
      return view.ranked().isPresent() && view.ranked().getAsInt() == by;
    }

    /** The starts of its windows, oldest first. */
    public long[] starts() {
      return view.isWindowed() ? view.windowing().lastStarts(atMs, windows) : new long[] {0};
    }
  }

  /**
   * One key of a ranking.
   *
   * @param total the sum of the values; one that would pass 2^63 - 1 is that
   * @param values of the field that was asked for, one a window, oldest first, 0 where it has none
   */
  public record Row(ViewKey key, long total, List<Long> values) {
    /** By total descending, ties by key. */
    public static final Comparator<Row> ORDER =
        Comparator.comparingLong(Row::total).reversed().thenComparing(Row::key);

    public Row {
      values = List.copyOf(values);
    }

    public static Row of(ViewKey key, long... values) {
      Long[] boxed = new Long[values.length];
      long total = 0;
      for (int i = 0; i < values.length; i++) {
        boxed[i] = values[i];
        total = Lanes.add(total, values[i]);
      }
      return new Row(key, total, List.of(boxed));
    }
  }

  /**
   * The part of a ranking.
   *
   * @param rows the top N of these partitions together; none where a partition has too many
   * @param tooLarge the partitions that have more rows than a scan may read
   * @param tooSlow the partitions of which it could not read all rows in its time
   */
  public record Part(
      List<Row> rows,
      SortedSet<Integer> tooLarge,
      SortedSet<Integer> tooSlow,
      SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final Part NOTHING =
        new Part(List.of(), Collections.emptySortedSet(), Collections.emptySortedMap());

    public Part {
      rows = List.copyOf(rows);
      tooLarge = Collections.unmodifiableSortedSet(tooLarge);
      tooSlow = Collections.unmodifiableSortedSet(tooSlow);
      answered = Collections.unmodifiableSortedMap(answered);
    }

    /** Of partitions that were read in time. */
    public Part(
        List<Row> rows, SortedSet<Integer> tooLarge, SortedMap<Integer, Trending.Held> answered) {
      this(rows, tooLarge, Collections.emptySortedSet(), answered);
    }
  }

  /**
   * @param rows by total descending, ties by key ascending; none where {@code tooLarge} or {@code
   *     tooSlow} is not empty
   * @param tooLarge the partitions that have more rows than may be read to answer: ask for fewer
   *     windows, or have the view ranked by the field
   * @param tooSlow the partitions that could not be read in the time that there is, as on a busy
   *     machine: ask again, or as for {@code tooLarge}
   */
  public record Answer(
      List<Row> rows,
      SortedSet<Integer> tooLarge,
      SortedSet<Integer> tooSlow,
      Completeness completeness) {
    public Answer {
      rows = List.copyOf(rows);
      tooLarge = Collections.unmodifiableSortedSet(tooLarge);
      tooSlow = Collections.unmodifiableSortedSet(tooSlow);
    }
  }

  /**
   * The top of all these parts. A key lives in one partition, so the top N of parts that are each a
   * top N is the top N of all.
   *
   * @param expected the partitions that the answer should be made of
   * @param parts no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts
   */
  public static Answer merge(int limit, Collection<Integer> expected, List<Part> parts) {
    Completeness completeness = Completeness.of(expected, Trending.answered(parts));
    List<Row> rows = new ArrayList<>();
    SortedSet<Integer> tooLarge = new TreeSet<>();
    SortedSet<Integer> tooSlow = new TreeSet<>();
    for (Part part : parts) {
      rows.addAll(part.rows());
      tooLarge.addAll(part.tooLarge());
      tooSlow.addAll(part.tooSlow());
    }
    boolean isWhole = tooLarge.isEmpty() && tooSlow.isEmpty();
    return new Answer(isWhole ? first(limit, rows) : List.of(), tooLarge, tooSlow, completeness);
  }

  /** The first N of some rows in their order. */
  public static List<Row> first(int limit, List<Row> rows) {
    return rows.stream().sorted(Row.ORDER).limit(limit).toList();
  }
}
