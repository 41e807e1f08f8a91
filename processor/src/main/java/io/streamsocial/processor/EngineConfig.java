package io.streamsocial.processor;

import io.streamsocial.store.Windowing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Everything that an instance can be told, with every default in {@link #defaults()}.
 *
 * @param bootstrap Kafka's bootstrap servers, host:port[,host:port...]
 * @param appId consumer group and prefix of the internal topics; all instances of one application
 *     share it
 * @param instanceId unique in the application, stable over restarts
 * @param topic the posts
 * @param createTopic whether a missing posts topic is created (4 partitions) instead of refused
 * @param stateDir where the stores live: {@code stateDir/appId/instanceId/...}
 * @param shufflePartitions count tasks of the whole application, 1 to 1000; fixed at its first
 *     start
 * @param threads loops of this instance, 1 to 64
 * @param standbys other instances that follow each count task, to answer and take over, 0 to 10
 * @param zone where this instance runs (a rack, a data centre): standbys are kept in other zones
 *     than their active where there are several; empty for none
 * @param publishMs how often folded mentions are published, 1 to 10,000
 * @param checkpointMs how often changed counts go to the changelog and the store, 100 to 600,000
 * @param window size of the tumbling windows
 * @param grace how long after its end, in stream time, a window still counts; at most retention
 * @param retention how long after its end, in stream time, a window stays readable
 * @param maxFuture a post dated further ahead of the wall clock is rejected
 * @param sourceIdle a posts partition without a new post for so long, and read to its end, no
 *     longer holds back stream time
 * @param maxPostBytes a larger post is rejected
 * @param replicationFactor of internal topics that are created; -1 for the broker's default
 * @param guarantee exactly once, or at least once
 * @param storeMemoryBytes bound of RocksDB's caches and write buffers for the whole process
 * @param verifyChecksumsEvery how often the files of each open store are read again in the
 *     background to find what has rotted on disk, 1 s to 365 days; zero for never
 * @param leaveOnStop whether an orderly stop tells the group at once that this instance is gone;
 *     otherwise the group keeps its place for a session timeout, so that a restart moves nothing
 * @param kafka passed to every Kafka client untouched, e.g. security.protocol; prefixes consumer.,
 *     producer. and admin. address one kind of client
 */
public record EngineConfig(
    String bootstrap,
    String appId,
    String instanceId,
    String topic,
    boolean createTopic,
    Path stateDir,
    int shufflePartitions,
    int threads,
    int standbys,
    String zone,
    long publishMs,
    long checkpointMs,
    Duration window,
    Duration grace,
    Duration retention,
    Duration maxFuture,
    Duration sourceIdle,
    int maxPostBytes,
    short replicationFactor,
    Guarantee guarantee,
    long storeMemoryBytes,
    Duration verifyChecksumsEvery,
    boolean leaveOnStop,
    Map<String, String> kafka) {

  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,100}");

  /** All problems at once, as {@link ConfigException}; a record that exists is a valid one. */
  public EngineConfig {
    kafka = Map.copyOf(kafka);
    List<String> problems = new ArrayList<>();
    if (bootstrap.isBlank()) {
      problems.add("bootstrap is empty: name Kafka's servers as host:port[,host:port...]");
    }
    name(problems, "app-id", appId);
    name(problems, "instance-id", instanceId);
    name(problems, "topic", topic);
    range(problems, "shuffle-partitions", shufflePartitions, 1, 1000);
    range(problems, "threads", threads, 1, 64);
    range(problems, "standbys", standbys, 0, 10);
    if (!zone.isEmpty()) {
      name(problems, "zone", zone);
    }
    range(problems, "publish-ms", publishMs, 1, 10_000);
    range(problems, "checkpoint-ms", checkpointMs, 100, 600_000);
    range(problems, "window (ms)", millis(window), 1_000, 86_400_000);
    range(problems, "retention (ms)", millis(retention), 0, 31L * 86_400_000);
    range(problems, "grace (ms)", millis(grace), 0, 31L * 86_400_000);
    range(problems, "max-future (ms)", millis(maxFuture), 0, 86_400_000);
    range(problems, "source-idle (ms)", millis(sourceIdle), 100, 3_600_000);
    range(problems, "max-post-bytes", maxPostBytes, 1_024, 64 << 20);
    if (replicationFactor < 1 && replicationFactor != -1) {
      problems.add(
          "replication-factor is %d: allowed is 1 or more, or -1 for the brokers' default"
              .formatted(replicationFactor));
    }
    range(problems, "store-memory (bytes)", storeMemoryBytes, 8L << 20, 1L << 40);
    if (!verifyChecksumsEvery.isZero()) {
      range(
          problems,
          "verify-checksums-every (ms), which may be 0 for never,",
          millis(verifyChecksumsEvery),
          1_000,
          365L * 86_400_000);
    }
    if (grace.compareTo(retention) > 0) {
      problems.add(
          "grace (%s) is longer than retention (%s): a window must be kept for as long as it counts; shorten grace or lengthen retention"
              .formatted(grace, retention));
    }
    for (String key :
        List.of(
            "isolation.level",
            "enable.auto.commit",
            "enable.idempotence",
            "acks",
            "transactional.id",
            "group.id",
            "group.instance.id",
            "group.protocol",
            "partition.assignment.strategy",
            "auto.offset.reset")) {
      for (String prefix : List.of("", "consumer.", "producer.")) {
        if (kafka.containsKey(prefix + key)) {
          problems.add(
              "kafka.%s%s cannot be set: the engine sets %s itself, exactly-once rests on it; remove the setting"
                  .formatted(prefix, key, key));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /** Who it is, and no more: what is passed to Kafka holds passwords. */
  @Override
  public String toString() {
    return "EngineConfig[%s, instance %s, Kafka at %s]".formatted(appId, instanceId, bootstrap);
  }

  private static void name(List<String> problems, String key, String value) {
    if (!NAME.matcher(value).matches()) {
      problems.add(
          "%s is '%s': allowed are 1 to 100 of the characters a-z A-Z 0-9 . _ -, but not . or .. alone"
              .formatted(key, value));
    }
  }

  private static long millis(Duration duration) {
    try {
      return duration.toMillis();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  private static void range(List<String> problems, String key, long value, long min, long max) {
    if (value < min || value > max) {
      problems.add("%s is %d: allowed is %d to %d".formatted(key, value, min, max));
    }
  }

  /** Where the stores of this instance lie: {@code stateDir/appId/instanceId}. */
  public Path instanceDirectory() {
    return stateDir.resolve(appId).resolve(instanceId);
  }

  public Windowing windowing() {
    return new Windowing(window.toMillis(), grace.toMillis(), retention.toMillis());
  }

  /** Every default, in one place. */
  public static Builder defaults() {
    return new Builder();
  }

  /** Sets what differs from the defaults; {@link #build()} checks all of it. Not thread-safe. */
  public static final class Builder {
    private String bootstrap = "localhost:9092";
    private String appId = "streamsocial-trending";
    private String instanceId = "0";
    private String topic = "social.posts";
    private boolean createTopic = false;
    private Path stateDir = Path.of("data", "state-stores");
    private int shufflePartitions = 4;
    private int threads = 1;
    private int standbys = 0;
    private String zone = "";
    private long publishMs = 100;
    private long checkpointMs = 10_000;
    private Duration window = Duration.ofMinutes(5);
    private Duration grace = Duration.ofHours(1);
    private Duration retention = Duration.ofHours(1);
    private Duration maxFuture = Duration.ofMinutes(5);
    private Duration sourceIdle = Duration.ofSeconds(5);
    private int maxPostBytes = 1 << 20;
    private short replicationFactor = -1;
    private Guarantee guarantee = Guarantee.EXACTLY_ONCE;
    private long storeMemoryBytes = 256L << 20;
    private Duration verifyChecksumsEvery = Duration.ofDays(1);
    private boolean leaveOnStop = false;
    private Map<String, String> kafka = Map.of();

    private Builder() {}

    public Builder bootstrap(String value) {
      bootstrap = value;
      return this;
    }

    public Builder appId(String value) {
      appId = value;
      return this;
    }

    public Builder instanceId(String value) {
      instanceId = value;
      return this;
    }

    public Builder topic(String value) {
      topic = value;
      return this;
    }

    public Builder createTopic(boolean value) {
      createTopic = value;
      return this;
    }

    public Builder stateDir(Path value) {
      stateDir = value;
      return this;
    }

    public Builder shufflePartitions(int value) {
      shufflePartitions = value;
      return this;
    }

    public Builder threads(int value) {
      threads = value;
      return this;
    }

    public Builder standbys(int value) {
      standbys = value;
      return this;
    }

    public Builder zone(String value) {
      zone = value;
      return this;
    }

    public Builder publishMs(long value) {
      publishMs = value;
      return this;
    }

    public Builder checkpointMs(long value) {
      checkpointMs = value;
      return this;
    }

    public Builder window(Duration value) {
      window = value;
      return this;
    }

    public Builder grace(Duration value) {
      grace = value;
      return this;
    }

    public Builder retention(Duration value) {
      retention = value;
      return this;
    }

    public Builder maxFuture(Duration value) {
      maxFuture = value;
      return this;
    }

    public Builder sourceIdle(Duration value) {
      sourceIdle = value;
      return this;
    }

    public Builder maxPostBytes(int value) {
      maxPostBytes = value;
      return this;
    }

    public Builder replicationFactor(short value) {
      replicationFactor = value;
      return this;
    }

    public Builder guarantee(Guarantee value) {
      guarantee = value;
      return this;
    }

    public Builder storeMemoryBytes(long value) {
      storeMemoryBytes = value;
      return this;
    }

    public Builder verifyChecksumsEvery(Duration value) {
      verifyChecksumsEvery = value;
      return this;
    }

    public Builder leaveOnStop(boolean value) {
      leaveOnStop = value;
      return this;
    }

    public Builder kafka(Map<String, String> value) {
      kafka = value;
      return this;
    }

    public EngineConfig build() {
      return new EngineConfig(
          bootstrap,
          appId,
          instanceId,
          topic,
          createTopic,
          stateDir,
          shufflePartitions,
          threads,
          standbys,
          zone,
          publishMs,
          checkpointMs,
          window,
          grace,
          retention,
          maxFuture,
          sourceIdle,
          maxPostBytes,
          replicationFactor,
          guarantee,
          storeMemoryBytes,
          verifyChecksumsEvery,
          leaveOnStop,
          kafka);
    }
  }
}
