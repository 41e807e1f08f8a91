package io.streamsocial.http;

import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * What the probes and the health path judge, from one status. Pure.
 *
 * @param state what the instance says of itself
 * @param nowMs epoch milliseconds
 */
record Health(EngineState state, EngineStatus status, long nowMs) {
  /** A loop that has not finished a turn for so long hangs: none of its waits is as long. */
  static final long MAX_TURN_MS = 30_000;

  /**
   * @param ok whether it speaks for readiness
   */
  record Check(String name, boolean ok, String detail) {}

  static Health of(Self self, long nowMs) {
    return new Health(self.state(), self.status(), nowMs);
  }

  /** "healthy", "degraded" or "unhealthy". */
  String word() {
    return switch (state) {
      case RUNNING -> isLive() ? "healthy" : "degraded";
      case FAILED -> "unhealthy";
      case STARTING, RESTORING, REBALANCING, STOPPING -> "degraded";
    };
  }

  /**
   * Threads make progress. Nothing about Kafka, peers or restore: a restart cures none of those.
   */
  boolean isLive() {
    return state != EngineState.FAILED
        && status.loops().stream().noneMatch(loop -> hangs(loop.lastTurnMs()));
  }

  /** Reads are answered from restored partitions; a rebalance alone does not end that. */
  boolean isReady() {
    boolean serves =
        !status.partitions().isEmpty()
            && status.partitions().stream().noneMatch(EngineStatus.Partition::restoring);
    return state == EngineState.RUNNING || (state == EngineState.REBALANCING && serves);
  }

  private boolean hangs(long lastTurnMs) {
    return lastTurnMs > 0 && nowMs - lastTurnMs > MAX_TURN_MS;
  }

  List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    String failure = status.failure();
    checks.add(new Check("state", isReady(), failure == null ? state.name() : failure));
    for (EngineStatus.Loop loop : status.loops()) {
      checks.add(loopCheck(loop));
    }
    checks.add(partitionsCheck());
    return checks;
  }

  private Check loopCheck(EngineStatus.Loop loop) {
    String detail =
        loop.lastTurnMs() == 0
            ? "no turn yet"
            : "last turn %d ms ago".formatted(Math.max(0, nowMs - loop.lastTurnMs()));
    return new Check(
        "loop " + loop.name(),
        !hangs(loop.lastTurnMs()) && loop.state() != EngineState.FAILED,
        loop.state() + ", " + detail);
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
