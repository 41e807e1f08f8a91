package io.streamsocial.processor.trends;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How much of the input an answer includes. Immutable.
 *
 * @param expected shuffle partitions that the answer should be made of
 * @param missing those that did not answer, ascending
 * @param standby those that a standby answered, ascending
 * @param freshMs up to when all input is known to be included, by this process's steady clock, the
 *     worst of the partitions that answered; 0 when unknown
 * @param asOf posts offsets included, by posts partition: the next offset to read, the smallest of
 *     all partitions that answered
 */
public record Completeness(
    int expected,
    List<Integer> missing,
    List<Integer> standby,
    long freshMs,
    SortedMap<Integer, Long> asOf) {

  public Completeness {
    missing = List.copyOf(missing);
    standby = List.copyOf(standby);
    asOf = Collections.unmodifiableSortedMap(asOf);
  }

  /**
   * The completeness of an answer that should include some partitions.
   *
   * @param answered what it is made of
   */
  static Completeness of(Collection<Integer> expected, SortedMap<Integer, Trending.Held> answered) {
    List<Integer> missing = new ArrayList<>();
    for (int partition : expected) {
      if (!answered.containsKey(partition)) {
        missing.add(partition);
      }
    }
    Collections.sort(missing);
    List<Integer> standby = new ArrayList<>();
    long freshMs = Long.MAX_VALUE;
    for (Map.Entry<Integer, Trending.Held> entry : answered.entrySet()) {
      freshMs = Math.min(freshMs, entry.getValue().freshMs());
      if (entry.getValue().role() == Role.STANDBY) {
        standby.add(entry.getKey());
      }
    }
    return new Completeness(
        expected.size(),
        missing,
        standby,
        freshMs == Long.MAX_VALUE ? 0 : Math.max(0, freshMs),
        smallest(answered.values()));
  }

  /** An offset counts as included only when every part includes it. */
  private static SortedMap<Integer, Long> smallest(Collection<Trending.Held> answered) {
    SortedMap<Integer, Long> asOf = new TreeMap<>();
    boolean isFirst = true;
    for (Trending.Held held : answered) {
      if (isFirst) {
        asOf.putAll(held.asOf());
        isFirst = false;
      } else {
        SortedMap<Integer, Long> offsets = held.asOf();
        asOf.keySet().retainAll(offsets.keySet());
        asOf.replaceAll((source, offset) -> Math.min(offset, offsets.getOrDefault(source, offset)));
      }
    }
    return asOf;
  }

  public boolean partial() {
    return !missing.isEmpty();
  }

  public int answered() {
    return expected - missing.size();
  }

  /**
   * The age of the answer's state: how old the newest input is that it includes, of the partition
   * where that is oldest; -1 when unknown.
   */
  public long stalenessMs(Moment now) {
    return freshMs == 0 ? -1 : Math.max(0, now.steadyMs() - freshMs);
  }

  /**
   * Whether all these posts are included.
   *
   * @param next by posts partition, the offset behind the last post asked for
   */
  public boolean includes(Map<Integer, Long> next) {
    return includes(asOf, next);
  }

  static boolean includes(Map<Integer, Long> asOf, Map<Integer, Long> next) {
    for (Map.Entry<Integer, Long> wanted : next.entrySet()) {
      if (asOf.getOrDefault(wanted.getKey(), 0L) < wanted.getValue()) {
        return false;
      }
    }
    return true;
  }
}
