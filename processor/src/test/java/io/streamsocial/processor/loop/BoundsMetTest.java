package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BoundsMetTest {
  private final Incidents incidents = new Incidents();
  private final LoopCounters counters = new LoopCounters(List.of());
  private final BoundsMet bounds = new BoundsMet(incidents, "loop-0", counters, 1_000);

  @Test
  void forgottenIdsAreAnIncidentThatSaysWhatToDo() {
    bounds.turn();
    assertThat(incidents.open()).isEmpty();
    counters.forgottenIds += 7;
    bounds.turn();
    assertThat(incidents.open())
        .singleElement()
        .satisfies(
            open -> {
              assertThat(open.kind()).isEqualTo(Incidents.Kind.IDS_FORGOTTEN);
              assertThat(open.what()).contains("--heap-state", "--dedupe");
            });
  }
}
