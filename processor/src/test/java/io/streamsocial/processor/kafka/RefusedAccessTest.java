package io.streamsocial.processor.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

final class RefusedAccessTest {
  private static final long SECOND = 1_000;

  private final RefusedAccess access = new RefusedAccess(EngineConfig.defaults().build(), "a loop");

  /** The wall clock stands still: nothing here may go by it. */
  private static Moment at(long steadyMs) {
    return new Moment(0, steadyMs);
  }

  private void refuse(long nowMs) {
    access.turn(at(nowMs));
    assertThat(
            access.takes(
                new TopicAuthorizationException(Set.of("posts")), AclOperation.READ, at(nowMs)))
        .isTrue();
  }

  @Test
  void whatIsRefusedNoLongerIsForgottenAfterAWhileOfTrying() {
    refuse(0);
    for (int second = 1; second < 5; second++) {
      access.turn(at(second * SECOND));
      assertThat(access.texts()).singleElement().asString().contains("posts");
    }
    access.turn(at(5 * SECOND));
    assertThat(access.texts()).isEmpty();
  }

  @Test
  void aMachineThatStoodStillHasTriedNothing() {
    refuse(0);
    access.turn(at(60 * SECOND));
    assertThat(access.texts()).as("nothing says that it is allowed now").hasSize(1);
    for (int second = 61; second < 65; second++) {
      access.turn(at(second * SECOND));
    }
    assertThat(access.texts()).isEmpty();
  }
}
