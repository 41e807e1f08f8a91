package io.streamsocial.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines that share one application on a real Kafka, while posts arrive all the time. */
final class GroupIT {
  private static final int PARTITIONS = 4;
  private static final long WINDOW_MS = Duration.ofMinutes(5).toMillis();
  private static final int POSTS_A_SECOND = 1_000;

  @TempDir Path stateDir;

  private final String topic = KafkaFixture.createTopic("posts", PARTITIONS);
  private final String app = KafkaFixture.uniqueName("group");
  private final Map<String, Engine> engines = new ConcurrentHashMap<>();
  private final AtomicBoolean posting = new AtomicBoolean(true);
  private final List<String> gaps = new ArrayList<>();

  @Test
  void instancesComeAndGoWhileEveryPartitionStaysReadableAndEveryCountExact() throws Exception {
    Thread poster = new Thread(this::post, "posts");
    Thread watcher = new Thread(this::watch, "watch");
    try {
      start("0");
      awaitBalance(1);
      poster.start();
      watcher.start();
      start("1");
      awaitBalance(2);
      start("2");
      awaitBalance(3);
      stop("2");
      awaitBalance(2);
      stop("0");
      awaitBalance(1);
      start("0");
      awaitBalance(2);
      posting.set(false);
      poster.join();
      watcher.join();
      assertThat(gaps).as("moments at which nobody could answer for a partition").isEmpty();
      Map<CountKey, Long> truth = Recount.of(KafkaFixture.bootstrap(), topic, WINDOW_MS, t -> true);
      assertThat(truth).hasSizeGreaterThan(5_000);
      for (String id : List.of("0", "1")) {
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(() -> assertThat(wrong(engine(id), truth)).as("on " + id).isEmpty());
      }
      stop("1");
      awaitBalance(1);
      stop("0");
      assertThat(
              CountKey.differences(
                  truth, StateDump.of(stateDir.resolve(app).resolve("0"), PARTITIONS, WINDOW_MS)))
          .isEmpty();
    } finally {
      posting.set(false);
      engines.values().forEach(Engine::close);
    }
  }

