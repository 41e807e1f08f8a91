package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** The question "which sessions had this key?" and its answer. */
public final class ViewSessions {
  /** The most sessions of one answer: the newest of these. */
  public static final int SESSIONS_MAX = 1_000;

  private ViewSessions() {}

  /**
   * @param view of sessions
   * @param group one group, or empty for all together
   * @param key of 1 to {@link ViewKey#BYTES_MAX} bytes
   * @param fromMs sessions that overlap the time from here on, epoch milliseconds
   * @param toMs up to here, exclusive
   */
  public record Question(ViewSchema view, String group, ViewKey key, long fromMs, long toMs)
      implements ViewQuestion {
    public Question {
      ViewQuestion.checkSessions(view, group);
      if (key.length() < 1 || key.length() > ViewKey.BYTES_MAX) {
        throw new IllegalArgumentException(
            "a key of %d bytes: allowed are 1 to %d".formatted(key.length(), ViewKey.BYTES_MAX));
      }
      if (fromMs < 0 || toMs <= fromMs) {
        throw new IllegalArgumentException(
            "from %d to %d: from is 0 or more, and before to".formatted(fromMs, toMs));
      }
    }
  }

  /**
   * The part of the partition that owns the key.
   *
   * @param entry empty where the partition is not held
   */
  public record Part(Optional<ViewEntry> entry, SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final Part NOTHING = new Part(Optional.empty(), Collections.emptySortedMap());

    public Part {
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /**
   * @param entry its rows are sessions, oldest first; empty when the key's partition did not
   *     answer: nothing is known of it then
   */
  public record Answer(Optional<ViewEntry> entry, Completeness completeness) {}

  /**
   * The answer of these parts.
   *
   * @param expected the partition that owns the key
   */
  public static Answer merge(Collection<Integer> expected, List<Part> parts) {
    Optional<ViewEntry> entry = parts.stream().flatMap(part -> part.entry().stream()).findFirst();
    return new Answer(entry, Completeness.of(expected, Trending.answered(parts)));
  }
}
