package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.RoutingTable;
import java.util.List;
import org.apache.kafka.common.Uuid;

/** The status of an engine whose only loop is a rig's. */
final class RigStatus {
  private RigStatus() {}

  static EngineStatus of(LoopRig rig) {
    LoopReport.Snapshot taken = rig.loop.lastSnapshot();
    return new EngineStatus(
        rig.config.identity().appId(),
        rig.config.identity().instanceId(),
        taken.loop().state(),
        null,
        0,
        Uuid.ZERO_UUID,
        LoopRig.POSTS,
        List.of(),
        LoopRig.SHUFFLES,
        rig.process(),
        RoutingTable.NONE,
        List.of(taken.loop()),
        taken.partitions(),
        rig.incidents.open());
  }
}
