package io.streamsocial.processor;

import io.streamsocial.processor.views.View;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every default of the engine, and a setter for each. {@link EngineConfig} describes the settings.
 * Not thread-safe.
 */
public final class EngineConfigBuilder {
  private static final String DEFAULT_TOPIC = "social.posts";

  private String bootstrap = "localhost:9092";
  private String appId = "streamsocial-trending";
  private String instanceId = "0";
  private @Nullable String topic;
  private @Nullable Boolean hashtags;
  private final List<View> views = new ArrayList<>();
  private boolean createTopic = false;
  private Path stateDir = Path.of("data", "state-stores");
  private int shufflePartitions = 4;
  private int threads = 1;
  private int standbys = 0;
  private String zone = "";
  private long publishMs = 100;
  private long publishMaxMs = 500;
  private long checkpointMs = 10_000;
  private Duration window = Duration.ofMinutes(5);
  private Duration grace = Duration.ofHours(1);
  private Duration retention = Duration.ofHours(1);
  private int maxRegions = 1_000;
  private Duration maxFuture = Duration.ofMinutes(5);
  private Duration sourceIdle = Duration.ofSeconds(5);
  private int maxPostBytes = 1 << 20;
  private Duration dedupe = Duration.ZERO;
  private short replicationFactor = -1;
  private Guarantee guarantee = Guarantee.EXACTLY_ONCE;
  private long storeMemoryBytes = 256L << 20;
  private long heapState = 0;
  private Duration verifyChecksumsEvery = Duration.ofDays(1);
  private long fetchStateAbove = 100_000;
  private long snapshotBytesPerSecond = 100L << 20;
  private boolean leaveOnStop = false;
  private Map<String, String> kafka = Map.of();

  EngineConfigBuilder() {}

  public EngineConfigBuilder bootstrap(String value) {
    bootstrap = value;
    return this;
  }

  public EngineConfigBuilder appId(String value) {
    appId = value;
    return this;
  }

  public EngineConfigBuilder instanceId(String value) {
    instanceId = value;
    return this;
  }

  public EngineConfigBuilder topic(String value) {
    topic = value;
    return this;
  }

  public EngineConfigBuilder createTopic(boolean value) {
    createTopic = value;
    return this;
  }

  public EngineConfigBuilder stateDir(Path value) {
    stateDir = value;
    return this;
  }

  public EngineConfigBuilder shufflePartitions(int value) {
    shufflePartitions = value;
    return this;
  }

  public EngineConfigBuilder threads(int value) {
    threads = value;
    return this;
  }

  public EngineConfigBuilder standbys(int value) {
    standbys = value;
    return this;
  }

  public EngineConfigBuilder zone(String value) {
    zone = value;
    return this;
  }

  public EngineConfigBuilder publishMs(long value) {
    publishMs = value;
    return this;
  }

  public EngineConfigBuilder publishMaxMs(long value) {
    publishMaxMs = value;
    return this;
  }

  public EngineConfigBuilder checkpointMs(long value) {
    checkpointMs = value;
    return this;
  }

  public EngineConfigBuilder window(Duration value) {
    window = value;
    return this;
  }

  public EngineConfigBuilder grace(Duration value) {
    grace = value;
    return this;
  }

  public EngineConfigBuilder retention(Duration value) {
    retention = value;
    return this;
  }

  public EngineConfigBuilder maxRegions(int value) {
    maxRegions = value;
    return this;
  }

  public EngineConfigBuilder maxFuture(Duration value) {
    maxFuture = value;
    return this;
  }

  public EngineConfigBuilder sourceIdle(Duration value) {
    sourceIdle = value;
    return this;
  }

  public EngineConfigBuilder maxPostBytes(int value) {
    maxPostBytes = value;
    return this;
  }

  public EngineConfigBuilder dedupe(Duration value) {
    dedupe = value;
    return this;
  }

  public EngineConfigBuilder replicationFactor(short value) {
    replicationFactor = value;
    return this;
  }

  public EngineConfigBuilder guarantee(Guarantee value) {
    guarantee = value;
    return this;
  }

