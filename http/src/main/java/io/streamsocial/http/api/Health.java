package io.streamsocial.http.api;

import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineHealth;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Moment;
import java.util.ArrayList;
import java.util.List;

/**
 * The judgement of the probes and the health path: that of the engine, and what only a server
 * knows, which is the other instances and that it stops before the engine does. Pure.
 *
 * @param state of the instance, as its answers name it
 * @param engine this instance alone
 * @param group the other instances
 */
public record Health(EngineState state, EngineHealth engine, Members.Group group) {

  public static Health of(ThisInstance self, Members.Group group, Moment now) {
    return new Health(self.state(), EngineHealth.of(self.status(), now), group);
  }

  EngineHealth.Grade grade() {
    boolean isWell = state == EngineState.RUNNING && group.isWhole();
    return engine.grade() == EngineHealth.Grade.HEALTHY && !isWell
        ? EngineHealth.Grade.DEGRADED
        : engine.grade();
  }

  /** See {@link EngineHealth#isLive}: no other instance has a part in it. */
  public boolean isLive() {
    return engine.isLive();
  }

  /** Reads are answered: from here, or, while partitions restore or move, from others. */
  public boolean isReady() {
    return switch (state) {
      case RUNNING -> engine.isReady() && (group.isIntroduced() || !group.isJoined());
      case REBALANCING -> engine.isReady() || group.servesAll();
      case RESTORING -> group.servesAll();
      case STARTING, STOPPING, FAILED -> false;
    };
  }

  /** The engine's, with readiness as it is judged here, and that of the group. */
  List<EngineHealth.Check> checks() {
    List<EngineHealth.Check> checks = new ArrayList<>(engine.checks());
    EngineHealth.Check ofState = checks.get(0);
    String detail = state == EngineState.FAILED ? ofState.detail() : state.name();
    checks.set(0, new EngineHealth.Check(ofState.name(), isReady(), detail));
    if (group.isJoined()) {
      checks.add(groupCheck());
    }
    return checks;
  }

  private EngineHealth.Check groupCheck() {
    String detail =
        "%d instances, not usable: %s; partitions without an owner: %s, without an answer: %s"
            .formatted(group.size(), group.gone(), group.unowned(), group.unserved());
    return new EngineHealth.Check("group", group.isWhole(), detail);
  }
}