  /** As after a kill -9 between a send and its commit. */
  @Test
  void anOpenTransactionOfADeadInstanceHoldsTheOthersUpForASecondAtMost() throws Exception {
    Thread poster = new Thread(this::post, "posts");
    try {
      start("0");
      start("1");
      awaitBalance(2);
      poster.start();
      stop("1");
      try (KafkaProducer<byte[], byte[]> left = transactionalOf("1")) {
        left.initTransactions();
        left.beginTransaction();
        String shuffle = app + "-shuffle";
        for (int p = 0; p < PARTITIONS; p++) {
          left.send(new ProducerRecord<>(shuffle, p, null, new byte[] {0})).get();
        }
        AtomicLong stuckAt = new AtomicLong(-1);
        await()
            .atMost(Duration.ofSeconds(4))
            .pollInterval(Duration.ofMillis(500))
            .until(() -> stuckAt.getAndSet(shuffleOffsets()) == stuckAt.get());
        await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> engine("0").status().routing().instances().size() == 1);
        long rebalanced = System.nanoTime();
        await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> shuffleOffsets() > stuckAt.get() + PARTITIONS * 20);
        long heldMs = (System.nanoTime() - rebalanced) / 1_000_000;
        System.out.printf("GroupIT: held up %d ms after the rebalance%n", heldMs);
        assertThat(heldMs).isLessThan(1_000);
      }
    } finally {
      posting.set(false);
      poster.join();
      engines.values().forEach(Engine::close);
    }
  }

  /** Without leaving, the group would keep its place for twice as long as this waits. */
  @Test
  void theWorkOfAnInstanceThatLeavesMovesAtOnce() {
    Map<String, String> longSession = Map.of("consumer.session.timeout.ms", "120000");
    try {
      start(config("0").kafka(longSession).build());
      start(config("1").kafka(longSession).leaveOnStop(true).build());
      awaitBalance(2);
      stop("1");
      awaitBalance(1);
      await("the posts too")
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(engine("0").status().loops().get(0).postsPartitions())
                      .containsExactlyInAnyOrder(0, 1, 2, 3));
    } finally {
      engines.values().forEach(Engine::close);
    }
  }

  private KafkaProducer<byte[], byte[]> transactionalOf(String id) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            KafkaFixture.bootstrap(),
            "transactional.id",
            "%s-%s-0".formatted(app, id),
            "transaction.timeout.ms",
            "60000"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** How far instance 0 has read all of the shuffle. */
  private long shuffleOffsets() {
    return engine("0").status().partitions().stream()
        .mapToLong(EngineStatus.Partition::shuffleOffset)
        .sum();
  }

  private void start(String id) {
    Map<String, String> shortSession =
        Map.of("consumer.session.timeout.ms", "6000", "consumer.heartbeat.interval.ms", "500");
    start(config(id).kafka(shortSession).build());
  }

  private void start(EngineConfig config) {
    engines.put(config.instanceId(), Engine.start(config));
  }

  private EngineConfig.Builder config(String id) {
    return EngineConfig.defaults()
        .bootstrap(KafkaFixture.bootstrap())
        .appId(app)
        .instanceId(id)
        .topic(topic)
        .stateDir(stateDir)
        .standbys(1)
        .publishMs(50)
        .checkpointMs(1_000);
  }

  private Engine engine(String id) {
    Engine engine = engines.get(id);
    if (engine == null) {
      throw new AssertionError(id + " does not run");
    }
    return engine;
  }

  private void stop(String id) {
    Engine engine = engine(id);
    engines.remove(id);
    engine.close();
  }

  /** Every partition has one active and, with several instances, one standby elsewhere. */
  private void awaitBalance(int instances) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              assertThat(engines).hasSize(instances);
              List<Integer> actives = new ArrayList<>();
              List<Integer> standbys = new ArrayList<>();
              for (Engine engine : engines.values()) {
                EngineStatus status = engine.status();
                assertThat(status.failure()).isNull();
                assertThat(status.state()).isEqualTo(EngineState.RUNNING);
                assertThat(status.routing().instances()).hasSize(instances);
                List<Integer> own = held(status, Role.ACTIVE);
                assertThat(own).hasSizeBetween(PARTITIONS / instances, PARTITIONS / instances + 1);
                actives.addAll(own);
                standbys.addAll(
                    status.routing().instance(status.instanceId()).orElseThrow().standby());
                assertThat(held(status, Role.STANDBY))
                    .containsAll(
                        status.routing().instance(status.instanceId()).orElseThrow().standby());
              }
              assertThat(actives).containsExactlyInAnyOrder(0, 1, 2, 3);
              if (instances > 1) {
                assertThat(standbys).containsExactlyInAnyOrder(0, 1, 2, 3);
              }
            });
  }

  private static List<Integer> held(EngineStatus status, Role role) {
    return status.partitions().stream()
        .filter(p -> p.role() == role && !p.restoring())
        .map(EngineStatus.Partition::partition)
        .toList();
  }

  private void post() {
    try (TestPosts posts = new TestPosts(KafkaFixture.bootstrap(), topic, 3_000, 7)) {
      for (int i = 0; posting.get(); i++) {
        posts.send(i % PARTITIONS, System.currentTimeMillis(), 60_000);
        if (i % (POSTS_A_SECOND / 50) == 0) {
          LockSupport.parkNanos(20_000_000L);
        }
      }
      posts.flush();
    }
  }

  private void watch() {
    while (posting.get()) {
      Set<Integer> readable = new HashSet<>();
      engines
          .values()
          .forEach(
              engine ->
                  engine.status().partitions().stream()
                      .filter(p -> !p.restoring())
                      .forEach(p -> readable.add(p.partition())));
      if (readable.size() < PARTITIONS) {
        Set<Integer> missing = new TreeSet<>(Set.of(0, 1, 2, 3));
        missing.removeAll(readable);
        gaps.add("%d: %s of %s".formatted(System.currentTimeMillis(), missing, engines.keySet()));
      }
      LockSupport.parkNanos(10_000_000L);
    }
  }

  /** What an engine says of the tags that it holds, as active or standby, where it is not true. */
  private static List<String> wrong(Engine engine, Map<CountKey, Long> truth) {
    Set<Integer> held = new HashSet<>(held(engine.status(), Role.ACTIVE));
    held.addAll(held(engine.status(), Role.STANDBY));
    List<String> wrong = new ArrayList<>();
    truth.forEach(
        (key, count) -> {
          int partition = Combiner.partition(Property.utf8(key.tag()), PARTITIONS);
          if (!held.contains(partition)) {
            return;
          }
          String region = key.region().isEmpty() ? null : key.region();
          long told =
              engine
                  .queries()
                  .hashtag(key.tag(), new Trending.Question(1, 1, region, key.windowStartMs()))
                  .windows()
                  .get(0)
                  .count();
          if (told != count) {
            wrong.add("%s is %d, told %d".formatted(key, count, told));
          }
        });
    return wrong;
  }
}
