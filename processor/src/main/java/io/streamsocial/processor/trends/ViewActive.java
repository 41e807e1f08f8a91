package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewSchema;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The question "how many keys are active?" and its answer: those with a session that goes on, or
 * that ended less than the gap ago. The figure is kept up, so it costs no scan, and it is exact: a
 * key lives in one partition, so the partitions' figures add up. It is kept of the last session of
 * each key alone, so it is that of now: at an earlier instant it would also count the keys whose
 * last session began after it.
 */
public final class ViewActive {
  /** The most groups of an answer, beside all together: those with the most keys. */
  public static final int GROUPS_MAX = 1_000;

  private ViewActive() {}

  /**
   * @param view of sessions
   * @param group one group; empty for all, each by itself and together
   * @param atMs now, epoch milliseconds; not an instant that events lie behind
   */
  public record Question(ViewSchema view, String group, long atMs) implements ViewQuestion {
    public Question {
      ViewQuestion.checkSessions(view, group);
      if (atMs < 0) {
        throw new IllegalArgumentException("at is %d: allowed is 0 or more".formatted(atMs));
      }
    }
  }

  /**
   * The part of some partitions.
   *
   * @param keys active keys by group; that of all together is empty
   * @param answered without partitions that do not know the figure: they are being read after a
   *     restart, or have no memory for it
   */
  public record Part(SortedMap<String, Long> keys, SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final Part NOTHING =
        new Part(Collections.emptySortedMap(), Collections.emptySortedMap());

    public Part {
      keys = Collections.unmodifiableSortedMap(keys);
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /**
   * @param active keys of all groups together, or of the group asked for
   * @param groups active keys by group, the most first; at most {@link #GROUPS_MAX}
   * @param otherGroups groups beyond
   */
  public record Answer(
      long active,
      List<Map.Entry<String, Long>> groups,
      int otherGroups,
      Completeness completeness) {
    public Answer {
      groups = List.copyOf(groups);
    }
  }

  /**
   * The sum of these parts.
   *
   * @param question that was asked
   * @param expected the partitions that the answer should be made of; those that do not know the
   *     figure are missing in it
   * @param parts no two of the same partition
   */
  public static Answer merge(Question question, Collection<Integer> expected, List<Part> parts) {
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>(Trending.answered(parts));
    SortedMap<String, Long> keys = new TreeMap<>();
    for (Part part : parts) {
      part.keys().forEach((group, count) -> keys.merge(group, count, Long::sum));
    }
    long active = keys.getOrDefault(question.group(), 0L);
    List<Map.Entry<String, Long>> groups =
        keys.entrySet().stream()
            .filter(each -> !each.getKey().isEmpty() && each.getValue() > 0)
            .sorted(
                Map.Entry.<String, Long>comparingByValue()
                    .reversed()
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(each -> Map.entry(each.getKey(), each.getValue()))
            .toList();
    int shown = Math.min(GROUPS_MAX, groups.size());
    return new Answer(
        active,
        groups.subList(0, shown),
        groups.size() - shown,
        Completeness.of(expected, answered));
  }
}
