package io.streamsocial.http;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The engine's settings as options; their defaults are the engine's own. */
final class EngineOptions {
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  @Option(names = "--bootstrap", description = "Kafka's servers, host:port[,host:port...].")
  String bootstrap = DEFAULTS.bootstrap();

  @Option(
      names = "--app-id",
      description = "Names the consumer group and internal topics; all instances share it.")
  String appId = DEFAULTS.appId();

  @Option(
      names = "--instance-id",
      description =
          "Unique in the application, the same after a restart. Default: the ordinal of POD_NAME,"
              + " else 0.")
  @Nullable String instanceId;

  @Option(names = "--topic", description = "The posts.")
  String topic = DEFAULTS.topic();

  @Option(names = "--create-topic", description = "Create the posts topic when it is missing.")
  boolean createTopic = DEFAULTS.createTopic();

  @Option(names = "--state-dir", description = "Where the stores live.")
  Path stateDir = DEFAULTS.stateDir();

  @Option(
      names = "--shuffle-partitions",
      description = "Count tasks of the whole application; fixed at its first start.")
  int shufflePartitions = DEFAULTS.shufflePartitions();

  @Option(names = "--threads", description = "Loops of this instance.")
  int threads = DEFAULTS.threads();

  @Option(
      names = "--standbys",
      description = "Other instances that follow each count task, to answer and take over.")
  int standbys = DEFAULTS.standbys();

  @Option(
      names = "--zone",
      description = "Where this instance runs: standbys are kept in other zones. Default: none.")
  String zone = DEFAULTS.zone();

  @Option(names = "--publish-ms", description = "How often counts become visible.")
  long publishMs = DEFAULTS.publishMs();

  @Option(
      names = "--checkpoint-ms",
      description = "How often changed counts go to changelog and store.")
  long checkpointMs = DEFAULTS.checkpointMs();

  @Option(names = "--window", description = "Size of the windows, e.g. 5m.")
  Duration window = DEFAULTS.window();

  @Option(names = "--grace", description = "How long after its end a window still counts.")
  Duration grace = DEFAULTS.grace();

  @Option(names = "--retention", description = "How long after its end a window stays readable.")
  Duration retention = DEFAULTS.retention();

  @Option(
      names = "--max-future",
      description = "A post dated further ahead of the clock is rejected.")
  Duration maxFuture = DEFAULTS.maxFuture();

  @Option(
      names = "--source-idle",
      description = "After so long without a post a partition no longer holds back time.")
  Duration sourceIdle = DEFAULTS.sourceIdle();

  @Option(names = "--max-post-bytes", description = "A larger post is rejected.")
  int maxPostBytes = DEFAULTS.maxPostBytes();

  @Option(
      names = "--replication-factor",
      description = "Of internal topics that are created; -1 is the broker's default.")
  short replicationFactor = DEFAULTS.replicationFactor();

  @Option(names = "--guarantee", description = "exactly_once or at_least_once.")
  Guarantee guarantee = DEFAULTS.guarantee();

  @Option(
      names = "--store-memory-bytes",
      description = "Bound of RocksDB's memory in this process.")
  long storeMemoryBytes = DEFAULTS.storeMemoryBytes();

  @Option(
      names = "--kafka",
      paramLabel = "KEY=VALUE",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = {
        "Passed through to Kafka's clients, also written --kafka.KEY=VALUE; the prefixes"
            + " consumer., producer. and admin. address one kind.",
        "Environment: KAFKA_ and the key in upper case, e.g. KAFKA_SECURITY_PROTOCOL"
      })
  Map<String, String> kafka = new HashMap<>();

  String instanceId(Environment environment) {
    if (instanceId != null) {
      return instanceId;
    }
    String ordinal = environment.podOrdinal();
    return ordinal == null ? DEFAULTS.instanceId() : ordinal;
  }

  /** What the command line says is stronger than the environment. */
  Map<String, String> kafka(Environment environment) {
    Map<String, String> merged = new HashMap<>(environment.kafka());
    merged.putAll(kafka);
    return merged;
  }

  /**
   * @throws io.streamsocial.processor.ConfigException with all problems at once
   */
  EngineConfig build(Environment environment) {
    return EngineConfig.defaults()
        .bootstrap(bootstrap)
        .appId(appId)
        .instanceId(instanceId(environment))
        .topic(topic)
        .createTopic(createTopic)
        .stateDir(stateDir)
        .shufflePartitions(shufflePartitions)
        .threads(threads)
        .standbys(standbys)
        .zone(zone)
        .publishMs(publishMs)
        .checkpointMs(checkpointMs)
        .window(window)
        .grace(grace)
        .retention(retention)
        .maxFuture(maxFuture)
        .sourceIdle(sourceIdle)
        .maxPostBytes(maxPostBytes)
        .replicationFactor(replicationFactor)
        .guarantee(guarantee)
        .storeMemoryBytes(storeMemoryBytes)
        .kafka(kafka(environment))
        .build();
  }
}
