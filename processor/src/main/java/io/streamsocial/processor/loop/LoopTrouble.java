package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.kafka.RefusedAccess;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What goes wrong in a loop between it and Kafka, sorted by who can help. Owned by the loop.
 *
 * <pre>
 *   the brokers do not answer a call     time: an incident, tried again in the next turn
 *   they refuse access                   a person: the loop waits a second, and tries again
 *   the instance id is in use            a person: the loop ends with a ConfigException
 *   anything else                        a restart: the loop ends with it
 * </pre>
 */
final class LoopTrouble {
  private static final Logger log = LoggerFactory.getLogger(LoopTrouble.class);
  private static final long LOST_MS = 600_000;

  private final String loop;
  private final EngineConfig config;
  private final Incidents incidents;
  private final RefusedAccess refused;
  private final TurnClock clock;
  private final LoopCounters counters;
  private long lostAtMs; // by the steady clock; 0 for never

  /**
   * @param loop its name
   */
  LoopTrouble(
      String loop,
      EngineConfig config,
      Incidents incidents,
      TurnClock clock,
      LoopCounters counters) {
    this.counters = counters;
    this.loop = loop;
    this.config = config;
    this.incidents = incidents;
    this.refused = new RefusedAccess(config, loop);
    this.clock = clock;
  }

  /** The loop's name. */
  String loop() {
    return loop;
  }

  /** Whether something was refused a moment ago, and it is too early to try again. */
  boolean mustWait() {
    return refused.mustWait(clock.now());
  }

  /** Forgets what is refused no longer. */
  void turn() {
    refused.turn(clock.now());
    if (lostAtMs > 0 && clock.now().steadyMs() - lostAtMs >= LOST_MS) {
      lostAtMs = 0;
      ended(Incidents.Kind.POSTS_LOST, "no more were lost for ten minutes");
    }
  }

  /** What waits for a person, in words. */
  List<String> refusals() {
    return refused.texts();
  }

  /**
   * @param wanted what was tried
   * @return whether the brokers refuse access; then it is reported, and the loop waits
   */
  boolean isRefusal(Throwable error, AclOperation wanted) {
    return refused.takes(error, wanted, clock.now());
  }

  /** Something may pass, and does not yet. */
  void failing(Incidents.Kind kind, String what, @Nullable Throwable why) {
    incidents.failing(kind, loop, what, why);
  }

  /**
   * The group's offsets are not those of the state, which goes on from its own. Ended by the next
   * commit.
   */
  void offsetsDiffer(String how) {
    if (config.guarantee() == Guarantee.AT_LEAST_ONCE) {
      // Offsets are committed after the log: a crash in between leaves it ahead.
      log.info("{}: the log and the group's offsets differ: {}", loop, how);
      return;
    }
    incidents.begin(
        Incidents.Kind.OFFSETS_LOST,
        loop,
        "the group's offsets are not those of the state: they were deleted, moved, or have expired. The state knows what it includes, so nothing is counted twice or left out. "
            + how);
  }

  /** Retention has deleted posts before they were counted. */
  void postsLost(TopicPartition tp, long from, long begin) {
    notCounted(
        begin - from,
        "posts of %s were deleted before they were counted: offsets %d to %d; lengthen the topic's retention"
            .formatted(tp, from, begin - 1));
  }

  /** Somebody has moved the group's offset ahead of what the state includes. */
  void postsSkipped(TopicPartition tp, long from, long to) {
    notCounted(
        to - from,
        "posts of %s are skipped, offsets %d to %d: somebody has moved the group's offset ahead, and the state does not include them"
            .formatted(tp, from, to - 1));
  }

  private void notCounted(long posts, String what) {
    counters.lostPosts += posts;
    lostAtMs = clock.now().steadyMs();
    incidents.begin(Incidents.Kind.POSTS_LOST, loop, what);
  }

  void ended(Incidents.Kind kind, String how) {
    incidents.end(kind, loop, how);
  }

  /**
   * The turn has failed.
   *
   * @throws KafkaException when only a restart helps
   * @throws ConfigException when only a person helps
   */
  void turnFailed(KafkaException e) {
    if (e instanceof FencedInstanceIdException) {
      throw new ConfigException(
          "instance id '%s' is already used by another running process of application '%s', which took over: stop one of them, or give each its own --instance-id"
              .formatted(config.identity().instanceId(), config.identity().appId()));
    }
    if (e instanceof RetriableException) {
      failing(Incidents.Kind.KAFKA_CALLS_FAILING, "the brokers did not answer a call", e);
    } else if (!isRefusal(e, AclOperation.READ)) {
      throw e;
    }
  }
}
