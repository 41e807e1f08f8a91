package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.loop.LoopRig.Row;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.test.memory.MemoryClient;
import io.streamsocial.processor.test.memory.MemoryGroup;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.test.memory.MemoryKafka.Fate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster in one thread: real loops, stores, assignor and placement over brokers in memory.
 * Instances come and go, crash, hang past their session and wake up, while commits fail. At every
 * moment no reader sees more than was posted; at the end actives and standbys all equal a plain
 * map.
 */
final class ClusterSimulationTest {
  private static final List<Fate> FATES =
      List.of(
          Fate.COMMITTED, Fate.REFUSED, Fate.UNANSWERED_BUT_COMMITTED, Fate.UNANSWERED_AND_OPEN);
  private static final Set<String> REGIONS = Set.of("", "EU", "US:a", "unknown");
  private static final Set<Long> STARTS = Set.of(START - WINDOW, START, START + WINDOW);
  private static final int INSTANCES = 3;
  private static final long SESSION_MS = 10_000;

  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  /** One instance over all its lives. */
  private static final class Instance {
    private final String id;
    private final MemoryClient client;
    private final LoopRig rig;
    private boolean dead = true;
    private boolean hangs;
    private long silentSinceMs;

    Instance(String id, MemoryClient client, LoopRig rig) {
      this.id = id;
      this.client = client;
      this.rig = rig;
    }

    boolean isUp() {
      return !dead && !hangs;
    }
  }

  private static final class Case implements AutoCloseable {
    private final SplittableRandom random;
    private final MemoryKafka kafka = new MemoryKafka();
    private final MemoryGroup group;
    private final List<Instance> instances = new ArrayList<>();
    private final Map<Row, Long> expected = new HashMap<>();
    private final Path state;
    private final Duration dedupe;
    private final Retries retries;
    private final LoopRig successor;
    private long nowMs = START + 10_000;

    Case(SplittableRandom random, Path state) {
      this.random = random;
      this.state = state;
      this.dedupe = Duration.ofMillis(random.nextLong(1_000, 30_000));
      this.retries = new Retries(random, dedupe.toMillis());
      kafka.groupPollMax = random.nextInt(1, 20);
      kafka.restorePollMax = random.nextInt(1, 20);
      int standbys = random.nextInt(3);
      for (int i = 0; i < INSTANCES; i++) {
        String id = "" + i;
        MemoryClient client = kafka.client(id);
        LoopRig rig = rig(client, id, standbys);
        instances.add(new Instance(id, client, rig));
      }
      successor = instances.get(0).rig;
      group = new MemoryGroup(successor.topics, POSTS, SHUFFLES);
      start(instances.get(0));
    }

    private LoopRig rig(KafkaClients client, String id, int standbys) {
      return new LoopRig(
          state.resolve(id),
          Guarantee.EXACTLY_ONCE,
          kafka,
          client,
          id,
          standbys,
          3_600_000,
          dedupe);
    }

    private void start(Instance instance) {
      instance.dead = false;
      instance.hangs = false;
      group.join(instance.id, instance.client);
    }

    void step() {
      switch (random.nextInt(40)) {
        case 0 -> kafka.nextCommit = FATES.get(random.nextInt(FATES.size()));
        case 1 -> die(false);
        case 2 -> die(true);
        case 3 -> hang();
        case 4, 5, 6 -> comeBack();
        case 7 -> kafka.followPollMax = random.nextInt(3);
        case 8 -> kafka.followPollMax = Integer.MAX_VALUE;
        case 9 -> kafka.restorePollMax = random.nextInt(20);
        default -> post();
      }
      turn(random.nextInt(6) == 0 ? random.nextLong(3_000) : random.nextLong(PUBLISH));
      look();
    }

    private Instance any() {
      return instances.get(random.nextInt(INSTANCES));
    }

    private void die(boolean orderly) {
      Instance instance = any();
      if (!instance.isUp()) {
        return;
      }
      if (orderly) {
        instance.rig.restart();
      } else {
        instance.rig.crash();
      }
      instance.dead = true;
      instance.silentSinceMs = nowMs;
    }

    private void hang() {
      Instance instance = any();
      if (instance.isUp()) {
        instance.hangs = true;
        instance.silentSinceMs = nowMs;
      }
    }

    private void comeBack() {
      Instance instance = any();
      if (instance.dead) {
        start(instance);
      } else if (instance.hangs) {
        instance.hangs = false;
        if (!group.has(instance.id)) {
          instance.client.member().losePartitionsInPoll();
          // Its producer is still the old one; what it would commit is refused until it has joined.
          instance.rig.turn();
          group.join(instance.id, instance.client);
        }
      }
    }

