package io.streamsocial.http;

import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.RoutingTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Statuses as an engine would give them. */
final class Statuses {
  private static final UUID PROCESS = new UUID(1, 2);

  private Statuses() {}

  static EngineStatus of(EngineState state, long startedAtMs, long lastTurnMs) {
    return of(state, startedAtMs, lastTurnMs, state == EngineState.RESTORING);
  }

  static EngineStatus of(EngineState state, long startedAtMs, long lastTurnMs, boolean restoring) {
    EngineStatus.Counters counters =
        new EngineStatus.Counters(
            100,
            250,
            1,
            Map.of("not_json", 3L),
            240,
            10,
            0,
            7,
            2,
            1,
            5_000,
            60,
            900,
            12,
            70_000_000L,
            2,
            40_000_000L,
            3,
            0);
    EngineStatus.Loop loop =
        new EngineStatus.Loop(
            "loop-0",
            state,
            lastTurnMs,
            List.of(0, 1),
            5,
            TestServer.NOW - 1_500,
            List.of(),
            counters);
    return new EngineStatus(
        "streamsocial-trending",
        "0",
        state,
        state == EngineState.FAILED ? "loop-0: disk is gone" : null,
        startedAtMs,
        2,
        2,
        PROCESS,
        RoutingTable.NONE,
        List.of(loop),
        List.of(partition(0, restoring), partition(1, false)));
  }

  /** An instance that runs, and holds what the table says, but for some that restore. */
  static EngineStatus in(RoutingTable table, String instanceId, Set<Integer> restoring) {
    RoutingTable.Instance self = table.instance(instanceId).orElseThrow();
    EngineStatus alone = of(EngineState.RUNNING, TestServer.NOW - 60_000, TestServer.NOW - 20);
    List<EngineStatus.Partition> partitions = new ArrayList<>();
    self.active().forEach(p -> partitions.add(partition(p, Role.ACTIVE, restoring.contains(p))));
    self.standby().forEach(p -> partitions.add(partition(p, Role.STANDBY, restoring.contains(p))));
    return new EngineStatus(
        alone.appId(),
        instanceId,
        restoring.isEmpty() ? EngineState.RUNNING : EngineState.RESTORING,
        null,
        alone.startedAtMs(),
        2,
        InMemoryTrends.PARTITIONS,
        self.process(),
        table,
        alone.loops(),
        partitions);
  }

  private static EngineStatus.Partition partition(int partition, boolean restoring) {
    return partition(partition, Role.ACTIVE, restoring);
  }

  private static EngineStatus.Partition partition(int partition, Role role, boolean restoring) {
    return new EngineStatus.Partition(
        partition,
        role,
        restoring,
        10,
        1,
        20,
        6,
        restoring ? 30 : 0,
        1_000,
        2_000,
        8,
        100,
        4_096,
        0);
  }
}
