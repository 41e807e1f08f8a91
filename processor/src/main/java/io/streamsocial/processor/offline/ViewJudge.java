package io.streamsocial.processor.offline;

import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.store.TaskStore;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which a recount of the posts calls a row of a view equal, different or unproven.
 * {@link ViewRecount} has every post in its rows. The engine may have fewer:
 *
 * <pre>
 *   equal                                   proven, since what the engine leaves out only takes away
 *   something that no posts make            different
 *   fewer, and some events may have come    unproven: late, or before the row began anew behind a
 *   late                                    time to live
 *   fewer, and the view may have been       unproven: no topic says since when a view counts. It
 *   added behind the row's first event      does since the first event, in each partition of the
 *                                           posts, of any row that is proven equal
 *   fewer, and the view was away after      unproven: what came while it did not count is in no
 *   its first rows                          row. The state says that it was away, and not when
 *   fewer, otherwise                        different
 *   posts deleted that may be in the row,   unproven, whatever the row is
 *   or written within a publish
 * </pre>
 *
 * Not thread-safe.
 */
final class ViewJudge {
  private final KeptView view;
  private final RowFormat format;
  // By partition of the state and of the posts: the first event that is proven to be counted.
  private final Map<Integer, Map<Long, Long>> counted = new HashMap<>();
  private long perhapsBefore;
  private long perhapsAway;

  ViewJudge(KeptView view) {
    this.view = view;
    this.format = view.format();
  }

  /** Rows that have fewer events, and perhaps since the view was added behind the first. */
  long perhapsBefore() {
    return perhapsBefore;
  }

  /** Rows that have fewer events, and perhaps since the view was away. */
  long perhapsAway() {
    return perhapsAway;
  }

  /**
   * Whether all of the input that a row includes is there, and known.
   *
   * @param key in the changelog
   * @param deletedMs posts up to this time may be deleted; {@link Long#MIN_VALUE} for none
   */
  boolean canProve(VerifiedPartition partition, byte[] key, long deletedMs) {
    if (!partition.isComparable()) {
      return false;
    }
    return switch (view.kind()) {
      case WINDOWS ->
          view.windowing().isNone() ? deletedMs == Long.MIN_VALUE : format.startMs(key) > deletedMs;
      // One that ended a gap before may have gone on.
      case SESSIONS ->
          deletedMs == Long.MIN_VALUE
              || format.startMs(key) - view.windowing().sizeMs() > deletedMs;
    };
  }

  private boolean isEqual(byte @Nullable [] stored, ViewRecount.@Nullable Row input) {
    return input != null && Arrays.equals(format.value(input.lanes(), 0), stored);
  }

  /** Of a row that is proven equal, notes that its events are counted. Before any is judged. */
  void note(
      VerifiedPartition partition,
      byte[] key,
      byte @Nullable [] stored,
      ViewRecount.@Nullable Row input,
      long deletedMs) {
    if (input == null || !isEqual(stored, input) || !canProve(partition, key, deletedMs)) {
      return;
    }
    Map<Long, Long> first = counted.computeIfAbsent(partition.partition(), p -> new HashMap<>());
    long[] firsts = input.firsts();
    for (int i = 0; i < firsts.length; i += 2) {
      first.merge(firsts[i], firsts[i + 1], Math::min);
    }
  }

  /** Whether the view counted when the first events of a row came. */
  private boolean isCounted(VerifiedPartition partition, ViewRecount.Row input) {
    Map<Long, Long> first = counted.getOrDefault(partition.partition(), Map.of());
    long[] firsts = input.firsts();
    for (int i = 0; i < firsts.length; i += 2) {
      if (firsts[i + 1] < first.getOrDefault(firsts[i], Long.MAX_VALUE)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Compares a row with the posts.
   *
   * @param stored on disk; null for none
   * @param input the recount's; null for none
   */
  RowVerdict judge(
      ViewRecount recount,
      VerifiedPartition partition,
      byte[] key,
      byte @Nullable [] stored,
      ViewRecount.@Nullable Row input,
      long deletedMs) {
    if (!canProve(partition, key, deletedMs)) {
      return RowVerdict.UNPROVEN;
    }
    if (isEqual(stored, input) || (input == null && stored == null)) {
      return RowVerdict.EQUAL;
    }
    ViewRecount.Row all = input;
    if (all == null && view.kind() == TaskStore.Kind.SESSIONS) {
      all = recount.sessionAround(key, format.startMs(key), format.endMs(key));
    }
    if (all == null || !isOfSome(recount, key, stored, all)) {
      return RowVerdict.DIFFERENT;
    }
    if (all.isDoubtful()) {
      return RowVerdict.UNPROVEN;
    }
    if (!isCounted(partition, all)) {
      perhapsBefore++;
      return RowVerdict.UNPROVEN;
    }
    if (partition.wasAway(view.id())) {
      perhapsAway++;
      return RowVerdict.UNPROVEN;
    }
    return RowVerdict.DIFFERENT;
  }

  private boolean isOfSome(
      ViewRecount recount, byte[] key, byte @Nullable [] stored, ViewRecount.Row all) {
    return stored == null
        || recount.isOfSome(format.row(key, stored, 0, stored.length, new long[0]), all.lanes());
  }
}
