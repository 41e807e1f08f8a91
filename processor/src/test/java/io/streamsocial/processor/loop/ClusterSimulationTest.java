package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.loop.LoopRig.Row;
import io.streamsocial.processor.task.CountTask;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances come and go, crash, hang past their session and wake up, while commits fail. At every
 * moment no reader sees more than was posted; at the end actives and standbys all equal a plain
 * map. Some posts are sent again.
 */
final class ClusterSimulationTest {
  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  /** A cluster, and what must hold of it. */
  private static final class Case extends SimulatedCluster {
    private final Retries retries;

    Case(SplittableRandom random, Path state) {
      this(random, state, Duration.ofMillis(random.nextLong(1_000, 30_000)));
    }

    private Case(SplittableRandom random, Path state, Duration dedupe) {
      super(random, state, dedupe, Map.of());
      retries = new Retries(random, dedupe.toMillis());
      start(instances.get(0));
    }

    @Override
    boolean send(int partition, long timeMs, String region, List<String> tags) {
      return retries.post(poster, partition, timeMs, region, text(tags));
    }

    /** Whoever can be asked never tells of more than was posted. */
    @Override
    void look(Instance instance) {
      for (CountTask task : instance.rig.running.values()) {
        LoopRig.counts(task, STARTS, Set.of("", "EU"))
            .forEach(
                (row, count) ->
                    assertThat(count)
                        .as("%s as %s of %s", row, task.status().role(), instance.id)
                        .isLessThanOrEqualTo(expected.getOrDefault(row, 0L)));
      }
    }

    void verify() {
      rest();
      assertThat(active())
          .extracting(CountTask::partition)
          .as("each partition has one owner")
          .hasSize(SHUFFLES)
          .doesNotHaveDuplicates();
      assertThat(hashtags()).isEqualTo(expected);
      for (Instance instance : instances) {
        instance.rig.running.forEach(
            (p, task) ->
                assertThat(LoopRig.counts(task, STARTS, REGIONS))
                    .as("partition %s as %s of %s", p, task.status().role(), instance.id)
                    .isEqualTo(of(p)));
      }
      // The changelog and the shuffle alone make the same state on another disk.
      try (LoopRig other = other()) {
        runAlone(other);
        assertThat(other.counts(STARTS, REGIONS)).isEqualTo(expected);
      }
    }

    private Map<Row, Long> of(int partition) {
      Map<Row, Long> rows = new HashMap<>(expected);
      rows.keySet().removeIf(row -> LoopRig.owner(row.tag()) != partition);
      return rows;
    }
  }

  @Test
  void whateverHappensToTheInstancesTheCountsAreThoseOfAPlainMap() {
    Property.holds(
        Integer.getInteger("cases", 8),
        random -> {
          try (Case one = new Case(random, directory.resolve("" + cases.incrementAndGet()))) {
            one.steps(random.nextInt(50, 400));
            one.verify();
          }
        });
  }
}
