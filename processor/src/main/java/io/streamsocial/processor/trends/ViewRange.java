package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.ReadBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The question "which keys are there, in their own order?" and its answer, page by page. */
public final class ViewRange {
  /**
   * The most rows of one page, which may have many windows a key. A row with bytes counts as one
   * more for each {@link ReadBudget#ROW_BYTES} of them.
   */
  public static final int ROWS_MAX = 20_000;

  /** How long one holder reads for a page: half of what an instance waits for another's answer. */
  public static final Duration TIME_MAX = Duration.ofMillis(250);

  private ViewRange() {}

  /**
   * @param group one group, or empty for all together
   * @param windows {@link WindowSpan#NONE} for a view without windows
   * @param from the first key, inclusive; {@link ViewKey#FIRST} for the first of all
   * @param to exclusive; null for no end
   * @param limit keys, 1 to {@link Trending.Question#LIMIT_MAX}
   */
  public record Question(
      ViewSchema view,
      String group,
      WindowSpan windows,
      ViewKey from,
      @Nullable ViewKey to,
      int limit)
      implements ViewQuestion {
    public Question {
      ViewQuestion.check(view, group);
      ViewQuestion.check(view, windows);
      QuestionBounds.checkLimit(limit);
      checkBound(from);
      if (to != null) {
        checkBound(to);
      }
    }

    private static void checkBound(ViewKey bound) {
      if (!canBeBound(bound)) {
        throw new IllegalArgumentException(
            "a bound of %d bytes: allowed are at most %d"
                .formatted(bound.length(), ViewKey.BYTES_MAX + 1));
      }
    }
  }

  /**
   * The first keys of a range, of some partitions.
   *
   * @param entries in the order of keys
   * @param end from this key on nothing was read; null when the range was read to its end
   */
  public record Stretch(List<ViewEntry> entries, @Nullable ViewKey end) {
    public Stretch {
      entries = List.copyOf(entries);
    }
  }

  /** The part of a page. */
  public record Part(Stretch stretch, SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final Part NOTHING =
        new Part(new Stretch(List.of(), null), Collections.emptySortedMap());

    public Part {
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /**
   * @param entries in the order of keys; none where nothing but rows that have expired was read
   * @param next the first key that the next page has to ask for; null when the range is read
   * @param isShort whether the page ends before its limit, since a holder has spent what it may
   */
  public record Answer(
      List<ViewEntry> entries, @Nullable ViewKey next, boolean isShort, Completeness completeness) {
    public Answer {
      entries = List.copyOf(entries);
    }
  }

  /**
   * Whether a page can begin or end there: the first key after the longest one is a byte longer.
   */
  public static boolean canBeBound(ViewKey key) {
    return key.length() <= ViewKey.BYTES_MAX + 1;
  }

  /** The first of two ends; null is behind every key. */
  public static @Nullable ViewKey earlier(@Nullable ViewKey a, @Nullable ViewKey b) {
    return a == null || (b != null && b.compareTo(a) < 0) ? b : a;
  }

  /**
   * Joins what several partitions have read of one range. What lies before the first of their ends
   * is known of all of them, and no further: so a page has no gap, whoever stopped where.
   */
  public static Stretch join(int limit, List<Stretch> stretches) {
    List<ViewEntry> entries = new ArrayList<>();
    ViewKey end = null;
    for (Stretch each : stretches) {
      entries.addAll(each.entries());
      end = earlier(end, each.end());
    }
    entries.sort(Comparator.comparing(ViewEntry::key));
    List<ViewEntry> page = new ArrayList<>();
    int rows = 0;
    for (ViewEntry entry : entries) {
      if (end != null && entry.key().compareTo(end) >= 0) {
        break;
      }
      if (page.size() == limit || rows >= ROWS_MAX) {
        end = entry.key();
        break;
      }
      page.add(entry);
      for (ViewRow row : entry.rows()) {
        rows += row.weight();
      }
    }
    return new Stretch(page, end);
  }

  /**
   * The page of all these parts.
   *
   * @param expected the partitions that the answer should be made of
   * @param parts no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts
   */
  public static Answer merge(int limit, Collection<Integer> expected, List<Part> parts) {
    Completeness completeness = Completeness.of(expected, Trending.answered(parts));
    Stretch page = join(limit, parts.stream().map(Part::stretch).toList());
    ViewKey next = page.end();
    boolean isShort = next != null && page.entries().size() < limit;
    return new Answer(page.entries(), next, isShort, completeness);
  }
}
