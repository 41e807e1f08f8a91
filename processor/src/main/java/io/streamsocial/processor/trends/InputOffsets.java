package io.streamsocial.processor.trends;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How far the input is read: the next offset by topic and partition. The maps must not change any
 * more.
 *
 * @param posts by partition of the posts topic, which is the first that an engine reads
 * @param others of further topics, by name and partition
 */
public record InputOffsets(
    SortedMap<Integer, Long> posts, SortedMap<String, SortedMap<Integer, Long>> others) {
  public static final InputOffsets NONE = of(Map.of());

  public InputOffsets {
    posts = Collections.unmodifiableSortedMap(posts);
    if (!others.isEmpty()) {
      SortedMap<String, SortedMap<Integer, Long>> wrapped = new TreeMap<>();
      others.forEach(
          (topic, offsets) -> wrapped.put(topic, Collections.unmodifiableSortedMap(offsets)));
      others = wrapped;
    }
    others = Collections.unmodifiableSortedMap(others);
  }

  /** Of the posts alone. */
  public static InputOffsets of(Map<Integer, Long> posts) {
    return of(new TreeMap<>(posts));
  }

  /** Of the posts alone. */
  public static InputOffsets of(SortedMap<Integer, Long> posts) {
    return new InputOffsets(posts, Collections.emptySortedMap());
  }

  public boolean isEmpty() {
    return posts.isEmpty() && others.isEmpty();
  }

  /** Whether all that lies before these offsets lies before its own. */
  public boolean includes(InputOffsets next) {
    return includes(posts, next.posts)
        && next.others.entrySet().stream()
            .allMatch(
                each ->
                    includes(
                        others.getOrDefault(each.getKey(), Collections.emptySortedMap()),
                        each.getValue()));
  }

  private static boolean includes(Map<Integer, Long> all, Map<Integer, Long> next) {
    for (Map.Entry<Integer, Long> wanted : next.entrySet()) {
      if (all.getOrDefault(wanted.getKey(), 0L) < wanted.getValue()) {
        return false;
      }
    }
    return true;
  }

  /** What both include. */
  InputOffsets and(InputOffsets other) {
    SortedMap<String, SortedMap<Integer, Long>> both = new TreeMap<>();
    others.forEach(
        (topic, offsets) -> {
          SortedMap<Integer, Long> theirs = other.others.get(topic);
          if (theirs != null) {
            both.put(topic, smaller(offsets, theirs));
          }
        });
    return new InputOffsets(smaller(posts, other.posts), both);
  }

  private static SortedMap<Integer, Long> smaller(
      SortedMap<Integer, Long> one, SortedMap<Integer, Long> other) {
    SortedMap<Integer, Long> both = new TreeMap<>(one);
    both.keySet().retainAll(other.keySet());
    both.replaceAll((source, offset) -> Math.min(offset, other.getOrDefault(source, offset)));
    return both;
  }
}
