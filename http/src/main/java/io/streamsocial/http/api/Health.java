package io.streamsocial.http.api;

import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.StatusTotals;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Moment;
import java.util.ArrayList;
import java.util.List;

/**
 * The judgement of the probes and the health path, from one status. Pure.
 *
 * @param state of the instance, as its answers name it
 * @param group the other instances
 * @param now when it is judged
 */
public record Health(EngineState state, EngineStatus status, Members.Group group, Moment now) {
  /** A loop that has not got on by a step for so long hangs: none of its waits is as long. */
  public static final long MAX_STEP_MS = 30_000;

  /**
   * @param ok whether it speaks for readiness
   */
  record Check(String name, boolean ok, String detail) {}

  public static Health of(ThisInstance self, Members.Group group, Moment now) {
    return new Health(self.state(), self.status(), group, now);
  }

  /** "healthy", "degraded" or "unhealthy". */
  String word() {
    return switch (state) {
      case RUNNING -> isLive() && group.isWhole() && isUndisturbed() ? "healthy" : "degraded";
      case FAILED -> "unhealthy";
      case STARTING, RESTORING, REBALANCING, STOPPING -> "degraded";
    };
  }

  /**
   * Threads make progress. Nothing about Kafka, peers or restore: a restart cures none of those.
   */
  public boolean isLive() {
    return state != EngineState.FAILED
        && status.loops().stream().noneMatch(loop -> hangs(loop.progressMs()));
  }

  /**
   * Reads are answered: from restored partitions here, or, while some restore or move, from others.
   * A rebalance alone does not end that, and an incident does not: an answer says itself how stale
   * it is, and no other instance would know more.
   */
  public boolean isReady() {
    boolean serves =
        !status.partitions().isEmpty()
            && status.partitions().stream().noneMatch(EngineStatus.Partition::restoring);
    return switch (state) {
      case RUNNING -> group.isIntroduced() || !group.isJoined();
      case REBALANCING -> serves || group.servesAll();
      case RESTORING -> group.servesAll();
      case STARTING, STOPPING, FAILED -> false;
    };
  }

  /**
   * Nothing is known to be wrong: no incident, and the brokers refuse nothing. Else counts may
   * stand still while queries go on.
   */
  private boolean isUndisturbed() {
    return status.incidents().isEmpty()
        && status.loops().stream().allMatch(loop -> loop.refused().isEmpty());
  }

  private boolean hangs(long progressMs) {
    return progressMs > 0 && now.steadyMs() - progressMs > MAX_STEP_MS;
  }

  List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    String failure = status.failure();
    checks.add(new Check("state", isReady(), failure == null ? state.name() : failure));
    for (EngineStatus.Loop loop : status.loops()) {
      checks.add(loopCheck(loop));
    }
    checks.add(partitionsCheck());
    if (group.isJoined()) {
      checks.add(groupCheck());
    }
    for (Incidents.Incident incident : status.incidents()) {
      String name = "incident %s of %s".formatted(incident.kind().label(), incident.of());
      checks.add(new Check(name, false, incident.what()));
    }
    return checks;
  }

  private Check loopCheck(EngineStatus.Loop loop) {
    String detail =
        loop.progressMs() == 0
            ? "no turn yet"
            : "last step %d ms ago".formatted(Math.max(0, now.steadyMs() - loop.progressMs()));
    boolean isAllowed = loop.refused().isEmpty();
    return new Check(
        "loop " + loop.name(),
        isAllowed && !hangs(loop.progressMs()) && loop.state() != EngineState.FAILED,
        "%s, %s%s"
            .formatted(
                loop.state(),
                detail,
                isAllowed ? "" : "; waiting: " + String.join("; ", loop.refused())));
  }

  private Check groupCheck() {
    String detail =
        "%d instances, not usable: %s; partitions without an owner: %s, without an answer: %s"
            .formatted(group.size(), group.gone(), group.unowned(), group.unserved());
    return new Check("group", group.isWhole(), detail);
  }

  private Check partitionsCheck() {
    long restoring = status.partitions().stream().filter(EngineStatus.Partition::restoring).count();
    long remaining = StatusTotals.partitions(status, EngineStatus.Partition::restoreRemaining);
    String detail =
        "%d of %d here, %d of them restoring, %d changelog records to go"
            .formatted(
                status.partitions().size(), status.shufflePartitions(), restoring, remaining);
    return new Check("partitions", restoring == 0 && !status.partitions().isEmpty(), detail);
  }
}
