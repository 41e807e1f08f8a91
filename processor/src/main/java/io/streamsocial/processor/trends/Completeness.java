package io.streamsocial.processor.trends;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * How much of the input an answer includes. Immutable.
 *
 * @param expected shuffle partitions that the answer should be made of
 * @param missing those that did not answer, ascending
 * @param standby those that a standby answered, ascending
 * @param freshMs up to when all input is known to be included, by this process's steady clock, the
 *     worst of the partitions that answered; 0 when unknown
 * @param offsets of the input that is included, the smallest of all partitions that answered
 */
public record Completeness(
    int expected,
    List<Integer> missing,
    List<Integer> standby,
    long freshMs,
    InputOffsets offsets) {

  public Completeness {
    missing = List.copyOf(missing);
    standby = List.copyOf(standby);
  }

  /** Posts offsets included, by posts partition: the next offset to read. */
  public SortedMap<Integer, Long> asOf() {
    return offsets.posts();
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
  private static InputOffsets smallest(Collection<Trending.Held> answered) {
    return answered.stream()
        .map(Trending.Held::offsets)
        .reduce(InputOffsets::and)
        .orElse(InputOffsets.NONE);
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
    return includes(InputOffsets.of(next));
  }

  /**
   * Whether all these records are included.
   *
   * @param next the offsets behind the last records asked for
   */
  public boolean includes(InputOffsets next) {
    return offsets.includes(next);
  }
}
