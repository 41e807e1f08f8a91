package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.Trending;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The parts that answer one question, from one holder or from several, and the partitions that are
 * in no part. Immutable.
 *
 * @param asked the partitions that the answer should be made of
 * @param parts each of at least one partition, no two of the same
 * @param stale partitions whose holders are staler than the reader accepts; they are in no part
 * @param isRemote whether other instances may have contributed
 * @param why partitions of a view are in no part, for people, where that is known; else empty
 */
public record Gathered<P extends Trending.Part>(
    List<Integer> asked, List<P> parts, SortedSet<Integer> stale, boolean isRemote, String why) {

  public Gathered {
    asked = List.copyOf(asked);
    parts = parts.stream().filter(part -> !part.answered().isEmpty()).toList();
    SortedSet<Integer> unanswered = new TreeSet<>(stale);
    parts.forEach(part -> unanswered.removeAll(part.answered().keySet()));
    stale = Collections.unmodifiableSortedSet(unanswered);
  }

  public Gathered(List<Integer> asked, List<P> parts, SortedSet<Integer> stale, boolean isRemote) {
    this(asked, parts, stale, isRemote, "");
  }

  /** Of a view that counts nowhere. */
  static <P extends Trending.Part> Gathered<P> waiting(List<Integer> asked, String why) {
    return new Gathered<>(asked, List.of(), new TreeSet<>(), false, why);
  }

  /** Of a holder that has none of the partitions. */
  static <P extends Trending.Part> Gathered<P> nothing(List<Integer> asked) {
    return new Gathered<>(asked, List.of(), new TreeSet<>(), true);
  }

  /**
   * The part of a question to one partition.
   *
   * @param nothing where no holder answered
   */
  public P only(P nothing) {
    return parts.isEmpty() ? nothing : parts.get(0);
  }

  /** The partitions in the parts. */
  SortedSet<Integer> answered() {
    SortedSet<Integer> answered = new TreeSet<>();
    parts.forEach(part -> answered.addAll(part.answered().keySet()));
    return answered;
  }

  /** The partitions that no holder has, or can read yet. */
  SortedSet<Integer> notHeld() {
    SortedSet<Integer> notHeld = new TreeSet<>(asked);
    notHeld.removeAll(answered());
    notHeld.removeAll(stale);
    return notHeld;
  }

  /** The partitions in the parts that do not include these posts. */
  SortedSet<Integer> behind(InputOffsets after) {
    SortedSet<Integer> behind = new TreeSet<>();
    for (P part : parts) {
      part.answered()
          .forEach(
              (partition, held) -> {
                if (!held.includes(after)) {
                  behind.add(partition);
                }
              });
    }
    return behind;
  }
}
