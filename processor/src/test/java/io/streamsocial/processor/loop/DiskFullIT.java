package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.fixture.SmallDisk;
import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The disk of the stores fills up while posts arrive, and is freed: a file system of 48 MB. */
final class DiskFullIT {
  private static final int PARTITIONS = 2;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();

  @TempDir Path temporary;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("full");
  private final long now = System.currentTimeMillis();
  private final TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 20_000, 5);
  private final Logger incidents = (Logger) LoggerFactory.getLogger(Incidents.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private SmallDisk disk;
  private long sent;

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    lines.start();
    incidents.addAppender(lines);
    Optional<SmallDisk> mounted =
        SmallDisk.mount(Files.createDirectory(temporary.resolve("disk")), 48);
    assumeTrue(mounted.isPresent(), "needs root and mount, for a file system that can be filled");
    disk = mounted.get();
  }

  @AfterEach
  void unmount() throws IOException {
    incidents.detachAppender(lines);
    posts.close();
    if (disk != null) {
      disk.close();
    }
  }

  @Test
  void queriesGoOnWhileTheDiskIsFullAndNothingIsLost() throws IOException {
    try (Engine engine = Engine.start(config())) {
      send(2_000);
      awaitAllCounted(engine);
      await("every store meets the full disk")
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                disk.fill();
                send(1_000);
                return waiting(engine) == PARTITIONS;
              });
      await("the status tells of it")
          .atMost(Duration.ofSeconds(60))
          .until(() -> engine.status().partitions().stream().allMatch(p -> p.shuffleLag() == -1));
      List<Long> counted = shuffleOffsets(engine);
      for (int i = 0; i < 10; i++) {
        disk.fill();
        send(1_000);
        await().pollDelay(Duration.ofMillis(300)).until(() -> true);
        assertThat(ranking(engine).completeness().partial()).isFalse();
        assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
        assertThat(engine.status().incidents())
            .hasSize(PARTITIONS)
            .allMatch(incident -> incident.what().contains("the disk is full"))
            .allMatch(incident -> incident.what().contains("free some space"));
      }
      assertThat(shuffleOffsets(engine)).as("nothing is counted meanwhile").isEqualTo(counted);
      disk.free();
      await("it goes on by itself")
          .atMost(Duration.ofSeconds(60))
          .until(() -> waiting(engine) == 0);
      awaitAllCounted(engine);
    }
    assertThat(said("begins: "))
        .hasSize(PARTITIONS)
        .allMatch(line -> line.contains("disk is full"));
    assertThat(said("ends after ")).hasSize(PARTITIONS);
    Map<CountKey, Long> truth = Recount.of(KafkaFixture.bootstrap(), topic, WINDOW_MS, t -> true);
    assertThat(
            CountKey.differences(
                truth, StateDump.of(disk.root().resolve(app).resolve("0"), PARTITIONS, WINDOW_MS)))
        .isEmpty();
  }

  private List<String> said(String begin) {
    return List.copyOf(lines.list).stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(line -> line.startsWith(begin) && line.contains("the store of partition"))
        .toList();
  }

  private void send(int count) {
    for (int i = 0; i < count; i++) {
      posts.send(i % PARTITIONS, now, 1_000);
    }
    posts.flush();
    sent += count;
  }

  private void awaitAllCounted(Engine engine) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                engine.status().loops().get(0).counters().posts() == sent
                    && engine.status().partitions().stream().allMatch(p -> p.shuffleLag() == 0));
  }

  private static List<Long> shuffleOffsets(Engine engine) {
    return engine.status().partitions().stream()
        .map(EngineStatus.Partition::shuffleOffset)
        .toList();
  }

  private static long waiting(Engine engine) {
    return engine.incidents().open(Incidents.Kind.STORE_WAITING);
  }

  private Trending.Answer ranking(Engine engine) {
    return engine.queries().trending(new Trending.Question(10, 1, null, now));
  }

  private EngineConfig config() {
    return EngineConfig.defaults()
        .bootstrap(KafkaFixture.bootstrap())
        .appId(app)
        .topic(topic)
        .shufflePartitions(PARTITIONS)
        .stateDir(disk.root())
        .checkpointMs(500)
        .build();
  }
}