  public EngineConfigBuilder storeMemoryBytes(long value) {
    storeMemoryBytes = value;
    return this;
  }

  public EngineConfigBuilder heapState(long value) {
    heapState = value;
    return this;
  }

  public EngineConfigBuilder verifyChecksumsEvery(Duration value) {
    verifyChecksumsEvery = value;
    return this;
  }

  public EngineConfigBuilder fetchStateAbove(long value) {
    fetchStateAbove = value;
    return this;
  }

  public EngineConfigBuilder snapshotBytesPerSecond(long value) {
    snapshotBytesPerSecond = value;
    return this;
  }

  public EngineConfigBuilder leaveOnStop(boolean value) {
    leaveOnStop = value;
    return this;
  }

  public EngineConfigBuilder kafka(Map<String, String> value) {
    kafka = value;
    return this;
  }

  /** Adds a view: what it counts. Without any, the hashtags are counted. */
  public EngineConfigBuilder view(View value) {
    views.add(value);
    return this;
  }

  /** Whether the hashtags of posts are counted beside the views; without views they always are. */
  public EngineConfigBuilder hashtags(boolean value) {
    hashtags = value;
    return this;
  }

  /**
   * The topic that was named; else, with hashtags, that of posts; else the first of the first view.
   */
  private String input() {
    if (topic != null) {
      return topic;
    }
    return countsHashtags() ? DEFAULT_TOPIC : views.get(0).topics().get(0);
  }

  private boolean countsHashtags() {
    return hashtags == null ? views.isEmpty() : hashtags || views.isEmpty();
  }

  private EngineConfig.Views counted() {
    boolean counted = hashtags == null ? views.isEmpty() : hashtags;
    EngineConfig.Views all = new EngineConfig.Views(counted, views);
    if (!counted && views.stream().noneMatch(view -> view.topics().contains(input()))) {
      ConfigProblems problems = new ConfigProblems();
      problems.add(
          "topic is %s, but view %s reads %s: leave topic out, or name one that a view reads"
              .formatted(input(), views.get(0).name(), views.get(0).topics()));
      problems.throwIfAny();
    }
    return all;
  }

  /**
   * @throws ConfigException with the problems of all settings
   */
  public EngineConfig build() {
    ConfigProblems problems = new ConfigProblems();
    Optional<EngineConfig.Views> counted = problems.gather(this::counted);
    Optional<EngineConfig.BrokerSettings> brokers =
        problems.gather(() -> new EngineConfig.BrokerSettings(bootstrap, replicationFactor, kafka));
    Optional<EngineConfig.Identity> identity =
        problems.gather(() -> new EngineConfig.Identity(appId, instanceId, zone));
    Optional<EngineConfig.Posts> posts =
        problems.gather(
            () -> new EngineConfig.Posts(input(), createTopic, maxFuture, maxPostBytes, dedupe));
    Optional<EngineConfig.TaskSettings> tasks =
        problems.gather(
            () -> new EngineConfig.TaskSettings(shufflePartitions, threads, standbys, leaveOnStop));
    Optional<EngineConfig.Windows> windows =
        problems.gather(() -> new EngineConfig.Windows(window, grace, retention, maxRegions));
    Optional<EngineConfig.Cadence> cadence =
        problems.gather(
            () -> new EngineConfig.Cadence(publishMs, publishMaxMs, checkpointMs, sourceIdle));
    Optional<EngineConfig.Storage> storage =
        problems.gather(
            () ->
                new EngineConfig.Storage(
                    stateDir,
                    storeMemoryBytes,
                    heapState,
                    verifyChecksumsEvery,
                    fetchStateAbove,
                    snapshotBytesPerSecond));
    problems.throwIfAny();
    return new EngineConfig(
        identity.orElseThrow(),
        brokers.orElseThrow(),
        posts.orElseThrow(),
        counted.orElseThrow(),
        tasks.orElseThrow(),
        windows.orElseThrow(),
        cadence.orElseThrow(),
        storage.orElseThrow(),
        guarantee);
  }
}