    private void turn(long ms) {
      nowMs += ms;
      instances.forEach(instance -> instance.rig.nowMs = nowMs);
      for (Instance instance : instances) {
        if (!instance.isUp()
            && group.has(instance.id)
            && nowMs - instance.silentSinceMs >= SESSION_MS) {
          group.expel(instance.id);
        }
      }
      Instance instance = any();
      if (instance.isUp()) {
        instance.rig.turn();
      }
      boolean allTakePart = instances.stream().allMatch(each -> each.isUp() || !group.has(each.id));
      if (allTakePart && group.isSettled() && group.needsRebalance()) {
        group.rebalance();
      }
    }

    private void post() {
      for (int i = random.nextInt(1, 10); i > 0; i--) {
        long time = nowMs - random.nextLong(LoopRig.GRACE);
        String region = new String[] {"EU", "US:a", ""}[random.nextInt(3)];
        List<String> tags = new ArrayList<>();
        for (int t = random.nextInt(4); t > 0; t--) {
          tags.add("t" + random.nextInt(1, 1 + random.nextInt(1, 40)));
        }
        String text = "text #" + String.join(" #", tags);
        successor.nowMs = nowMs;
        if (retries.post(successor, random.nextInt(POSTS), time, region, text)) {
          long start = time - time % WINDOW;
          for (String tag : tags) {
            expected.merge(new Row(start, "", tag), 1L, Long::sum);
            expected.merge(
                new Row(start, region.isEmpty() ? "unknown" : region, tag), 1L, Long::sum);
          }
        }
      }
    }

    /** Whoever can be asked never tells of more than was posted. */
    private void look() {
      Instance instance = any();
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
      kafka.nextCommit = Fate.COMMITTED;
      kafka.followPollMax = Integer.MAX_VALUE;
      kafka.restorePollMax = Integer.MAX_VALUE;
      for (int i = 0; i < 200_000 && !isQuiet(i); i++) {
        turn(PUBLISH / 4);
        comeBack();
      }
      Map<Row, Long> active = new HashMap<>();
      for (int p = 0; p < SHUFFLES; p++) {
        int owners = 0;
        for (Instance instance : instances) {
          CountTask task = instance.rig.running.get(p);
          if (task == null) {
            continue;
          }
          Map<Row, Long> counts = LoopRig.counts(task, STARTS, REGIONS);
          if (task.status().isActive()) {
            owners++;
            active.putAll(counts);
          }
        }
        assertThat(owners).as("owners of partition " + p).isEqualTo(1);
      }
      assertThat(active).isEqualTo(expected);
      for (Instance instance : instances) {
        instance.rig.running.forEach(
            (p, task) ->
                assertThat(LoopRig.counts(task, STARTS, REGIONS))
                    .as("partition %s as %s of %s", p, task.status().role(), instance.id)
                    .isEqualTo(of(p)));
      }
      // The changelog and the shuffle alone make the same state on another disk.
      try (LoopRig other = rig(kafka, "other", 0)) {
        other.nowMs = nowMs + 1_000_000;
        other.run();
        other.settle();
        for (int i = 0; i < 2_000; i++) {
          other.turn();
        }
        assertThat(other.counts(STARTS, REGIONS)).isEqualTo(expected);
      }
    }

    private Map<Row, Long> of(int partition) {
      Map<Row, Long> rows = new HashMap<>(expected);
      rows.keySet().removeIf(row -> LoopRig.owner(row.tag()) != partition);
      return rows;
    }

    private boolean isQuiet(int turns) {
      return turns > 3_000
          && turns % 500 == 0
          && instances.stream().allMatch(Instance::isUp)
          && group.isSettled()
          && !group.needsRebalance()
          && instances.stream().mapToLong(i -> i.rig.running()).sum() == SHUFFLES
          && sum() == expected.values().stream().mapToLong(n -> n).sum();
    }

    private long sum() {
      long sum = 0;
      for (Instance instance : instances) {
        for (CountTask task : instance.rig.running.values()) {
          if (task.status().isActive()) {
            sum += LoopRig.counts(task, STARTS, REGIONS).values().stream().mapToLong(n -> n).sum();
          }
        }
      }
      return sum;
    }

    @Override
    public void close() {
      instances.forEach(instance -> instance.rig.close());
    }
  }

  @Test
  void whateverHappensToTheInstancesTheCountsAreThoseOfAPlainMap() {
    Property.holds(
        Integer.getInteger("cases", 8),
        random -> {
          try (Case one = new Case(random, directory.resolve("" + cases.incrementAndGet()))) {
            for (int step = random.nextInt(50, 400); step > 0; step--) {
              one.step();
            }
            one.verify();
          }
        });
  }
}
