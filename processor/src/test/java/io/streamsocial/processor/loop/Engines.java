package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.Trending;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What tests wait for of an engine, with the patience that a loaded machine needs. */
final class Engines {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private Engines() {}

  /**
   * Until every partition includes so many posts, by what it says of itself. Not by the counters:
   * they tell what this engine published, and leave out what it did not hear the end of.
   */
  static void awaitPosts(Engine engine, long posts) {
    await("every partition includes " + posts + " posts")
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Map<Integer, Trending.Held> held =
                  engine.queries().held(engine.queries().partitions());
              assertThat(held).hasSize(engine.config().tasks().shufflePartitions());
              assertThat(held.values())
                  .allSatisfy(
                      part ->
                          assertThat(part.asOf().values().stream().mapToLong(n -> n).sum())
                              .isGreaterThanOrEqualTo(posts));
            });
  }

  /**
   * Until the engine, which has the application for itself, counts every partition, and no loop is
   * still to join: then its end finds no rebalance under way.
   */
  static void awaitRunning(Engine engine) {
    await("every loop runs, and every partition")
        .atMost(PATIENCE)
        .untilAsserted(() -> assertRunning(engine.status()));
  }

  /**
   * Until the stores have all that is counted: what a test reads on disk must not depend on whether
   * an instance, as it ends, gets its last publish through.
   */
  static void awaitCheckpoints(Engine engine) {
    await("every partition runs, and all of it is checkpointed")
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              EngineStatus status = engine.status();
              assertRunning(status);
              assertThat(status.partitions())
                  .allSatisfy(partition -> assertThat(partition.overlayEntries()).isZero());
            });
  }

  /** Of one picture: between two of them, a partition may have been set aside. */
  static void assertRunning(EngineStatus status) {
    assertThat(status.state()).isEqualTo(EngineState.RUNNING);
    assertThat(status.partitions())
        .hasSize(status.shufflePartitions())
        .allSatisfy(
            partition -> {
              assertThat(partition.role()).isEqualTo(Role.ACTIVE);
              assertThat(partition.restoring()).isFalse();
            });
    assertThat(status.loops().stream().mapToInt(loop -> loop.postsPartitions().size()).sum())
        .isEqualTo(status.postsPartitions());
    if (status.loops().size() <= status.postsPartitions()) {
      assertThat(status.loops())
          .allSatisfy(loop -> assertThat(loop.postsPartitions()).isNotEmpty());
    }
  }

  /** In order, however long it takes: what it leaves on disk is read next, or deleted. */
  static void end(Engine engine) {
    engine.close(PATIENCE);
  }

  static long sum(EngineStatus status, ToLongFunction<EngineStatus.Counters> counter) {
    return status.loops().stream().map(EngineStatus.Loop::counters).mapToLong(counter).sum();
  }
}
