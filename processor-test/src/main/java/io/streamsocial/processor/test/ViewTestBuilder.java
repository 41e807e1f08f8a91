package io.streamsocial.processor.test;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.test.memory.MemoryKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** What can be chosen before a {@link ViewTest} starts. Not thread-safe. */
public final class ViewTestBuilder {
  private static final int INSTANCES_MAX = 16;
  private static final int PARTITIONS_MAX = 64;

  private final EngineConfig config;
  private int instances = 1;
  private int partitions = 4;
  private final Map<String, Integer> partitionsOf = new HashMap<>();
  private long seed;
  private long startMs = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  ViewTestBuilder(EngineConfig config) {
    this.config = config;
  }

  /**
   * @param number 1 to 16; 1 unless it is set
   * @throws IllegalArgumentException for another number
   */
  public ViewTestBuilder instances(int number) {
    check("instances", number, INSTANCES_MAX);
    instances = number;
    return this;
  }

  /**
   * @param number partitions of each topic that the application reads, 1 to 64; 4 unless it is set
   * @throws IllegalArgumentException for another number
   */
  public ViewTestBuilder partitions(int number) {
    check("partitions", number, PARTITIONS_MAX);
    partitions = number;
    return this;
  }

  /**
   * @param topic one that the application reads
   * @param number partitions of this topic, 1 to 64
   * @throws IllegalArgumentException for another number, and when the application reads no such
   *     topic
   */
  public ViewTestBuilder partitions(String topic, int number) {
    check("partitions", number, PARTITIONS_MAX);
    if (!config.inputs().contains(topic)) {
      throw new IllegalArgumentException(
          "the application does not read topic %s, but %s".formatted(topic, config.inputs()));
    }
    partitionsOf.put(topic, number);
    return this;
  }

  private static void check(String what, int number, int max) {
    if (number < 1 || number > max) {
      throw new IllegalArgumentException(
          "%s is %d: allowed is 1 to %d".formatted(what, number, max));
    }
  }

  /**
   * @param value any number; 0 unless it is set
   */
  public ViewTestBuilder seed(long value) {
    seed = value;
    return this;
  }

  /**
   * @param now of the wall clock when the instances start; the beginning of 2026 (UTC) unless it is
   *     set
   */
  public ViewTestBuilder startAt(Instant now) {
    startMs = now.toEpochMilli();
    return this;
  }

  /**
   * Starts the instances; all of them have joined the group and count when this returns.
   *
   * @throws ConfigException when the engine refuses the configuration
   */
  public ViewTest start() {
    SplittableRandom random = new SplittableRandom(seed);
    MemoryKafka kafka = new MemoryKafka();
    for (String topic : config.inputs()) {
      kafka.createTopic(topic, partitionsOf.getOrDefault(topic, partitions), Map.of());
    }
    TempDirectory directory = new TempDirectory();
    List<EngineConfig> configs = new ArrayList<>();
    for (int i = 0; i < instances; i++) {
      configs.add(instance(i, directory.path()));
    }
    Cluster cluster = new Cluster(configs, kafka, random, startMs);
    ViewTest test =
        new ViewTest(kafka, cluster, directory, seed, random, config.views().hashtags());
    try {
      for (int i = 0; i < instances; i++) {
        cluster.start(i);
      }
      test.settle();
      return test;
    } catch (RuntimeException | Error e) {
      test.close();
      throw e;
    }
  }

  /** The same application: only what is an instance's own differs. */
  private EngineConfig instance(int index, Path directory) {
    return new EngineConfig(
        new EngineConfig.Identity(config.identity().appId(), Integer.toString(index), ""),
        config.brokers(),
        config.posts(),
        config.views(),
        new EngineConfig.TaskSettings(
            config.tasks().shufflePartitions(),
            1,
            config.tasks().standbys(),
            config.tasks().leaveOnStop()),
        config.windows(),
        config.cadence(),
        new EngineConfig.Storage(
            directory,
            config.storage().storeMemoryBytes(),
            config.storage().heapState(),
            Duration.ZERO,
            0,
            0),
        config.guarantee());
  }
}
