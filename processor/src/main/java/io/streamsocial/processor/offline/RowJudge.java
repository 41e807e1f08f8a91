package io.streamsocial.processor.offline;

import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which verification calls a row equal, different or unproven.
 *
 * <p><b>State and input.</b> Let {@code T} be the stream time of the state, {@code W} a window that
 * has not expired at {@code T}.
 *
 * <pre>
 *   W not late at T         no mention of it was ever late, since stream time never goes back:
 *                           state = input                                              EXACT
 *   W late at T             some may have come late and were dropped; which ones depends on when
 *                           each was folded, which no topic records: state &lt;= input    AT_MOST
 *   posts deleted           their mentions are gone:                 state &gt;= input    AT_LEAST
 *   both                    nothing can be said                                        NONE
 * </pre>
 *
 * Equality under AT_MOST is a proof: lateness can only take away. Under AT_LEAST it is none, since
 * the state might lack exactly what the deleted posts held.
 *
 * <p><b>State and changelog.</b> See {@link ChangelogReplay}: equal to the last record before the
 * position, or between two records. An equal row may yet lack a record that compaction took: only
 * the input proves that it does not, and both must agree. A row without any record is unproven when
 * the changelog's beginning was deleted, and else different.
 */
final class RowJudge {
  private final Windowing windowing;
  private final PartitionLookup partitions;
  private final long deletedBeforeMs;
  private final int differencesMax;
  private final Map<Long, Map<StateVerify.Proof, long[]>> windows = new TreeMap<>();
  private final List<StateVerify.Difference> differences = new ArrayList<>();
  private long differenceCount;
  private long rows;
  private long unproven;

  /** The owner of a tag; null when it is not verified. */
  interface PartitionLookup {
    @Nullable VerifiedPartition of(byte[] tag);
  }

  /**
   * @param deletedBeforeMs posts that were deleted may have belonged to windows that start before
   *     or at this time; {@link Long#MIN_VALUE} when none were
   * @param differencesMax kept; all are counted
   */
  RowJudge(
      Windowing windowing, PartitionLookup partitions, long deletedBeforeMs, int differencesMax) {
    this.windowing = windowing;
    this.partitions = partitions;
    this.deletedBeforeMs = deletedBeforeMs;
    this.differencesMax = differencesMax;
  }

  void judge(long windowStartMs, String region, Tallies.Rows all) {
    for (int row = 0; row < all.size(); row++) {
      byte[] tag = all.tag(row);
      VerifiedPartition partition = partitions.of(tag);
      if (partition != null && !partition.isUnfinished()) {
        judge(partition, windowStartMs, region, tag, all, row);
      }
    }
  }

  private void judge(
      VerifiedPartition partition,
      long start,
      String region,
      byte[] tag,
      Tallies.Rows all,
      int row) {
    rows++;
    StateVerify.Proof proof = proof(partition, start);
    RowVerdict byInput = byInput(proof, all.input(row), all.state(row));
    RowVerdict byChangelog = byChangelog(partition, all, row);
    boolean isProven = byInput == RowVerdict.EQUAL && byChangelog == RowVerdict.EQUAL;
    long[] sums =
        windows
            .computeIfAbsent(start, window -> new TreeMap<>())
            .computeIfAbsent(proof, each -> new long[2]);
    sums[0]++;
    if (byInput == RowVerdict.DIFFERENT || byChangelog == RowVerdict.DIFFERENT) {
      differ(
          new StateVerify.Difference(
              partition.partition(),
              start,
              region,
              new String(tag, StandardCharsets.UTF_8),
              proof == StateVerify.Proof.NONE ? null : all.input(row),
              changelog(all, row),
              all.state(row)));
    } else if (!isProven) {
      sums[1]++;
      unproven++;
    }
  }

  StateVerify.Proof proof(VerifiedPartition partition, long start) {
    boolean late = windowing.isLate(start, partition.position().streamTimeMs());
    boolean deleted = start <= deletedBeforeMs;
    if (partition.isInPublish() || (late && deleted)) {
      return StateVerify.Proof.NONE;
    }
    if (late) {
      return StateVerify.Proof.AT_MOST;
    }
    return deleted ? StateVerify.Proof.AT_LEAST : StateVerify.Proof.EXACT;
  }

  private static RowVerdict byInput(StateVerify.Proof proof, long input, long state) {
    return switch (proof) {
      case EXACT -> state == input ? RowVerdict.EQUAL : RowVerdict.DIFFERENT;
      case AT_MOST ->
          state == input
              ? RowVerdict.EQUAL
              : state < input ? RowVerdict.UNPROVEN : RowVerdict.DIFFERENT;
      case AT_LEAST -> state < input ? RowVerdict.DIFFERENT : RowVerdict.UNPROVEN;
      case NONE -> RowVerdict.UNPROVEN;
    };
  }

  private static RowVerdict byChangelog(VerifiedPartition partition, Tallies.Rows all, int row) {
    long state = all.state(row);
    long before = all.changelog(row);
    long later = all.later(row);
    if (before != Tallies.NONE && before == state) {
      return RowVerdict.EQUAL;
    }
    if (later != Tallies.NONE) {
      boolean isBetween = before <= state && state <= later;
      return isBetween ? RowVerdict.UNPROVEN : RowVerdict.DIFFERENT;
    }
    if (before == Tallies.NONE) {
      boolean isDeleted = partition.changelog().begin() > 0;
      return state == 0 ? RowVerdict.EQUAL : isDeleted ? RowVerdict.UNPROVEN : RowVerdict.DIFFERENT;
    }
    return RowVerdict.DIFFERENT;
  }

  private static @Nullable Long changelog(Tallies.Rows all, int row) {
    long before = all.changelog(row);
    long known = before == Tallies.NONE ? all.later(row) : before;
    return known == Tallies.NONE ? null : known;
  }

  private void differ(StateVerify.Difference difference) {
    differenceCount++;
    if (differences.size() < differencesMax) {
      differences.add(difference);
    }
  }

  List<StateVerify.Difference> differences() {
    return differences.stream()
        .sorted(
            Comparator.comparingInt(StateVerify.Difference::partition)
                .thenComparingLong(StateVerify.Difference::windowStartMs)
                .thenComparing(StateVerify.Difference::hashtag)
                .thenComparing(StateVerify.Difference::region))
        .toList();
  }

  long differenceCount() {
    return differenceCount;
  }

  long rows() {
    return rows;
  }

  long unproven() {
    return unproven;
  }

  List<StateVerify.Window> windows() {
    List<StateVerify.Window> result = new ArrayList<>();
    windows.forEach(
        (start, byProof) ->
            byProof.forEach(
                (proof, sums) ->
                    result.add(new StateVerify.Window(start, proof, sums[0], sums[1]))));
    return result;
  }
}
