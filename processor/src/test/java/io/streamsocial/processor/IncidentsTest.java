package io.streamsocial.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents.Kind;
import org.junit.jupiter.api.Test;

final class IncidentsTest {
  private long nanos = 5;
  private final Incidents incidents = new Incidents(() -> nanos, Incidents.Observer.NONE);

  @Test
  void whatIsMetAgainIsTheSameIncident() {
    incidents.begin(Kind.PUBLISH_FAILING, "loop-0", "it fails");
    incidents.begin(Kind.PUBLISH_FAILING, "loop-0", "it fails");
    incidents.begin(Kind.PUBLISH_FAILING, "loop-1", "it fails there, too");
    assertThat(incidents.begun(Kind.PUBLISH_FAILING)).isEqualTo(2);
    assertThat(incidents.open(Kind.PUBLISH_FAILING)).isEqualTo(2);
    incidents.end(Kind.PUBLISH_FAILING, "loop-0", "it succeeds");
    incidents.end(Kind.PUBLISH_FAILING, "loop-0", "it succeeds");
    assertThat(incidents.open(Kind.PUBLISH_FAILING)).isEqualTo(1);
    incidents.begin(Kind.PUBLISH_FAILING, "loop-0", "it fails anew");
    assertThat(incidents.begun(Kind.PUBLISH_FAILING)).isEqualTo(3);
  }

  @Test
  void whatComesAndGoesEndsOnlyAfterAWhileOfQuiet() {
    incidents.begin(Kind.READS_REFUSED, "reads", "full");
    nanos += 4_000_000_000L;
    incidents.begin(Kind.READS_REFUSED, "reads", "full");
    nanos += 4_000_000_000L;
    incidents.endQuiet(Kind.READS_REFUSED, 5_000, "quiet");
    assertThat(incidents.open(Kind.READS_REFUSED)).isEqualTo(1);
    nanos += 1_000_000_000L;
    incidents.endQuiet(Kind.POSTS_REFUSED, 5_000, "another kind");
    assertThat(incidents.open(Kind.READS_REFUSED)).isEqualTo(1);
    incidents.endQuiet(Kind.READS_REFUSED, 5_000, "quiet");
    assertThat(incidents.open(Kind.READS_REFUSED)).isZero();
    assertThat(incidents.begun(Kind.READS_REFUSED)).isEqualTo(1);
  }
}
