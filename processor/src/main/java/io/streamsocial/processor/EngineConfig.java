package io.streamsocial.processor;

import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The settings of one instance, by subject. Every part checks itself: one that exists is valid.
 * {@link EngineConfigBuilder} has every default, and reports the problems of all parts at once.
 *
 * @param guarantee exactly once, or at least once
 */
public record EngineConfig(
    Identity identity,
    BrokerSettings brokers,
    Posts posts,
    Views views,
    TaskSettings tasks,
    Windows windows,
    Cadence cadence,
    Storage storage,
    Guarantee guarantee) {

  /**
   * The application, and the instance of it.
   *
   * @param appId consumer group and prefix of the internal topics; all instances of one application
   *     share it
   * @param instanceId unique in the application, stable over restarts
   * @param zone where this instance runs (a rack, a data centre): standbys are kept in other zones
   *     than their active where there are several; empty for none
   */
  public record Identity(String appId, String instanceId, String zone) {
    public Identity {
      ConfigProblems problems = new ConfigProblems();
      problems.checkName("app-id", appId);
      problems.checkName("instance-id", instanceId);
      if (!zone.isEmpty()) {
        problems.checkName("zone", zone);
      }
      problems.throwIfAny();
    }
  }

  /**
   * The Kafka that holds the topics.
   *
   * @param bootstrap Kafka's bootstrap servers, host:port[,host:port...]
   * @param replicationFactor of internal topics that are created; -1 for the broker's default
   * @param kafka passed to every Kafka client untouched, e.g. security.protocol; prefixes
   *     consumer., producer. and admin. address one kind of client
   */
  public record BrokerSettings(
      String bootstrap, short replicationFactor, Map<String, String> kafka) {
    private static final List<String> RESERVED =
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
            "auto.offset.reset");

    public BrokerSettings {
      kafka = Map.copyOf(kafka);
      ConfigProblems problems = new ConfigProblems();
      if (bootstrap.isBlank()) {
        problems.add("bootstrap is empty: name Kafka's servers as host:port[,host:port...]");
      }
      if (replicationFactor < 1 && replicationFactor != -1) {
        problems.add(
            "replication-factor is %d: allowed is 1 or more, or -1 for the brokers' default"
                .formatted(replicationFactor));
      }
      for (String key : RESERVED) {
        for (String prefix : List.of("", "consumer.", "producer.")) {
          if (kafka.containsKey(prefix + key)) {
            problems.add(
                "kafka.%s%s cannot be set: the engine sets %s itself, exactly-once rests on it; remove the setting"
                    .formatted(prefix, key, key));
          }
        }
      }
      problems.throwIfAny();
    }

    /** Only the servers: the settings hold passwords. */
    @Override
    public String toString() {
      return "BrokerSettings[%s]".formatted(bootstrap);
    }
  }

  /**
   * The input, and the posts that are rejected.
   *
   * @param topic the posts; in an engine that counts views alone, the topic whose positions an
   *     answer gives as {@code as_of}
   * @param createTopic whether a missing input topic is created (4 partitions) instead of refused
   * @param maxFuture a post dated further ahead of the wall clock is rejected
   * @param maxPostBytes a larger post is rejected
   * @param dedupe a post with the {@code post_id} of an earlier one of its partition is not counted
   *     for this long, 1 s to 1 day; zero for off
   */
  public record Posts(
      String topic, boolean createTopic, Duration maxFuture, int maxPostBytes, Duration dedupe) {
    private static final Duration HEADERS_REMEMBERED = Duration.ofMinutes(10);

    public Posts {
      ConfigProblems problems = new ConfigProblems();
      problems.checkName("topic", topic);
      problems.checkRange("max-future (ms)", maxFuture, 0, 86_400_000);
      problems.checkRange("max-post-bytes", maxPostBytes, 1_024, 64 << 20);
      if (!dedupe.isZero()) {
        problems.checkRange("dedupe (ms), which may be 0 for off,", dedupe, 1_000, 86_400_000);
      }
      problems.throwIfAny();
    }

    /**
     * How long a post is known again: by its {@code post_id} only under {@link #dedupe}, by the
     * header of its record always.
     */
    public Duration remembered() {
      return dedupe.isZero() ? HEADERS_REMEMBERED : dedupe;
    }
  }

  /**
   * What is counted.
   *
   * @param hashtags whether the hashtags of posts are: then the posts topic is of posts
   * @param others further views, of the posts topic and of at most 16 topics in all; at most 16
   *     views in all
   */
  public record Views(boolean hashtags, List<View> others) {
    /** The hashtags alone. */
    public static final Views HASHTAGS = new Views(true, List.of());

    private static final int VIEWS_MAX = 16;
    private static final int TOPICS_MAX = 16;

    public Views {
      others = List.copyOf(others);
      ConfigProblems problems = new ConfigProblems();
      int count = others.size() + (hashtags ? 1 : 0);
      if (count == 0 || count > VIEWS_MAX) {
        problems.add(
            "there are %d views: allowed are 1 to %d, the hashtags included"
                .formatted(count, VIEWS_MAX));
      }
      Set<String> names = new HashSet<>(Set.of(TopicNames.STORE));
      Set<Integer> ids = new HashSet<>();
      Set<String> topics = new HashSet<>();
      for (View view : others) {
        // Kafka takes topics for one another whose names differ in these two characters alone.
        if (!names.add(view.name().replace('.', '_'))) {
          problems.add(
              "two views are named %s, where . and _ are the same: give one another name"
                  .formatted(view.name()));
        } else if (!ids.add(view.id())) {
          problems.add(
              "the name %s has the hash of another view's name: give it another name"
                  .formatted(view.name()));
        }
        topics.addAll(view.topics());
      }
      if (topics.size() > TOPICS_MAX) {
        problems.add(
            "the views read %d topics: allowed are %d; start an engine of another app id for some of them"
                .formatted(topics.size(), TOPICS_MAX));
      }
      problems.throwIfAny();
    }

    /** Names of all views, in their order. */
    public List<String> names() {
      List<String> names = new ArrayList<>();
      if (hashtags) {
        names.add(TopicNames.STORE);
      }
      others.forEach(view -> names.add(view.name()));
      return List.copyOf(names);
    }
  }

  /**
   * How the work of the application is divided.
   *
   * @param shufflePartitions count tasks of the whole application, 1 to 1000; fixed at its first
   *     start
   * @param threads loops of this instance, 1 to 64
   * @param standbys other instances that follow each count task, to answer and take over, 0 to 10
   * @param leaveOnStop whether an orderly stop reports at once that this instance has left the
   *     group; otherwise the group keeps its place for a session timeout, so that a restart moves
   *     no task
   */
  public record TaskSettings(
      int shufflePartitions, int threads, int standbys, boolean leaveOnStop) {
    public TaskSettings {
      ConfigProblems problems = new ConfigProblems();
      problems.checkRange("shuffle-partitions", shufflePartitions, 1, 1000);
      problems.checkRange("threads", threads, 1, 64);
      problems.checkRange("standbys", standbys, 0, 10);
      problems.throwIfAny();
    }
  }

  /**
   * @param window size of the tumbling windows
   * @param grace how long after its end, in stream time, a window still counts; at most retention
   * @param retention how long after its end, in stream time, a window stays readable
   * @param maxRegions regions that a window counts by their names in each shuffle partition;
   *     further ones are counted in the region {@code other}
   */
  public record Windows(Duration window, Duration grace, Duration retention, int maxRegions) {
    public Windows {
      ConfigProblems problems = new ConfigProblems();
      problems.checkRange("window (ms)", window, 1_000, 86_400_000);
      problems.checkRange("retention (ms)", retention, 0, 31L * 86_400_000);
      problems.checkRange("grace (ms)", grace, 0, 31L * 86_400_000);
      problems.checkRange("max-regions", maxRegions, 1, 100_000);
      if (grace.compareTo(retention) > 0) {
        problems.add(
            "grace (%s) is longer than retention (%s): a window must be kept for as long as it counts; shorten grace or lengthen retention"
                .formatted(grace, retention));
      }
      problems.throwIfAny();
    }

    public Windowing windowing() {
      return new Windowing(window.toMillis(), grace.toMillis(), retention.toMillis());
    }
  }

  /**
   * @param publishMs how often folded mentions are published, 1 to 10,000
   * @param publishMaxMs the same while few posts come and no reader waits for them, 1 to 10,000;
   *     less than the former means the former
   * @param checkpointMs how often changed counts go to the changelog and the store, 100 to 600,000
   * @param sourceIdle a posts partition that is read to its end, and had no new post for this long,
   *     no longer holds back stream time
   */
  public record Cadence(long publishMs, long publishMaxMs, long checkpointMs, Duration sourceIdle) {
    public Cadence {
      ConfigProblems problems = new ConfigProblems();
      problems.checkRange("publish-ms", publishMs, 1, 10_000);
      problems.checkRange("publish-max-ms", publishMaxMs, 1, 10_000);
      problems.checkRange("checkpoint-ms", checkpointMs, 100, 600_000);
      problems.checkRange("source-idle (ms)", sourceIdle, 100, 3_600_000);
      problems.throwIfAny();
    }

    /** The longest that something waits to be published, in milliseconds. */
    public long slowestMs() {
      return Math.max(publishMs, publishMaxMs);
    }
  }

  /**
   * The stores of this instance.
   *
   * @param stateDir where the stores live: {@code stateDir/appId/instanceId/...}
   * @param storeMemoryBytes bound of RocksDB's caches and write buffers for the whole process
   * @param heapState bound of what counting keeps on the heap in the whole process: ranked heads,
   *     overlays, folded mentions, restored rows; 0 for a third of the largest heap
   * @param verifyChecksumsEvery how often the files of each open store are read again in the
   *     background to find damage on disk, 1 s to 365 days; zero for never
   * @param fetchStateAbove changelog records of a partition that has no state here, above which the
   *     state is fetched from an instance that has it instead of read from there; 0 for never
   * @param snapshotBytesPerSecond bound of what other instances fetch from this one, all together,
   *     1 MiB or more; 0 to give them nothing
   */
  public record Storage(
      Path stateDir,
      long storeMemoryBytes,
      long heapState,
      Duration verifyChecksumsEvery,
      long fetchStateAbove,
      long snapshotBytesPerSecond) {
    public Storage {
      ConfigProblems problems = new ConfigProblems();
      problems.checkRange("store-memory (bytes)", storeMemoryBytes, 8L << 20, 1L << 40);
      if (heapState != 0) {
        problems.checkRange(
            "heap-state (bytes), which may be 0 for a third of the heap,",
            heapState,
            8L << 20,
            1L << 40);
      }
      if (!verifyChecksumsEvery.isZero()) {
        problems.checkRange(
            "verify-checksums-every (ms), which may be 0 for never,",
            verifyChecksumsEvery,
            1_000,
            365L * 86_400_000);
      }
      problems.checkRange("fetch-state-above", fetchStateAbove, 0, Long.MAX_VALUE);
      if (snapshotBytesPerSecond != 0) {
        problems.checkRange(
            "snapshot-bytes-per-second, which may be 0 to give none,",
            snapshotBytesPerSecond,
            1L << 20,
            1L << 40);
      }
      problems.throwIfAny();
    }
  }

  /** The topics that are read: {@link Posts#topic} first, then those of the views by name. */
  public List<String> inputs() {
    Set<String> inputs = new TreeSet<>();
    views.others().forEach(view -> inputs.addAll(view.topics()));
    inputs.remove(posts.topic());
    return Stream.concat(Stream.of(posts.topic()), inputs.stream()).toList();
  }

  /** What a reader has to know of each view, in their order; the hashtags are one of them. */
  public List<ViewSchema> schemas() {
    List<ViewSchema> schemas = new ArrayList<>();
    if (views.hashtags()) {
      schemas.add(
          new ViewSchema(
              TopicNames.STORE,
              View.Kind.TUMBLING,
              windows.windowing(),
              "region",
              List.of(new View.Field("count", Lanes.Merge.SUM)),
              OptionalInt.of(0),
              Lanes.COUNT));
    }
    views.others().forEach(view -> schemas.add(view.schema()));
    return List.copyOf(schemas);
  }

  /**
   * For how long in stream time a row of a view is kept behind the start of its window, or behind
   * the last event of its session, in milliseconds.
   *
   * @param view one of the {@link Views#names}
   * @return empty when its rows are kept for ever
   */
  public OptionalLong keptMs(String view) {
    return views.others().stream()
        .filter(each -> each.name().equals(view))
        .findFirst()
        .map(View::keptMs)
        .orElseGet(() -> OptionalLong.of(windows.window().plus(windows.retention()).toMillis()));
  }

  /** Whether a view, one of the {@link Views#names}, is of sessions. */
  public boolean hasSessions(String view) {
    return views.others().stream()
        .anyMatch(each -> each.name().equals(view) && each.kind() == View.Kind.SESSION);
  }

  /** Where the stores of this instance lie: {@code stateDir/appId/instanceId}. */
  public Path instanceDirectory() {
    return storage.stateDir().resolve(identity.appId()).resolve(identity.instanceId());
  }

  public static EngineConfigBuilder defaults() {
    return new EngineConfigBuilder();
  }

  @Override
  public String toString() {
    return "EngineConfig[%s, instance %s, Kafka at %s]"
        .formatted(identity.appId(), identity.instanceId(), brokers.bootstrap());
  }
}
