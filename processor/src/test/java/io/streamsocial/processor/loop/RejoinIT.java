package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineHealth;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Heard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances that are back before the group has noticed their absence, and say something else. The
 * session is far longer than the tests wait.
 */
final class RejoinIT {
  private static final int PARTITIONS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path stateDir;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("rejoin");

  private EngineConfigBuilder config(String id) {
    return EngineConfig.defaults()
        .bootstrap(KafkaFixture.bootstrap())
        .appId(app)
        .instanceId(id)
        .topic(topic)
        .shufflePartitions(PARTITIONS)
        .stateDir(stateDir)
        .kafka(Map.of("consumer.session.timeout.ms", "600000"));
  }

  @Test
  void theRightSettingsAreAcceptedAtOnceAfterWrongOnes() throws Exception {
    try (Engine other = Engine.start(config("0").build())) {
      Engines.awaitRunning(other);
      Heard heard = new Heard();
      try (Engine wrong = Engine.start(config("1").grace(Duration.ofSeconds(1)).build(), heard)) {
        Throwable failure = wrong.failure().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(failure).hasMessageContaining("grace (ms) is");
        await().atMost(PATIENCE).until(() -> heard.events.contains("!" + failure.getMessage()));
        assertThat(heard.chain()).endsWith(EngineState.FAILED);
        assertThat(wrong.health().isLive()).isFalse();
        assertThat(wrong.health().grade()).isEqualTo(EngineHealth.Grade.UNHEALTHY);
      }
      try (Engine right = Engine.start(config("1").build())) {
        awaitShare(right, 0);
        assertThat(right.status().failure()).isNull();
      }
    }
  }

  @Test
  void moreStandbysAreThereAfterARestartThatNobodyNoticed() {
    try (Engine other = Engine.start(config("0").build())) {
      Engines.awaitRunning(other);
      try (Engine one = Engine.start(config("1").build())) {
        awaitShare(one, 0);
      }
      try (Engine again = Engine.start(config("1").standbys(1).build())) {
        awaitShare(again, PARTITIONS);
      }
    }
  }

  /** Until the instance has its share, and the group has so many standbys. */
  private static void awaitShare(Engine engine, int standbys) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
              assertThat(engine.status().routing().active(0)).isPresent();
              assertThat(engine.status().routing().active(1)).isPresent();
              assertThat(
                      engine.status().routing().instances().stream()
                          .filter(each -> each.process().equals(engine.status().process()))
                          .mapToInt(each -> each.active().size())
                          .sum())
                  .isEqualTo(1);
              assertThat(
                      engine.status().routing().instances().stream()
                          .mapToInt(each -> each.standby().size())
                          .sum())
                  .isEqualTo(standbys);
            });
  }
}
