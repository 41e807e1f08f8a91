package io.streamsocial.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.streamsocial.processor.Incidents.Kind;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(120)
final class AnnouncerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Heard heard = new Heard();
  private final Announcer announcer = new Announcer(heard);
  private final Incidents incidents = new Incidents(announcer);

  private static EngineStatus status(EngineState state) {
    return new EngineStatus(
        "app",
        "0",
        state,
        state == EngineState.FAILED ? "the disk is gone" : null,
        0,
        Uuid.ZERO_UUID,
        1,
        List.of(),
        1,
        new UUID(0, 0),
        RoutingTable.NONE,
        List.of(),
        List.of(),
        List.of());
  }

  @Test
  void incidentsAreToldInTheirOrderAndEachOnce() {
    incidents.begin(Kind.PUBLISH_FAILING, "a", "it fails");
    incidents.begin(Kind.PUBLISH_FAILING, "a", "it fails");
    incidents.begin(Kind.PUBLISH_FAILING, "b", "it fails");
    incidents.end(Kind.PUBLISH_FAILING, "a", "it succeeds");
    incidents.end(Kind.PUBLISH_FAILING, "a", "it succeeds");
    incidents.begin(Kind.PUBLISH_FAILING, "a", "it fails anew");
    assertThat(heard.events).as("nobody waits for a listener").isEmpty();
    announcer.turn(status(EngineState.STARTING));
    announcer.turn(status(EngineState.STARTING));
    assertThat(heard.events).containsExactly("+a", "+b", "-a", "+a");
  }

  @Test
  void aStateIsToldBeforeTheFailureThatLedToIt() {
    announcer.failed(new IllegalStateException("loop-0: the disk is gone"));
    announcer.turn(status(EngineState.FAILED));
    assertThat(heard.states).containsExactly("STARTING FAILED");
    assertThat(heard.reasons).containsExactly("a loop has died: the disk is gone");
    assertThat(heard.events).containsExactly("FAILED", "!loop-0: the disk is gone");
  }

  private static Incidents.Incident peer(int number) {
    return new Incidents.Incident(Kind.PEER_UNREACHABLE, "peer-" + number, "it does not answer");
  }

  @Test
  void whatAListenerDoesNotTakeInTimeIsLeftOutAndCounted() {
    for (int i = 0; i < EngineListener.EVENTS_MAX + 7; i++) {
      announcer.began(peer(i));
    }
    assertThat(announcer.missed()).isEqualTo(7);
    announcer.turn(status(EngineState.STARTING));
    assertThat(heard.events)
        .hasSize(EngineListener.EVENTS_MAX + 1)
        .startsWith("+peer-0", "+peer-1")
        .endsWith("+peer-" + (EngineListener.EVENTS_MAX - 1), "?7");
    announcer.turn(status(EngineState.STARTING));
    assertThat(heard.events).as("what was missed is told once").hasSize(1_001);
    announcer.ended(peer(0), "it answers");
    announcer.turn(status(EngineState.STARTING));
    assertThat(heard.events).endsWith("?7", "-peer-0");
  }

  @Test
  void aListenerThatThrowsHearsOnAndIsLoggedSeldomer() {
    Announcer toThrower =
        new Announcer(
            new EngineListener() {
              @Override
              public void stateChanged(EngineState before, EngineState after, String reason) {
                heard.stateChanged(before, after, reason);
                throw new AssertionError("a bug of the listener");
              }
            });
    Logger log = (Logger) LoggerFactory.getLogger(Announcer.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    log.addAppender(lines);
    log.setAdditive(false);
    try {
      for (int i = 0; i < 100; i++) {
        toThrower.turn(status(i % 2 == 0 ? EngineState.RUNNING : EngineState.REBALANCING));
      }
    } finally {
      log.setAdditive(true);
      log.detachAppender(lines);
    }
    assertThat(heard.chain()).hasSize(101);
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .hasSize(7)
        .last()
        .asString()
        .contains(", 64 time(s) by now");
  }

  @Test
  void aListenerThatBlocksHoldsUpNobodyAndHearsTheLastStateLater() {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Announcer toBlocked =
        new Announcer(
            new EngineListener() {
              @Override
              public void stateChanged(EngineState before, EngineState after, String reason) {
                inside.countDown();
                try {
                  release.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                heard.stateChanged(before, after, reason);
              }
            });
    EngineStatus[] now = {status(EngineState.REBALANCING)};
    toBlocked.start(() -> now[0]);
    await().atMost(PATIENCE).until(() -> inside.getCount() == 0);
    now[0] = status(EngineState.RESTORING);
    for (int i = 0; i < 10; i++) {
      toBlocked.failed(new IllegalStateException());
    }
    now[0] = status(EngineState.STOPPING);
    toBlocked.close(1);
    assertThat(heard.states).isEmpty();
    release.countDown();
    await().atMost(PATIENCE).until(() -> heard.states.size() == 2);
    assertThat(heard.states).containsExactly("STARTING REBALANCING", "REBALANCING STOPPING");
  }

  @Test
  void aListenerMayCloseWhatItHearsOf() {
    CountDownLatch closed = new CountDownLatch(1);
    Announcer[] own = new Announcer[1];
    own[0] =
        new Announcer(
            new EngineListener() {
              @Override
              public void failed(Throwable cause) {
                own[0].close(Long.MAX_VALUE);
                closed.countDown();
              }
            });
    own[0].failed(new IllegalStateException("a loop"));
    own[0].start(() -> status(EngineState.FAILED));
    await().atMost(PATIENCE).until(() -> closed.getCount() == 0);
  }
}
