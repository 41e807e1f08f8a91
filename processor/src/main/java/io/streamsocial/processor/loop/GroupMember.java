package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.Membership;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop's word with the group: what it tells at each join, and what follows from each agreement.
 * Owned by the loop; the group calls it from inside the loop's poll.
 */
final class GroupMember implements Membership {
  private static final Logger log = LoggerFactory.getLogger(GroupMember.class);
  // A leader that sees it otherwise must not be asked again and again.
  private static final long ASK_AGAIN_MS = 5_000;

  private final Loop.Surroundings around;
  private final int index;
  private final String transactionalId;
  private final LoopTasks tasks;
  private final LongSupplier nowMs;
  private @Nullable GroupTable last;
  private Set<Integer> standbys = Set.of();
  private Set<Integer> warmups = Set.of();
  private @Nullable String refusal;
  private boolean hasMoved;
  private long askAgainMs;

  /**
   * @param transactionalId of the loop's producer; empty without transactions
   */
  GroupMember(
      Loop.Surroundings around,
      int index,
      String transactionalId,
      LoopTasks tasks,
      LongSupplier nowMs) {
    this.around = around;
    this.index = index;
    this.transactionalId = transactionalId;
    this.tasks = tasks;
    this.nowMs = nowMs;
  }

  @Override
  public MemberInfo describe() {
    EngineConfig config = around.config();
    Map<Integer, Long> positions = new HashMap<>(around.membership().resting());
    positions.putAll(tasks.positions());
    return new MemberInfo(
        config.identity().instanceId(),
        around.membership().process(),
        around.membership().endpoint(),
        config.identity().zone(),
        index,
        transactionalId,
        new MemberInfo.Settings(
            around.postsPartitions(),
            config.tasks().shufflePartitions(),
            config.windows().window().toMillis(),
            config.windows().grace().toMillis(),
            config.windows().retention().toMillis(),
            config.tasks().standbys()),
        standbys,
        warmups,
        positions);
  }

  @Override
  public void assigned(GroupTable assignment, int generation) {
    refusal = problem(assignment);
    if (refusal != null) {
      return;
    }
    Optional<GroupTable.Member> self = assignment.self();
    standbys = self.map(GroupTable.Member::standbys).orElse(Set.of());
    warmups = self.map(GroupTable.Member::warmups).orElse(Set.of());
    hasMoved = self.isPresent() && !self.get().endpoint().equals(around.membership().endpoint());
    fenceVanished(assignment);
    last = assignment;
    tasks.standbys(standbys, ofOtherLoops(assignment), nowMs.getAsLong());
    around.membership().agreed(assignment.routing(generation));
    log.info(
        "loop-{}: generation {}, {} members; to follow: {}",
        index,
        generation,
        assignment.members().size(),
        standbys);
  }

  private @Nullable String problem(GroupTable assignment) {
    if (assignment.isRefused()) {
      return assignment.refusal();
    }
    tellUnseen(around.topics().posts(), assignment.postsPartitions());
    tellUnseen(around.topics().shuffle(), assignment.shufflePartitions());
    if (differs(assignment.postsPartitions(), around.postsPartitions())) {
      return "topic %s has %d partitions now, it had %d when this instance started: start the instances again, so that all of them expect posts from %d"
          .formatted(
              around.topics().posts(),
              assignment.postsPartitions(),
              around.postsPartitions(),
              assignment.postsPartitions());
    }
    if (differs(assignment.shufflePartitions(), around.config().tasks().shufflePartitions())) {
      return "topic %s has %d partitions now, its counts were spread over %d: nobody knows any more which partition counts a tag; run reset to begin from nothing"
          .formatted(
              around.topics().shuffle(),
              assignment.shufflePartitions(),
              around.config().tasks().shufflePartitions());
    }
    return null;
  }

  /**
   * None at all is no number: the leader may not read the topic, or does not see it just now. It
   * has the group agree anew as soon as it does.
   */
  private static boolean differs(int now, int before) {
    return now != 0 && now != before;
  }

  private void tellUnseen(String topic, int partitions) {
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
      if (member.instanceId().equals(around.config().identity().instanceId())
          && member.loop() != index) {
        others.addAll(member.active());
        others.addAll(member.standbys());
      }
    }
    return others;
  }

  /**
   * A member that vanished may have left a transaction open, which holds back every reader of
   * committed records until it times out. One of those who knew it ends it now.
   */
  private void fenceVanished(GroupTable assignment) {
    GroupTable before = last;
    if (before == null) {
      return;
    }
    Map<String, GroupTable.Member> here = new HashMap<>();
    assignment.members().forEach(member -> here.put(name(member), member));
    List<String> vanished = new ArrayList<>();
    for (GroupTable.Member member : before.members()) {
      if (!here.containsKey(name(member)) && !member.transactionalId().isEmpty()) {
        vanished.add(member.transactionalId());
      }
    }
    Optional<String> first =
        before.members().stream()
            .map(GroupMember::name)
            .filter(here::containsKey)
            .min(Comparator.naturalOrder());
    boolean isOurs =
        first.isPresent()
            && first.get().equals(around.config().identity().instanceId() + "-" + index);
    if (vanished.isEmpty() || !isOurs) {
      return;
    }
    log.info("fencing {}: gone from the group", vanished);
    var unused =
        around
            .clients()
            .fence(around.admin(), vanished)
            .whenComplete(
                (done, e) -> {
                  if (e != null) {
                    log.warn(
                        "fencing {} failed: a transaction that they left open may hold back counts until it times out: {}",
                        vanished,
                        e.toString());
                  }
                });
  }

  private static String name(GroupTable.Member member) {
    return member.instanceId() + "-" + member.loop();
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

  /** Why the group should agree anew, or null; says so once. */
  @Nullable String reasonToRebalance() {
    if (hasMoved) {
      hasMoved = false;
      return "the instance has another address than the group knows";
    }
    long now = nowMs.getAsLong();
    if (now >= askAgainMs && tasks.isAnyCaughtUp(warmups)) {
      askAgainMs = now + ASK_AGAIN_MS;
      return "a standby has caught up and can take over";
    }
    return null;
  }
}
