package io.streamsocial.cli.options;

import io.streamsocial.cli.shell.Environment;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The engine's settings as options; their defaults are the engine's own. */
public final class EngineOptions {
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  @Option(names = "--create-topic", description = "Create the posts topic when it is missing.")
  boolean createTopic = DEFAULTS.posts().createTopic();

  @Option(
      names = "--shuffle-partitions",
      description = "Count tasks of the whole application; fixed at its first start.")
  int shufflePartitions = DEFAULTS.tasks().shufflePartitions();

  @Option(names = "--threads", description = "Loops of this instance.")
  int threads = DEFAULTS.tasks().threads();

  @Option(
      names = "--standbys",
      description = "Other instances that follow each count task, to answer and take over.")
  int standbys = DEFAULTS.tasks().standbys();

  @Option(
      names = "--zone",
      description = "Where this instance runs: standbys are kept in other zones. Default: none.")
  String zone = DEFAULTS.identity().zone();

  @Option(names = "--publish-ms", description = "How often counts become visible.")
  long publishMs = DEFAULTS.cadence().publishMs();

  @Option(
      names = "--publish-max-ms",
      description =
          "The same, on average, while few posts come and no read waits for them with after=: a publish costs as much for one as for many. As little as --publish-ms turns it off.")
  long publishMaxMs = DEFAULTS.cadence().publishMaxMs();

  @Option(
      names = "--checkpoint-ms",
      description = "How often changed counts go to changelog and store.")
  long checkpointMs = DEFAULTS.cadence().checkpointMs();

  @Option(
      names = "--source-idle",
      description = "After so long without a post a partition no longer holds back time.")
  Duration sourceIdle = DEFAULTS.cadence().sourceIdle();

  @Option(
      names = "--replication-factor",
      description = "Replicas of each internal topic that is created; -1 is the broker's default.")
  short replicationFactor = DEFAULTS.brokers().replicationFactor();

  @Option(
      names = "--verify-checksums-every",
      description = "How often the files of each store are read again to find damage; 0: never.")
  Duration verifyChecksumsEvery = DEFAULTS.storage().verifyChecksumsEvery();

  @Option(
      names = "--fetch-state-above",
      description =
          "Changelog records of a partition that has no state here, above which its state is fetched"
              + " from an instance that has it; else it is read from the changelog. 0: never fetched.")
  long fetchStateAbove = DEFAULTS.storage().fetchStateAbove();

  @Option(
      names = "--snapshot-bytes-per-second",
      description =
          "Bound of the state that other instances fetch from this one, all together. 0: none is"
              + " given.")
  long snapshotBytesPerSecond = DEFAULTS.storage().snapshotBytesPerSecond();

  @Option(
      names = "--leave-on-stop",
      description =
          "Leave the group at once on a stop, for an instance that will not come back. Otherwise its place is kept for a session timeout.")
  boolean leaveOnStop = DEFAULTS.tasks().leaveOnStop();

  @Option(names = "--guarantee", description = "exactly_once or at_least_once.")
  Guarantee guarantee = DEFAULTS.guarantee();

  @Mixin final StateOptions state = new StateOptions();

  public String instanceId(Environment environment) {
    return state.instance.instanceId(environment);
  }

  /**
   * @throws io.streamsocial.processor.ConfigException with all problems at once
   */
  public EngineConfig build(Environment environment) {
    return state
        .apply(EngineConfig.defaults(), environment)
        .createTopic(createTopic)
        .shufflePartitions(shufflePartitions)
        .threads(threads)
        .standbys(standbys)
        .zone(zone)
        .publishMs(publishMs)
        .publishMaxMs(publishMaxMs)
        .checkpointMs(checkpointMs)
        .sourceIdle(sourceIdle)
        .replicationFactor(replicationFactor)
        .verifyChecksumsEvery(verifyChecksumsEvery)
        .fetchStateAbove(fetchStateAbove)
        .snapshotBytesPerSecond(snapshotBytesPerSecond)
        .leaveOnStop(leaveOnStop)
        .guarantee(guarantee)
        .build();
  }
}
