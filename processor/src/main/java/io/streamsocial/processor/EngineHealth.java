package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether an instance does its work, judged from one status of it. Pure; immutable.
 *
 * <p>A server that knows the other instances judges readiness further: it may be ready while this
 * instance restores, since others answer.
 *
 * @param grade all in all
 * @param isLive threads make progress. Nothing about Kafka, peers or restore: a restart cures none
 *     of those
 * @param isReady questions are answered from restored partitions here. A rebalance alone does not
 *     end that, and an incident does not: an answer says itself how stale it is
 * @param checks what the judgement rests on: the state first, then loops, partitions, incidents
 */
public record EngineHealth(Grade grade, boolean isLive, boolean isReady, List<Check> checks) {
  /** A loop that has not got on by a step for so long hangs: none of its waits is as long. */
  public static final long MAX_STEP_MS = 30_000;

  public EngineHealth {
    checks = List.copyOf(checks);
  }

  /** Of the instance as a whole. */
  public enum Grade {
    /** It runs, and nothing is known to be wrong. */
    HEALTHY,
    /** It starts, stops or restores, or counts may stand still while queries go on. */
    DEGRADED,
    /** A loop has died: only a restart helps. */
    UNHEALTHY;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One thing that was looked at.
   *
   * @param ok whether all is well with it
   * @param detail what was found, for people; when it is not well, with what to do where that is
   *     known
   */
  public record Check(String name, boolean ok, String detail) {}

  /**
   * @param now when it is judged
   */
  public static EngineHealth of(EngineStatus status, Moment now) {
    boolean isLive =
        status.state() != EngineState.FAILED
            && status.loops().stream().noneMatch(loop -> hangs(loop, now));
    boolean isReady =
        switch (status.state()) {
          case RUNNING -> true;
          case REBALANCING ->
              !status.partitions().isEmpty()
                  && status.partitions().stream().noneMatch(EngineStatus.Partition::restoring);
          case STARTING, RESTORING, STOPPING, FAILED -> false;
        };
    Grade grade =
        switch (status.state()) {
          case RUNNING -> isLive && isUndisturbed(status) ? Grade.HEALTHY : Grade.DEGRADED;
          case FAILED -> Grade.UNHEALTHY;
          case STARTING, RESTORING, REBALANCING, STOPPING -> Grade.DEGRADED;
        };
    return new EngineHealth(grade, isLive, isReady, checks(status, isReady, now));
  }

  /** The checks that are not well, each as "name: detail". */
  public List<String> reasons() {
    return checks.stream()
        .filter(check -> !check.ok())
        .map(check -> check.name() + ": " + check.detail())
        .toList();
  }

  /** No incident, and the brokers refuse nothing: otherwise counts may stand still. */
  private static boolean isUndisturbed(EngineStatus status) {
    return status.incidents().isEmpty()
        && status.loops().stream().allMatch(loop -> loop.refused().isEmpty());
  }

  private static boolean hangs(EngineStatus.Loop loop, Moment now) {
    return loop.progressMs() > 0 && now.steadyMs() - loop.progressMs() > MAX_STEP_MS;
  }

  private static List<Check> checks(EngineStatus status, boolean isReady, Moment now) {
    List<Check> checks = new ArrayList<>();
    String failure = status.failure();
    checks.add(new Check("state", isReady, failure == null ? status.state().name() : failure));
    for (EngineStatus.Loop loop : status.loops()) {
      checks.add(ofLoop(loop, now));
    }
    checks.add(ofPartitions(status));
    for (Incidents.Incident incident : status.incidents()) {
      String name = "incident %s of %s".formatted(incident.kind().label(), incident.of());
      checks.add(new Check(name, false, incident.what()));
    }
    return checks;
  }

  private static Check ofLoop(EngineStatus.Loop loop, Moment now) {
    String detail =
        loop.progressMs() == 0
            ? "no turn yet"
            : "last step %d ms ago".formatted(Math.max(0, now.steadyMs() - loop.progressMs()));
    boolean isAllowed = loop.refused().isEmpty();
    return new Check(
        "loop " + loop.name(),
        isAllowed && !hangs(loop, now) && loop.state() != EngineState.FAILED,
        "%s, %s%s"
            .formatted(
                loop.state(),
                detail,
                isAllowed ? "" : "; waiting: " + String.join("; ", loop.refused())));
  }

  private static Check ofPartitions(EngineStatus status) {
    long restoring = status.partitions().stream().filter(EngineStatus.Partition::restoring).count();
    String detail =
        "%d of %d here, %d of them restoring, %d changelog records to go"
            .formatted(
                status.partitions().size(),
                status.shufflePartitions(),
                restoring,
                StatusTotals.partitions(status, EngineStatus.Partition::restoreRemaining));
    long fetching = StatusTotals.partitions(status, each -> each.fetching() == null ? 0 : 1);
    if (fetching > 0) {
      detail +=
          "; %d fetched from other instances, %d of %d bytes"
              .formatted(
                  fetching,
                  StatusTotals.partitions(status, EngineHealth::bytes),
                  StatusTotals.partitions(status, EngineHealth::bytesTotal));
    }
    return new Check("partitions", restoring == 0 && !status.partitions().isEmpty(), detail);
  }

  private static long bytes(EngineStatus.Partition each) {
    EngineStatus.Fetching fetching = each.fetching();
    return fetching == null ? 0 : fetching.bytes();
  }

  private static long bytesTotal(EngineStatus.Partition each) {
    EngineStatus.Fetching fetching = each.fetching();
    return fetching == null ? 0 : fetching.bytesTotal();
  }
}
