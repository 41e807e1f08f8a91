package io.streamsocial.http.peers;

import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.InputOffsets;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;

/**
 * The conditions that a reader sets on the state behind an answer; the same on every path that
 * reads.
 *
 * @param after records that must be included: the offsets behind them; empty for none
 * @param waitMs how long to wait until they are, 0 to 10,000
 * @param maxStalenessMs parts that are staler count as missing
 * @param requireComplete whether a partial answer is refused
 */
public record ReadOptions(
    InputOffsets after, long waitMs, OptionalLong maxStalenessMs, boolean requireComplete) {

  /** How long a read may wait for the posts of its {@code after}. */
  public static final long WAIT_MAX_MS = 10_000;

  public static final ReadOptions NONE =
      new ReadOptions(InputOffsets.NONE, 0, OptionalLong.empty(), false);

  /** Whether an answer that was made before meets the conditions. */
  public boolean accept(Completeness completeness, Moment now) {
    long staleMs = completeness.stalenessMs(now);
    boolean isFresh =
        maxStalenessMs.isEmpty() || (staleMs >= 0 && staleMs <= maxStalenessMs.getAsLong());
    return isFresh && completeness.includes(after);
  }

  /** The same when some of the wait is over. */
  ReadOptions afterWaiting(long spentMs) {
    return new ReadOptions(after, Math.max(0, waitMs - spentMs), maxStalenessMs, requireComplete);
  }

  /** Whether any state meets the conditions: such answers can be shared. */
  public boolean arePlain() {
    return after.isEmpty() && maxStalenessMs.isEmpty();
  }

  /** Why an answer of several partitions is not given, if so. */
  public Optional<Problem> refusal(Answered<?> answered) {
    Optional<Problem> behind = behind(answered.behind());
    if (behind.isPresent()) {
      return behind;
    }
    Completeness completeness = answered.completeness();
    // A view that does not count will not include the posts of 'after', however long one waits.
    boolean isInVain = !after.isEmpty() && !answered.why().isEmpty();
    if ((requireComplete || isInVain) && completeness.partial()) {
      String detail =
          "partitions %s of %d do not answer%s%s; without %s the rest is returned"
              .formatted(
                  completeness.missing(),
                  completeness.expected(),
                  staleNote(answered.stale()),
                  whyNote(answered),
                  requireComplete ? "require=complete" : "after");
      return Optional.of(Problem.retryLater(ProblemType.PARTIAL, detail, 1));
    }
    return Optional.empty();
  }

  private static String whyNote(Answered<?> answered) {
    return answered.why().isEmpty() ? "" : " (%s)".formatted(answered.why());
  }

  /**
   * Why an answer of one key is not given, if so: there is no half of it.
   *
   * @param partition that owns the key
   * @param key as people read it
   */
  public Optional<Problem> refusalOfKey(Answered<?> answered, int partition, String key) {
    if (!answered.completeness().partial()) {
      return behind(answered.behind());
    }
    String detail =
        "partition %d holds %s and no instance answers for it just now%s%s"
            .formatted(partition, key, staleNote(answered.stale()), whyNote(answered));
    return Optional.of(Problem.retryLater(ProblemType.PARTITION_UNAVAILABLE, detail, 1));
  }

  private static Optional<Problem> behind(SortedSet<Integer> behind) {
    if (behind.isEmpty()) {
      return Optional.empty();
    }
    String detail =
        "partitions %s do not include the posts of 'after' yet; wait longer with wait_ms (at most %d), or try again"
            .formatted(behind, WAIT_MAX_MS);
    return Optional.of(Problem.retryLater(ProblemType.BEHIND, detail, 1));
  }

  private String staleNote(SortedSet<Integer> stale) {
    return stale.isEmpty()
        ? ""
        : " (%s have state staler than max_staleness_ms=%d)"
            .formatted(stale, maxStalenessMs.orElse(0));
  }
}
