package io.streamsocial.processor.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One rebalance, as the leader decides it: who may take part, who owns what, where everything is to
 * be ({@link Placement}), and what of that is handed out already.
 *
 * <p>By Kafka's cooperative protocol a partition goes over in two rebalances: the first takes it
 * from its owner, who revokes it and joins again by itself; the second gives it away. The consumer
 * refuses a leader's answer that gives a partition to one member while another claims it. So a
 * partition is withheld from a member as long as anybody else claims it. Meanwhile it has no active
 * in the routing table, and who is to get it follows it as a standby: its overlay must not be lost
 * between the two.
 *
 * <p>Of two members that claim one partition the higher generation is right: the other has missed
 * the rebalance that took it away. With the same generation neither can be believed, and both must
 * let go first. A claim of an old generation that nobody contests is kept: a static member that is
 * away for a restart is represented by what it said when it last joined.
 */
final class GroupPlan {
  /** Of a member that was in no generation yet. */
  static final int NO_GENERATION = -1;

  /**
   * What a member gets in this rebalance.
   *
   * @param posts partitions, ascending
   * @param shuffle active partitions, ascending
   * @param told beside it
   */
  record Part(List<Integer> posts, List<Integer> shuffle, GroupTable told) {}

  private final int posts;
  private final int shuffle;
  private final Map<String, MemberInfo> infos = new TreeMap<>();
  private final Map<String, String> refusals = new TreeMap<>();
  private final Claims postsClaims = new Claims();
  private final Claims shuffleClaims = new Claims();

  /**
   * @param posts partitions of the topic; 0 when it does not exist
   * @param shuffle likewise
   */
  GroupPlan(int posts, int shuffle) {
    this.posts = posts;
    this.shuffle = shuffle;
  }

  /**
   * Once for each member of the group.
   *
   * @param id by which the group knows it
   * @param data what {@link MemberInfo} encoded, or anything else
   * @param generation in which it owned the partitions, or {@link #NO_GENERATION}
   */
  void add(
      String id,
      Optional<ByteBuffer> data,
      int generation,
      Collection<Integer> ownedPosts,
      Collection<Integer> ownedShuffle) {
    postsClaims.add(id, generation, ownedPosts);
    shuffleClaims.add(id, generation, ownedShuffle);
    try {
      infos.put(
          id,
          MemberInfo.decode(
              data.orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "it says nothing about itself: another program uses this group; give each its own app-id"))));
    } catch (IllegalArgumentException e) {
      refusals.put(id, "member %s is refused: %s".formatted(id, e.getMessage()));
    }
  }

  /** By id of the member; one entry each, the refused ones included. */
  Map<String, Part> decide() {
    Set<String> owners = new HashSet<>(postsClaims.claimants());
    owners.addAll(shuffleClaims.claimants());
    Map<String, String> differing = SettingsVote.refusals(infos, owners);
    refusals.putAll(differing);
    infos.keySet().removeAll(differing.keySet());
    Map<String, Placement.Tasks> placed = place();
    Map<String, Part> parts = new LinkedHashMap<>();
    List<GroupTable.Member> members = new ArrayList<>();
    placed.forEach((id, tasks) -> members.add(member(id, tasks)));
    GroupTable all = new GroupTable(posts, shuffle, members, GroupTable.NOBODY, "");
    int number = 0;
    for (Map.Entry<String, Placement.Tasks> each : placed.entrySet()) {
      String id = each.getKey();
      parts.put(
          id,
          new Part(
              postsClaims.freeFor(id, each.getValue().posts()),
              shuffleClaims.freeFor(id, each.getValue().active()),
              all.to(number++)));
    }
    refusals.forEach((id, why) -> parts.put(id, new Part(List.of(), List.of(), all.refusing(why))));
    return parts;
  }

  private Map<String, Placement.Tasks> place() {
    int standbys = infos.values().stream().mapToInt(i -> i.settings().standbys()).max().orElse(0);
    List<Placement.Member> members = new ArrayList<>();
    infos.forEach(
        (id, info) ->
            members.add(
                new Placement.Member(
                    id,
                    info.instanceId(),
                    info.loop(),
                    info.zone(),
                    postsClaims.owned(id),
                    shuffleClaims.owned(id),
                    info.standbys(),
                    info.warmups(),
                    info.positions())));
    return Placement.assign(posts, shuffle, standbys, members);
  }

  private GroupTable.Member member(String id, Placement.Tasks tasks) {
    MemberInfo info = info(id);
    List<Integer> active = shuffleClaims.freeFor(id, tasks.active());
    Set<Integer> standbys = new TreeSet<>(tasks.standbys());
    for (int p : tasks.active()) {
      if (!active.contains(p) && !isClaimedByInstance(p, info.instanceId())) {
        standbys.add(p);
      }
    }
    return new GroupTable.Member(
        info.instanceId(),
        info.process(),
        info.endpoint(),
        info.zone(),
        info.loop(),
        info.transactionalId(),
        new TreeSet<>(active),
        standbys,
        new TreeSet<>(tasks.warmups()));
  }

  /** Then another loop of the instance has the store open until it lets go. */
  private boolean isClaimedByInstance(int p, String instanceId) {
    return shuffleClaims.claimantsOf(p).stream()
        .anyMatch(id -> infos.containsKey(id) && info(id).instanceId().equals(instanceId));
  }

  private MemberInfo info(String id) {
    MemberInfo info = infos.get(id);
    if (info == null) {
      throw new IllegalStateException("unknown member " + id);
    }
    return info;
  }

  /** Who says to own which partitions of one topic. */
  private static final class Claims {
    private record Claim(String id, int generation) {}

    private final Map<Integer, List<Claim>> byPartition = new HashMap<>();

    void add(String id, int generation, Collection<Integer> partitions) {
      for (int p : new TreeSet<>(partitions)) {
        byPartition.computeIfAbsent(p, each -> new ArrayList<>()).add(new Claim(id, generation));
      }
    }

    Set<String> claimants() {
      Set<String> ids = new HashSet<>();
      byPartition.values().forEach(claims -> claims.forEach(claim -> ids.add(claim.id)));
      return ids;
    }

    List<String> claimantsOf(int p) {
      return byPartition.getOrDefault(p, List.of()).stream().map(Claim::id).toList();
    }

    private boolean isOwner(int p, String id) {
      int generation = NO_GENERATION;
      int best = NO_GENERATION;
      int claimants = 0;
      for (Claim claim : byPartition.getOrDefault(p, List.of())) {
        if (claim.id.equals(id)) {
          generation = claim.generation;
        }
        if (claim.generation > best || claimants == 0) {
          best = claim.generation;
          claimants = 1;
        } else if (claim.generation == best) {
          claimants++;
        }
      }
      return claimants == 1 && generation == best && claimantsOf(p).contains(id);
    }

    Set<Integer> owned(String id) {
      Set<Integer> owned = new TreeSet<>();
      for (int p : byPartition.keySet()) {
        if (isOwner(p, id)) {
          owned.add(p);
        }
      }
      return owned;
    }

    /** Those that it may have in this rebalance: it owns them, or nobody else claims them. */
    List<Integer> freeFor(String id, List<Integer> partitions) {
      return partitions.stream()
          .filter(p -> isOwner(p, id) || claimantsOf(p).stream().allMatch(id::equals))
          .toList();
    }
  }
}
