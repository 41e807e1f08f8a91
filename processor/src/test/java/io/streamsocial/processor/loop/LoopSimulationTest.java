package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.loop.LoopRig.Row;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import io.streamsocial.store.StoreException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The loop under everything at once: posts, failing commits, silent brokers, rebalances, crashes
 * and damaged stores in random order, a few records a poll. After every case the live counts, and
 * those of a successor on an empty disk, equal a plain map of what was posted.
 */
final class LoopSimulationTest {
  private static final List<Fate> FATES = List.of(Fate.values());
  private static final Set<String> REGIONS = Set.of("", "EU", "US:a", "unknown");
  private static final Set<Long> STARTS = Set.of(START - WINDOW, START, START + WINDOW);

  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  private static final class Case implements AutoCloseable {
    private final SplittableRandom random;
    private final Map<Row, Long> expected = new HashMap<>();
    private final TestViews.Expected expectedViews = new TestViews.Expected();
    private final Path state;
    private final Duration dedupe;
    private final Retries retries;
    private LoopRig rig;
    private int damaged;

    Case(SplittableRandom random, Path state) {
      this.random = random;
      this.state = state;
      this.dedupe = Duration.ofMillis(random.nextLong(1_000, 30_000));
      this.retries = new Retries(random, dedupe.toMillis());
      this.rig = rig(state.resolve("a"), new MemoryKafka());
      rig.kafka.groupPollMax = random.nextInt(1, 20);
      rig.kafka.restorePollMax = random.nextInt(1, 20);
      rig.run();
    }

    private LoopRig rig(Path stateDir, MemoryKafka kafka) {
      return new LoopRig(
          stateDir, Guarantee.EXACTLY_ONCE, kafka, kafka, "0", 0, LoopRig.GRACE, dedupe);
    }

    void step() {
      MemoryKafka kafka = rig.kafka;
      switch (random.nextInt(18)) {
        case 0 -> kafka.nextCommit = FATES.get(random.nextInt(FATES.size()));
        case 1 -> kafka.nextSendOffsets = new KafkaException("not now");
        case 2 -> kafka.nextPoll = new TimeoutException("not now");
        case 3 -> kafka.nextListOffsets = new TimeoutException("not now");
        case 4 -> kafka.nextInit = new TimeoutException("not now");
        case 5 -> kafka.member().rebalanceInPoll(some());
        case 6 -> kafka.member().rebalanceInPoll(rig.everything());
        case 7 -> {
          if (random.nextInt(4) == 0) {
            kafka.member().losePartitionsInPoll();
            kafka.member().rebalanceInPoll(rig.everything());
          }
        }
        case 8 -> {
          if (random.nextInt(4) == 0) {
            end();
            kafka.member().rebalanceInPoll(rig.everything());
          }
        }
        case 9 -> damage();
        default -> post();
      }
      rig.turn(random.nextInt(4) == 0 ? random.nextLong(3_000) : random.nextLong(PUBLISH));
    }

    private void end() {
      if (random.nextBoolean()) {
        rig.crash();
      } else {
        rig.restart();
      }
    }

    private void damage() {
      CountTask task = rig.running.get(random.nextInt(SHUFFLES));
      // A store that is damaged again and again ends the loop, and rightly so.
      if (task != null && damaged < 2) {
        damaged++;
        task.reportDamage(new StoreException(StoreException.Kind.CORRUPTED, "a flipped bit"));
      }
    }

    private Set<TopicPartition> some() {
      Set<TopicPartition> some = new HashSet<>(rig.everything());
      some.removeIf(tp -> random.nextInt(3) == 0);
      return some;
    }

    private void post() {
      for (int i = random.nextInt(1, 10); i > 0; i--) {
        if (random.nextInt(10) == 0) {
          rig.raw(random.nextInt(POSTS), "no json");
          continue;
        }
        long time = rig.nowMs - random.nextLong(LoopRig.GRACE);
        String region = new String[] {"EU", "US:a", ""}[random.nextInt(3)];
        List<String> tags = new ArrayList<>();
        for (int t = random.nextInt(4); t > 0; t--) {
          tags.add("t" + random.nextInt(1, 1 + random.nextInt(1, 40)));
        }
        String text = "text #" + String.join(" #", tags);
        if (retries.post(rig, random.nextInt(POSTS), time, region, text)) {
          expectedViews.post(time, region, tags);
          long start = time - time % WINDOW;
          for (String tag : tags) {
            expected.merge(new Row(start, "", tag), 1L, Long::sum);
            expected.merge(
                new Row(start, region.isEmpty() ? "unknown" : region, tag), 1L, Long::sum);
          }
        }
      }
    }

    void verify() {
      MemoryKafka kafka = rig.kafka;
      kafka.nextCommit = Fate.COMMITTED;
      kafka.nextSendOffsets = null;
      kafka.nextPoll = null;
      kafka.nextListOffsets = null;
      kafka.nextInit = null;
      kafka.member().rebalanceInPoll(rig.everything());
      drain();
      assertThat(rig.counters().late()).isZero();
      assertSame();
      // The changelog and the shuffle alone make the same state on another disk.
      rig.crash();
      rig.close();
      rig = rig(state.resolve("b"), kafka);
      rig.nowMs += 1_000_000;
      rig.run();
      drain();
      assertSame();
    }

    private void assertSame() {
      assertThat(rig.counts(STARTS, REGIONS)).isEqualTo(expected);
      long[] starts = STARTS.stream().mapToLong(Long::longValue).toArray();
      assertThat(TestViews.rows(rig, starts, List.of("", "EU", "US:a", "nowhere")))
          .isEqualTo(expectedViews.rows());
    }

    /** Until all that was posted is counted. */
    private void drain() {
      int quiet = 0;
      for (int turns = 0; quiet < 12; turns++) {
        assertThat(turns).as("turns without coming to an end").isLessThan(20_000);
        boolean nothing = rig.turn(PUBLISH / 2) == 0 && rig.running() == SHUFFLES;
        quiet = nothing ? quiet + 1 : 0;
      }
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  @Test
  void whateverHappensTheCountsAreThoseOfAPlainMap() {
    Property.holds(
        Integer.getInteger("cases", 12),
        random -> {
          try (Case one = new Case(random, directory.resolve("" + cases.incrementAndGet()))) {
            for (int step = random.nextInt(20, 150); step > 0; step--) {
              one.step();
            }
            one.verify();
          }
        });
  }
}
