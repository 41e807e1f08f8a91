package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** State damaged on disk between two starts: found, set aside, rebuilt; never a wrong count. */
final class DamageIT {
  private static final int POSTS = 20_000;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();
  private static final long NOW = System.currentTimeMillis();

  @TempDir Path stateDir;

  private final String topic = KafkaFixture.createTopic("posts", 2);
  private final String app = KafkaFixture.uniqueName("damage");

  private interface Damaging {
    void damage(Path task) throws IOException;
  }

  /** What can happen to files. */
  private enum Damage implements Damaging {
    MANIFEST_TRUNCATED {
      @Override
      public void damage(Path task) throws IOException {
        Path manifest = newest(task, "MANIFEST-");
        try (RandomAccessFile file = new RandomAccessFile(manifest.toFile(), "rw")) {
          file.setLength(file.length() / 2);
        }
      }
    },
    MANIFEST_DELETED {
      @Override
      public void damage(Path task) throws IOException {
        Files.delete(newest(task, "MANIFEST-"));
      }
    },
    SST_DELETED {
      @Override
      public void damage(Path task) throws IOException {
        Files.delete(largestSst(task));
      }
    },
    BLOCK_FLIPPED {
      @Override
      public void damage(Path task) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(largestSst(task).toFile(), "rw")) {
          file.seek(file.length() / 3);
          int old = file.read();
          file.seek(file.length() / 3);
          file.write(old ^ 0xFF);
        }
      }
    },
    DIRECTORY_DELETED {
      @Override
      public void damage(Path task) throws IOException {
        try (Stream<Path> files = Files.walk(task)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    };

    static Path newest(Path task, String prefix) throws IOException {
      try (Stream<Path> files = Files.list(task)) {
        return files
            .filter(f -> f.getFileName().toString().startsWith(prefix))
            .max(Comparator.naturalOrder())
            .orElseThrow();
      }
    }

    static Path largestSst(Path task) throws IOException {
      try (Stream<Path> files = Files.list(task)) {
        return files
            .filter(f -> f.toString().endsWith(".sst"))
            .max(Comparator.comparingLong(f -> f.toFile().length()))
            .orElseThrow();
      }
    }
  }

  @BeforeEach
  void buildState() {
    try (TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 20_000, 7)) {
      for (int i = 0; i < POSTS; i++) {
        posts.send(i % 2, NOW, 600_000);
      }
      posts.flush();
    }
    try (Engine engine = Engine.start(config(WINDOW_MS))) {
      Engines.awaitPosts(engine, POSTS);
      Engines.awaitRunning(engine);
      Engines.end(engine);
    }
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void damagedStateIsRebuiltFromTheChangelog(Damage damage) throws IOException {
    damage.damage(instance().resolve("task-0"));
    try (Engine engine = Engine.start(config(WINDOW_MS))) {
      Engines.awaitRunning(engine);
      Trending.Answer answer = engine.queries().trending(new Trending.Question(1000, 5, null, NOW));
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> {
                // A damaged block may be found only by reading: then the answer says what is
                // missing.
                Trending.Answer later =
                    engine.queries().trending(new Trending.Question(1000, 5, null, NOW));
                assertThat(later.completeness().partial()).isFalse();
                // Heads that can prove a ranking have seen every row on disk.
                assertThat(engine.queries().tryTrending(new Trending.Question(1, 5, null, NOW)))
                    .isPresent();
                Engines.assertRunning(engine.status());
              });
      assertThat(answer.rows()).isNotEmpty();
      Engines.end(engine);
    }
    Map<CountKey, Long> truth =
        Recount.of(KafkaFixture.bootstrap(), topic, WINDOW_MS, t -> t <= NOW);
    assertThat(CountKey.differences(truth, StateDump.of(instance(), 2, WINDOW_MS))).isEmpty();
  }

  /** The blocks were read when the engine started, so no question would read them again. */
  @Test
  void whatRotsWhileTheEngineRunsIsFoundBeforeAQueryReadsIt() throws IOException {
    try (Engine engine = Engine.start(config(WINDOW_MS, Duration.ofSeconds(1)))) {
      Engines.awaitRunning(engine);
      await("every store is read, and sound")
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () ->
                  assertThat(engine.status().partitions())
                      .hasSize(2)
                      .allSatisfy(
                          partition ->
                              assertThat(partition.checksumsVerifiedAtMs())
                                  .isGreaterThanOrEqualTo(NOW)));
      assertThat(setAsideCount()).as("nothing sound is set aside").isZero();
      Damage.BLOCK_FLIPPED.damage(instance().resolve("task-0"));
      await("nobody has asked for anything")
          .atMost(Duration.ofMinutes(1))
          .until(() -> setAsideCount() == 1);
      await("it is rebuilt")
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> {
                // One picture, taken behind the setting aside: what ran before it does not count.
                EngineStatus status = engine.status();
                assertThat(Engines.sum(status, EngineStatus.Counters::storesSetAside)).isOne();
                Engines.assertRunning(status);
              });
      Engines.end(engine);
    }
    Map<CountKey, Long> truth =
        Recount.of(KafkaFixture.bootstrap(), topic, WINDOW_MS, t -> t <= NOW);
    assertThat(StateDump.of(instance(), 2, WINDOW_MS)).isEqualTo(truth);
  }

  @Test
  void stateOfAnotherWindowSizeIsRefusedWithBothSizes() {
    try (Engine engine = Engine.start(config(60_000))) {
      Throwable failure = engine.failure().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(failure)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("300000 ms")
          .hasMessageContaining("60000 ms");
      assertThat(engine.status().state()).isEqualTo(EngineState.FAILED);
      Engines.end(engine);
    }
    assertThat(setAsideCount()).as("sound state is never set aside").isZero();
  }

  @Test
  void aSecondProcessOnTheSameStateIsRefused() {
    try (Engine engine = Engine.start(config(WINDOW_MS))) {
      assertThat(engine.status().instanceId()).isEqualTo("0");
      assertThat(catchThrowable(() -> Engine.start(config(WINDOW_MS)).close()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("pid " + ProcessHandle.current().pid());
      Engines.end(engine);
    }
  }

  @Test
  void aDirectoryThatIsTakenAwayUnderAnEngineComesBackAndNothingIsLost() throws IOException {
    Trending.Question question = new Trending.Question(1000, 5, null, NOW);
    try (Engine engine = Engine.start(config(WINDOW_MS))) {
      Engines.awaitRunning(engine);
      // In one step: the engine brings its files back while they are deleted one by one.
      Files.move(instance(), stateDir.resolve("gone"));
      await("the lock is back")
          .atMost(Duration.ofMinutes(1))
          .until(() -> Files.exists(instance().resolve(".lock")));
      assertThat(catchThrowable(() -> Engine.start(config(WINDOW_MS)).close()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("pid " + ProcessHandle.current().pid());
      assertThat(engine.queries().trending(question).completeness().partial()).isFalse();
      Engines.end(engine);
    }
    try (Engine engine = Engine.start(config(WINDOW_MS))) {
      Engines.awaitRunning(engine);
      Engines.end(engine);
    }
    Map<CountKey, Long> truth =
        Recount.of(KafkaFixture.bootstrap(), topic, WINDOW_MS, t -> t <= NOW);
    assertThat(CountKey.differences(truth, StateDump.of(instance(), 2, WINDOW_MS))).isEmpty();
  }

  private long setAsideCount() {
    try (Stream<Path> files = Files.list(instance())) {
      return files.filter(f -> f.toString().contains(".corrupt-")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path instance() {
    return stateDir.resolve(app).resolve("0");
  }

  private EngineConfig config(long windowMs) {
    return config(windowMs, Duration.ZERO);
  }

  private EngineConfig config(long windowMs, Duration verifyChecksumsEvery) {
    return EngineConfig.defaults()
        .bootstrap(KafkaFixture.bootstrap())
        .appId(app)
        .topic(topic)
        .shufflePartitions(2)
        .stateDir(stateDir)
        .window(Duration.ofMillis(windowMs))
        .verifyChecksumsEvery(verifyChecksumsEvery)
        .build();
  }
}
