package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.peers.Members;
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
            well.shufflePartitions(),
            well.process(),
            well.routing(),
            well.loops(),
            well.partitions(),
            incidents);
    return new Health(well.state(), status, Members.Group.NONE, TestServer.MOMENT);
  }

  @Test
  void nothingIsWrong() {
    Health health = with(List.of());
    assertThat(health.word()).isEqualTo("healthy");
    assertThat(health.checks()).allMatch(Health.Check::ok);
  }

  @Test
  void anyIncidentDegradesAndSaysWhatToDoWhileReadsGoOn() {
    for (Incidents.Kind kind : Incidents.Kind.values()) {
      Health health = with(List.of(new Incidents.Incident(kind, "x", "it is so; do this")));
      assertThat(health.word()).as(kind.label()).isEqualTo("degraded");
      assertThat(health.isLive()).isTrue();
      assertThat(health.isReady()).isTrue();
      assertThat(health.checks())
          .filteredOn(check -> !check.ok())
          .containsExactly(
              new Health.Check("incident " + kind.label() + " of x", false, "it is so; do this"));
    }
  }
}
