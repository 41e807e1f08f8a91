package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.Completeness;
import java.util.SortedSet;

/**
 * An answer that was merged from parts, and what it lacks of what its reader asked for. It does not
 * hold the parts, which can be far larger than the answer.
 *
 * @param stale partitions whose holders are staler than the reader accepts; they are missing
 * @param behind partitions that do not include the posts that the reader asked for
 * @param isRemote whether other instances may have contributed
 * @param why partitions of a view are missing, for people, where that is known; else empty
 */
public record Answered<A>(
    A answer,
    Completeness completeness,
    SortedSet<Integer> stale,
    SortedSet<Integer> behind,
    boolean isRemote,
    String why) {

  public static <A> Answered<A> of(
      Gathered<?> gathered, ReadOptions options, A answer, Completeness completeness) {
    return new Answered<>(
        answer,
        completeness,
        gathered.stale(),
        gathered.behind(options.after()),
        gathered.isRemote(),
        gathered.why());
  }
}
