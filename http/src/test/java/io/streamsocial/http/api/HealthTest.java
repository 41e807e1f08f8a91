package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.peers.Members;
import io.streamsocial.processor.EngineHealth;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HealthTest {
  private static Health with(List<Incidents.Incident> incidents) {
    EngineStatus well =
        Statuses.of(EngineState.RUNNING, TestServer.NOW - 60_000, TestServer.NOW - 20);
    EngineStatus status =
        new EngineStatus(
            well.appId(),
            well.instanceId(),
            well.state(),
            well.failure(),
            well.startedAtMs(),
            well.postsTopic(),
            well.postsPartitions(),
            well.otherInputs(),
            well.shufflePartitions(),
            well.process(),
            well.routing(),
            well.loops(),
            well.partitions(),
            incidents);
    return new Health(well.state(), EngineHealth.of(status, TestServer.MOMENT), Members.Group.NONE);
  }

  @Test
  void nothingIsWrong() {
    Health health = with(List.of());
    assertThat(health.grade()).isEqualTo(EngineHealth.Grade.HEALTHY);
    assertThat(health.checks()).allMatch(EngineHealth.Check::ok);
  }

  @Test
  void anyIncidentDegradesAndSaysWhatToDoWhileReadsGoOn() {
    for (Incidents.Kind kind : Incidents.Kind.values()) {
      Health health = with(List.of(new Incidents.Incident(kind, "x", "it is so; do this")));
      assertThat(health.grade()).as(kind.label()).isEqualTo(EngineHealth.Grade.DEGRADED);
      assertThat(health.isLive()).isTrue();
      assertThat(health.isReady()).isTrue();
      assertThat(health.checks())
          .filteredOn(check -> !check.ok())
          .containsExactly(
              new EngineHealth.Check(
                  "incident " + kind.label() + " of x", false, "it is so; do this"));
    }
  }
}
