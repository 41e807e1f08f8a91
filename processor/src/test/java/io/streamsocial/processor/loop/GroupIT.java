package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.TestPosts;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.trends.Trending;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
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
            .atMost(Duration.ofMinutes(2))
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

  /** As after a kill -9 between a send and its commit. It would time out only in ten minutes. */
  @Test
  void anOpenTransactionOfADeadInstanceIsEndedByTheOthers() throws Exception {
    Thread poster = new Thread(this::post, "posts");
    try {
      start("0");
      start("1");
      awaitBalance(2);
      poster.start();
      Map<Integer, Long> open = leaveOpen("1");
      await()
          .atMost(Duration.ofMinutes(1))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> !isSeen("1"));
      long rebalanced = System.nanoTime();
      await("what came behind the open transaction is read")
          .atMost(Duration.ofMinutes(1))
          .pollInterval(Duration.ofMillis(5))
          .untilAsserted(
              () ->
                  assertThat(engine("0").status().partitions())
                      .hasSize(PARTITIONS)
                      .allSatisfy(
                          p ->
                              assertThat(p.shuffleOffset())
                                  .isGreaterThan(open.getOrDefault(p.partition(), 0L))));
      long heldMs = (System.nanoTime() - rebalanced) / 1_000_000;
      System.out.printf("GroupIT: held up %d ms after the rebalance%n", heldMs);
      if (Boolean.getBoolean("tests.quiet")) {
        assertThat(heldMs).isLessThan(1_000);
      }
    } finally {
      posting.set(false);
      poster.join();
      engines.values().forEach(Engine::close);
    }
  }

  /** Without leaving, the group would keep its place for much longer than this waits. */
  @Test
  void theWorkOfAnInstanceThatLeavesMovesAtOnce() {
    Map<String, String> longSession = Map.of("consumer.session.timeout.ms", "600000");
    try {
      start(config("0").kafka(longSession).build());
      start(config("1").kafka(longSession).leaveOnStop(true).build());
      awaitBalance(2);
      stop("1");
      awaitBalance(1);
      await("the posts too")
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(
              () ->
                  assertThat(engine("0").status().loops().get(0).postsPartitions())
                      .containsExactlyInAnyOrder(0, 1, 2, 3));
    } finally {
      engines.values().forEach(Engine::close);
    }
  }

  /**
   * Stops an instance and leaves a transaction of its open in every shuffle partition, before the
   * group knows that it is gone. On a slow machine the group may be faster: then once more.
   *
   * @return the first open offset by partition
   */
  private Map<Integer, Long> leaveOpen(String id) throws Exception {
    for (int attempt = 1; attempt <= 5; attempt++) {
      stop(id);
      Map<Integer, Long> open = new HashMap<>();
      KafkaProducer<byte[], byte[]> left = transactionalOf(id);
      try {
        left.initTransactions();
        left.beginTransaction();
        for (int p = 0; p < PARTITIONS; p++) {
          byte[] foreign = {0};
          open.put(p, left.send(new ProducerRecord<>(shuffle(), p, null, foreign)).get().offset());
        }
        if (isSeen(id)) {
          return open;
        }
      } catch (ExecutionException | ProducerFencedException | InvalidProducerEpochException e) {
        System.out.printf("GroupIT: attempt %d was too late: %s%n", attempt, e);
      } finally {
        left.close(Duration.ZERO); // says nothing to the brokers: what is open stays open
      }
      start(id);
      awaitBalance(2);
    }
    throw new AssertionError("the group was faster five times");
  }

  private String shuffle() {
    return app + "-shuffle";
  }

  private boolean isSeen(String id) {
    return engine("0").status().routing().instance(id).isPresent();
  }

  private KafkaProducer<byte[], byte[]> transactionalOf(String id) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            KafkaFixture.bootstrap(),
            "transactional.id",
            "%s-%s-0".formatted(app, id),
            "transaction.timeout.ms",
            "600000"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private void start(String id) {
    Map<String, String> shortSession =
        Map.of("consumer.session.timeout.ms", "6000", "consumer.heartbeat.interval.ms", "500");
    start(config(id).kafka(shortSession).build());
  }

  private void start(EngineConfig config) {
    engines.put(config.identity().instanceId(), Engine.start(config));
  }

  private EngineConfigBuilder config(String id) {
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
    Engines.end(engine);
  }

  /** Every partition has one active and, with several instances, one standby elsewhere. */
  private void awaitBalance(int instances) {
    await()
        .atMost(Duration.ofMinutes(2))
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
                assertThat(status.routing().instance(status.instanceId()))
                    .hasValueSatisfying(
                        self -> {
                          standbys.addAll(self.standby());
                          assertThat(held(status, Role.STANDBY)).containsAll(self.standby());
                        });
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
      Set<Integer> missing = unreadable();
      if (!missing.isEmpty()) {
        // The engines were not asked all at once: a partition may have gone from the one not asked
        // yet to the one asked before. Then it is found there now.
        missing.retainAll(unreadable());
      }
      if (!missing.isEmpty()) {
        gaps.add("%d: %s of %s".formatted(System.currentTimeMillis(), missing, engines.keySet()));
      }
      LockSupport.parkNanos(10_000_000L);
    }
  }

  private Set<Integer> unreadable() {
    Set<Integer> missing = new TreeSet<>(Set.of(0, 1, 2, 3));
    for (Engine engine : engines.values()) {
      for (EngineStatus.Partition partition : engine.status().partitions()) {
        if (!partition.restoring()) {
          missing.remove(partition.partition());
        }
      }
    }
    return missing;
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
          List<Trending.WindowCount> told =
              engine
                  .queries()
                  .hashtag(key.tag(), new Trending.Question(1, 1, region, key.windowStartMs()))
                  .windows();
          // No window: it was held a moment ago.
          if (told.isEmpty() || told.get(0).count() != count) {
            wrong.add("%s is %d, told %s".formatted(key, count, told));
          }
        });
    return wrong;
  }
}
