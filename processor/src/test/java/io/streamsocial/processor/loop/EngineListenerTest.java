package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Announcer;
import io.streamsocial.processor.EngineHealth;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Heard;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a real loop lets a listener hear, and how its health is judged. */
final class EngineListenerTest extends OneLoop {
  private final Heard heard = new Heard();
  private final Announcer announcer = new Announcer(heard);

  private EngineStatus status() {
    return RigStatus.of(rig);
  }

  private EngineHealth health(long laterMs) {
    Moment now = rig.now();
    return EngineHealth.of(status(), new Moment(now.wallMs() + laterMs, now.steadyMs() + laterMs));
  }

  /** Turns the loop, with a look after each turn, until it counts every partition. */
  private void run() {
    for (int i = 0; i < 1_000 && rig.running() < SHUFFLES; i++) {
      rig.turn(PUBLISH);
      announcer.turn(status());
    }
    rig.turn(PUBLISH);
    announcer.turn(status());
  }

  private static List<Heard.Restored> each(IntStream partitions) {
    return partitions.mapToObj(p -> new Heard.Restored(p, Role.ACTIVE, 0)).toList();
  }

  @Test
  void statesFollowOneAnotherAndEachPartitionIsToldWhenItCanBeRead() {
    announcer.turn(status());
    assertThat(heard.events).as("an engine begins with STARTING").isEmpty();
    kafka.member().rebalanceInPoll(rig.everythingBut(rig.shuffle(1)));
    for (int i = 0; i < 10; i++) {
      rig.turn(PUBLISH);
      announcer.turn(status());
    }
    assertThat(heard.restored).containsExactlyInAnyOrderElementsOf(each(IntStream.of(0, 2)));
    kafka.member().rebalanceInPoll(rig.everything());
    run();
    assertThat(heard.restored).hasSize(SHUFFLES).containsAll(each(IntStream.range(0, SHUFFLES)));
    assertThat(heard.chain()).endsWith(EngineState.RUNNING);
    rig.loop.close(true, rig.now());
    announcer.turn(status());
    assertThat(heard.chain()).endsWith(EngineState.RUNNING, EngineState.STOPPING);
    assertThat(heard.reasons).doesNotContain("");
  }

  @Test
  void aPartitionThatIsCountedElsewhereCanBeReadOnAndIsNotToldAgain() {
    kafka.member().rebalanceInPoll(rig.everything());
    run();
    kafka.member().rebalanceInPoll(rig.everythingBut(rig.shuffle(2)));
    rig.turn(PUBLISH);
    rig.turn(PUBLISH);
    announcer.turn(status());
    kafka.member().rebalanceInPoll(rig.everything());
    run();
    assertThat(heard.restored).hasSize(SHUFFLES);
    rig.crash();
    announcer.turn(status());
    kafka.member().rebalanceInPoll(rig.everything());
    run();
    assertThat(heard.restored).as("each was closed in between").hasSize(2 * SHUFFLES);
  }

  @Test
  void anEngineIsReadyOnceItHasItsPartitionsAndLiveUntilALoopHangs() {
    EngineHealth starting = health(0);
    assertThat(starting.isReady()).isFalse();
    assertThat(starting.isLive()).isTrue();
    assertThat(starting.grade()).isEqualTo(EngineHealth.Grade.DEGRADED);
    assertThat(starting.reasons())
        .containsExactly(
            "state: STARTING",
            "partitions: 0 of %d here, 0 of them restoring, 0 changelog records to go"
                .formatted(SHUFFLES));
    rig.run();
    rig.turn(PUBLISH);
    assertThat(health(0))
        .isEqualTo(new EngineHealth(EngineHealth.Grade.HEALTHY, true, true, health(0).checks()));
    assertThat(health(0).reasons()).isEmpty();
    EngineHealth hanging = health(EngineHealth.MAX_STEP_MS + 1_000);
    assertThat(hanging.isLive()).isFalse();
    assertThat(hanging.isReady()).as("its state can be read all the same").isTrue();
    assertThat(hanging.grade()).isEqualTo(EngineHealth.Grade.DEGRADED);
    assertThat(hanging.reasons()).hasSize(1).first().asString().startsWith("loop loop-0: RUNNING");
  }
}
