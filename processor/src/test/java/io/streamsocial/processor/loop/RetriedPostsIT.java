package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.offline.StateVerify;
import io.streamsocial.processor.trends.Trending;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every post is sent three times: while two instances count, after one of them was killed and the
 * other took over, and after that one was started again. Each counts once.
 */
final class RetriedPostsIT {
  private static final int PARTITIONS = 4;
  private static final int POSTS = 5_000;
  private static final Duration DEDUPE = Duration.ofHours(1);

  @TempDir Path stateDir;

  private final String bootstrap = KafkaFixture.bootstrap();
  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("retried");
  private EngineConfig config;

  @BeforeEach
  void configure() {
    config =
        EngineConfig.defaults()
            .bootstrap(bootstrap)
            .appId(app)
            .instanceId("1")
            .topic(topic)
            .stateDir(stateDir.resolve("other"))
            .publishMs(EngineProcess.PUBLISH_MS)
            .checkpointMs(EngineProcess.CHECKPOINT_MS)
            .dedupe(DEDUPE)
            .build();
  }

  /** Half of them are known by their id, half by the header of their record. */
  private void sendAll(TestPosts posts) {
    for (int i = 0; i < POSTS; i++) {
      posts.sendRaw(i % PARTITIONS, "{\"post_id\":\"post-%d\",\"text\":\"#named\"}".formatted(i));
      posts.sendKeyed(i % PARTITIONS, "key-" + i, "{\"text\":\"#keyed\"}");
    }
    posts.flush();
  }

  private static long count(Engine engine, String tag) {
    long now = System.currentTimeMillis();
    return engine.queries().hashtag(tag, new Trending.Question(1, 12, null, now)).windows().stream()
        .mapToLong(Trending.WindowCount::count)
        .sum();
  }

  private static void assertCounts(Engine engine) {
    assertThat(count(engine, "named")).as("known by post_id").isEqualTo(POSTS);
    assertThat(count(engine, "keyed")).as("known by header").isEqualTo(POSTS);
  }

  @Test
  void aPostThatIsSentAgainCountsOnceOverATakeOverAndARestart() throws Exception {
    try (TestPosts posts = new TestPosts(bootstrap, topic, 1, 1);
        EngineProcess first =
            EngineProcess.start(
                bootstrap, app, topic, stateDir.resolve("first"), "dedupe=" + DEDUPE)) {
      await().atMost(Duration.ofMinutes(2)).until(first::isRunning);
      try (Engine engine = Engine.start(config)) {
        await("both count")
            .atMost(Duration.ofMinutes(2))
            .until(() -> sources(engine.status()) == PARTITIONS / 2);
        sendAll(posts);
        first.kill();
        sendAll(posts);
        Engines.awaitRunning(engine);
        Engines.awaitPosts(engine, 4 * POSTS);
        assertCounts(engine);
        Engines.end(engine);
      }
      sendAll(posts);
      try (Engine again = Engine.start(config)) {
        Engines.awaitRunning(again);
        Engines.awaitPosts(again, 6 * POSTS);
        assertCounts(again);
        Engines.end(again);
      }
    }
    assertVerified();
  }

  private static int sources(EngineStatus status) {
    return status.loops().stream().mapToInt(loop -> loop.postsPartitions().size()).sum();
  }

  private void assertVerified() {
    StateVerify.Result result =
        StateVerify.run(
            config,
            new StateVerify.Options(Set.of(), 1_000_000, 10),
            (pass, name, done, total) -> {},
            () -> false);
    assertThat(result.differences()).isEmpty();
    assertThat(result.verdict()).isEqualTo(StateVerify.Verdict.EQUAL);
    assertThat(result.notes()).anyMatch(note -> note.contains("posts repeat others by their id"));
  }
}
