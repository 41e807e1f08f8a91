package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.MemberViews;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.kafka.TransactionFence;
import io.streamsocial.processor.views.View;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop as its group sees it: what it says at each join, and what follows from each agreement.
 * Owned by the loop; the group calls it from inside the loop's poll.
 */
final class GroupMember implements Membership {
  private static final Logger log = LoggerFactory.getLogger(GroupMember.class);
  // A leader that sees it otherwise must not be asked again and again.
  private static final long ASK_AGAIN_MS = 5_000;

  private final EngineConfig config;
  private final TopicNames topics;
  private final InputTopics inputs;
  private final int index;
  private final InstanceMembership instance;
  private final TransactionFence fence;
  private final Standbys standbys;
  private final GroupPhase phase;
  private final TurnClock clock;
  private @Nullable GroupTable last;
  private Set<Integer> following = Set.of();
  private Set<Integer> warmups = Set.of();
  private @Nullable String refusal;
  private boolean isOutdated;
  private long askAgainMs;

  GroupMember(
      int index,
      EngineConfig config,
      InputTopics inputs,
      InstanceMembership instance,
      TransactionFence fence,
      Standbys standbys,
      GroupPhase phase,
      TurnClock clock) {
    this.index = index;
    this.config = config;
    this.topics = TopicNames.of(config);
    this.inputs = inputs;
    this.instance = instance;
    this.fence = fence;
    this.standbys = standbys;
    this.phase = phase;
    this.clock = clock;
  }

  @Override
  public MemberInfo describe() {
    phase.asks();
    Map<Integer, Long> positions = new HashMap<>(instance.resting());
    positions.putAll(standbys.positions());
    return new MemberInfo(
        config.identity().instanceId(),
        instance.process(),
        instance.endpoint(),
        config.identity().zone(),
        index,
        fence.transactionalId(),
        settings(),
        following,
        warmups,
        positions,
        views());
  }

  /** Those that can count here. */
  private MemberViews views() {
    Map<String, String> others = new HashMap<>();
    for (View view : config.views().others()) {
      if (!instance.incomplete().containsKey(view.name())) {
        others.put(view.name(), view.definition());
      }
    }
    return new MemberViews(config.views().hashtags(), others);
  }

  private MemberInfo.Settings settings() {
    return new MemberInfo.Settings(
        inputs.posts().now().partitions(),
        config.tasks().shufflePartitions(),
        config.windows().window().toMillis(),
        config.windows().grace().toMillis(),
        config.windows().retention().toMillis(),
        config.tasks().standbys(),
        config.windows().maxRegions());
  }

  private MemberInfo.Said said() {
    return new MemberInfo.Said(
        instance.process(), instance.endpoint(), config.identity().zone(), settings(), views());
  }

  @Override
  public void assigned(GroupTable assignment, int generation) {
    phase.agreed();
    isOutdated = !assignment.answers(said());
    refusal = problem(assignment);
    if (isOutdated && refusal != null) {
      log.info("loop-{}: an earlier process of this instance was refused: {}", index, refusal);
      refusal = null;
      return;
    }
    if (refusal != null) {
      return;
    }
    Optional<GroupTable.Member> self = assignment.self();
    following = self.map(GroupTable.Member::standbys).orElse(Set.of());
    warmups = self.map(GroupTable.Member::warmups).orElse(Set.of());
    GroupTable before = last;
    if (before != null) {
      fence.fenceVanished(before, assignment);
    }
    last = assignment;
    standbys.want(following, ofOtherLoops(assignment));
    instance.agreed(assignment, generation);
    log.info(
        "loop-{}: generation {}, {} members; to follow: {}",
        index,
        generation,
        assignment.members().size(),
        following);
  }

  private @Nullable String problem(GroupTable assignment) {
    if (assignment.isRefused()) {
      return assignment.refusal();
    }
    warnOfUnseen(topics.shuffle(), assignment.shufflePartitions());
    if (inputs.names().size() > 1) {
      seen(assignment.inputs());
    } else {
      warnOfUnseen(topics.posts(), assignment.postsPartitions());
      inputs.posts().atLeast(assignment.postsPartitions());
    }
    if (differs(assignment.shufflePartitions(), config.tasks().shufflePartitions())) {
      return "topic %s has %d partitions now, its counts were spread over %d: which partition counts a tag is lost; run reset to begin from nothing"
          .formatted(
              topics.shuffle(), assignment.shufflePartitions(), config.tasks().shufflePartitions());
    }
    return null;
  }

  /**
   * @param agreed partitions of each topic that the group reads; none are known from the leader of
   *     a group that reads one
   */
  private void seen(SortedMap<String, Integer> agreed) {
    agreed.forEach(
        (topic, partitions) -> {
          if (inputs.names().contains(topic)) {
            inputs.get(topic).atLeast(partitions);
          }
        });
    List<String> waiting =
        inputs.names().stream().filter(topic -> !agreed.containsKey(topic)).toList();
    if (!agreed.isEmpty() && !waiting.isEmpty()) {
      log.warn(
          "loop-{}: the group does not read {} now: it does once every instance has a view of it and the leader sees it; the leader may be refused, see its log, or the topic is deleted",
          index,
          waiting);
    }
  }

  /**
   * 0 means unknown: the leader may not read the topic, or does not see it now; it triggers a
   * rebalance as soon as it does.
   */
  private static boolean differs(int now, int before) {
    return now != 0 && now != before;
  }

  private void warnOfUnseen(String topic, int partitions) {
    if (partitions == 0) {
      log.warn(
          "loop-{}: the group's leader does not see topic {}: nothing of it is processed until it does; it may be refused, see its log, or the topic is deleted",
          index,
          topic);
    }
  }

  private Set<Integer> ofOtherLoops(GroupTable assignment) {
    Set<Integer> others = new HashSet<>();
    for (GroupTable.Member member : assignment.members()) {
      if (member.instanceId().equals(config.identity().instanceId()) && member.loop() != index) {
        others.addAll(member.active());
        others.addAll(member.standbys());
      }
    }
    return others;
  }

  /**
   * @throws ConfigException when the group refused this loop
   */
  void check() {
    String why = refusal;
    if (why != null) {
      throw new ConfigException(why);
    }
  }

  /** Why the group should rebalance, or null; says so once. */
  @Nullable String reasonToRebalance() {
    if (isOutdated) {
      isOutdated = false;
      return "the assignment answers what an earlier process of this instance said";
    }
    long nowMs = clock.now().steadyMs();
    if (nowMs >= askAgainMs && countsWhatIsIncomplete()) {
      askAgainMs = nowMs + ASK_AGAIN_MS;
      return "the state of a view is incomplete, so that it cannot count here";
    }
    if (nowMs >= askAgainMs && standbys.isAnyCaughtUp(warmups)) {
      askAgainMs = nowMs + ASK_AGAIN_MS;
      return "a standby has caught up and can take over";
    }
    return null;
  }

  /** Whether the group has agreed to count a view that cannot count here, as found since. */
  private boolean countsWhatIsIncomplete() {
    Map<String, String> incomplete = instance.incomplete();
    return !incomplete.isEmpty()
        && instance.views().stream()
            .flatMap(List::stream)
            .anyMatch(view -> view.counts() && incomplete.containsKey(view.name()));
  }
}
