package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What came back of one query to wherever its partitions are.
 *
 * @param parts no two of the same partition
 * @param stale partitions that somebody holds, but staler than was asked for; they are in no part
 * @param behind partitions in the parts that do not include the posts asked for
 * @param isRemote whether another instance had a part in it
 */
public record Routed(
    List<Trending.Part> parts,
    SortedSet<Integer> stale,
    SortedSet<Integer> behind,
    boolean isRemote) {

  /** Behind an answer that was accepted as it is. */
  public static final Routed NOTHING = of(List.of(), new TreeSet<>(), Map.of(), false);

  /** The parts as those of their kind, which is that of the question. */
  public <P extends Trending.Part> List<P> parts(Class<P> kind) {
    return parts.stream().map(kind::cast).toList();
  }

  static Routed of(
      List<Trending.Part> parts,
      SortedSet<Integer> stale,
      Map<Integer, Long> after,
      boolean isRemote) {
    List<Trending.Part> answering = new ArrayList<>();
    SortedSet<Integer> behind = new TreeSet<>();
    SortedSet<Integer> tooStale = new TreeSet<>(stale);
    for (Trending.Part part : parts) {
      if (!part.answered().isEmpty()) {
        answering.add(part);
      }
      part.answered()
          .forEach(
              (partition, held) -> {
                tooStale.remove(partition);
                if (!held.includes(after)) {
                  behind.add(partition);
                }
              });
    }
    return new Routed(List.copyOf(answering), tooStale, behind, isRemote);
  }
}
