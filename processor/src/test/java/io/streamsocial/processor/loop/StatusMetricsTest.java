package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.streamsocial.processor.metrics.StatusMetrics;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The meters of an engine in a registry that knows nothing of HTTP or Prometheus. */
final class StatusMetricsTest extends OneLoop {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private StatusMetrics bind() {
    return new StatusMetrics(
        () -> RigStatus.of(rig), rig.queries(), rig::now, () -> true, registry);
  }

  @AfterEach
  void closeRegistry() {
    registry.close();
  }

  private double gauge(String name, String... tags) {
    return registry.get("streamsocial." + name).tags(tags).gauge().value();
  }

  private double posts() {
    return registry.get("streamsocial.posts").functionCounter().count();
  }

  @Test
  void theyFollowTheEngineAndComeAndGoWithItsPartitions() {
    StatusMetrics metrics = bind();
    assertThat(gauge("state", "state", "STARTING")).isEqualTo(1);
    assertThat(gauge("staleness")).isNaN();
    rig.run();
    rig.post(0, "#java and #kafka");
    rig.settle();
    assertThat(posts()).isEqualTo(1);
    assertThat(registry.get("streamsocial.mentions").functionCounter().count()).isEqualTo(2);
    assertThat(gauge("state", "state", "STARTING")).isZero();
    assertThat(gauge("state", "state", "RUNNING")).isEqualTo(1);
    assertThat(gauge("ready")).isEqualTo(1);
    assertThat(gauge("live")).isEqualTo(1);
    assertThat(gauge("staleness")).isLessThan(60);
    metrics.refresh();
    assertThat(registry.get("streamsocial.partition.lag").gauges()).hasSize(SHUFFLES);
    assertThat(gauge("tasks", "role", "active", "phase", "readable")).isEqualTo(SHUFFLES);
    rig.crash();
    metrics.refresh();
    assertThat(registry.find("streamsocial.partition.lag").gauges()).isEmpty();
  }

  @Test
  void aRegistryKeepsThemThoughNobodyElseDoes() {
    bind();
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    rig.turn(PUBLISH);
    WeakReference<Object> collected = new WeakReference<>(new Object());
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              System.gc();
              return collected.get() == null;
            });
    assertThat(posts()).isEqualTo(1);
    assertThat(registry.get("streamsocial.live").gauges()).extracting(Gauge::value).contains(1.0);
  }
}
