package io.streamsocial.processor;

import java.util.List;
import java.util.SortedMap;

/**
 * What an answer knows about itself.
 *
 * @param expected shuffle partitions that the answer should be made of
 * @param missing those that did not answer, ascending
 * @param stalenessMs how old the state behind the answer is: the age of the newest input that it is
 *     known to include, the worst of its partitions; -1 when nothing is known
 * @param asOf posts offsets included, by posts partition: the next offset to read, the smallest of
 *     all partitions that answered
 */
public record Completeness(
    int expected, List<Integer> missing, long stalenessMs, SortedMap<Integer, Long> asOf) {

  public boolean partial() {
    return !missing.isEmpty();
  }

  public int answered() {
    return expected - missing.size();
  }
}
