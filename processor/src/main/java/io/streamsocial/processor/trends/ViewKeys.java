package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** The question "what are the rows of these keys?" and its answer. */
public final class ViewKeys {
  /** The most keys of one question. */
  public static final int KEYS_MAX = 100;

  private ViewKeys() {}

  /**
   * @param group one group, or empty for all together
   * @param windows {@link WindowSpan#NONE} for a view without windows; where rows have bytes, these
   *     are at most {@link ViewQuestion#ROWS_WITH_BYTES_MAX}, windows times keys
   * @param keys 1 to {@link #KEYS_MAX}, each of 1 to {@link ViewKey#BYTES_MAX} bytes, no two equal
   */
  public record Question(ViewSchema view, String group, WindowSpan windows, List<ViewKey> keys)
      implements ViewQuestion {
    public Question {
      keys = List.copyOf(keys);
      ViewQuestion.check(view, group);
      ViewQuestion.check(view, windows);
      if (keys.isEmpty() || keys.size() > KEYS_MAX) {
        throw new IllegalArgumentException(
            "%d keys: allowed are 1 to %d".formatted(keys.size(), KEYS_MAX));
      }
      if (keys.size() > keysMax(view, windows)) {
        throw new IllegalArgumentException(
            "%d keys in these windows of the view %s, whose rows have bytes: allowed are %d"
                .formatted(keys.size(), view.name(), keysMax(view, windows)));
      }
      for (ViewKey key : keys) {
        if (key.length() < 1 || key.length() > ViewKey.BYTES_MAX) {
          throw new IllegalArgumentException(
              "a key of %d bytes: allowed are 1 to %d".formatted(key.length(), ViewKey.BYTES_MAX));
        }
      }
      if (keys.stream().distinct().count() < keys.size()) {
        throw new IllegalArgumentException("a key is asked for twice");
      }
    }
  }

  /**
   * The most keys of one question in some windows. Where rows have bytes, an answer has at most
   * {@link ViewQuestion#ROWS_WITH_BYTES_MAX} rows.
   */
  public static int keysMax(ViewSchema view, WindowSpan windows) {
    if (view.bytes().isEmpty() || !view.isWindowed()) {
      return KEYS_MAX;
    }
    long rows = ViewQuestion.ROWS_WITH_BYTES_MAX / windows.windows(view.windowing());
    return (int) Math.max(1, Math.min(KEYS_MAX, rows));
  }

  /**
   * The part of an answer.
   *
   * @param entries the keys asked for that these partitions own, each once
   */
  public record Part(List<ViewEntry> entries, SortedMap<Integer, Trending.Held> answered)
      implements Trending.Part {
    /** Of an instance that holds none of the partitions. */
    public static final Part NOTHING = new Part(List.of(), Collections.emptySortedMap());

    public Part {
      entries = List.copyOf(entries);
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /**
   * @param entries by key; without those whose partition did not answer
   */
  public record Answer(Map<ViewKey, ViewEntry> entries, Completeness completeness) {
    public Answer {
      entries = Map.copyOf(entries);
    }

    /** Empty when the key's partition did not answer: nothing is known of it then. */
    public Optional<ViewEntry> entry(ViewKey key) {
      return Optional.ofNullable(entries.get(key));
    }
  }

  /**
   * All keys of these parts.
   *
   * @param expected the partitions that own the keys
   * @param parts no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts
   */
  public static Answer merge(Collection<Integer> expected, List<Part> parts) {
    Map<ViewKey, ViewEntry> entries = new HashMap<>();
    parts.forEach(part -> part.entries().forEach(entry -> entries.put(entry.key(), entry)));
    return new Answer(entries, Completeness.of(expected, Trending.answered(parts)));
  }
}
