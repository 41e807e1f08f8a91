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
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * One rebalance, as the leader decides it: which members take part, what they own, where each
 * partition belongs ({@link Placement}), and which partitions can be handed out already.
 *
 * <p>In Kafka's cooperative protocol a partition moves in two rebalances: the first takes it from
 * its owner, which revokes it and joins again; the second gives it to the new owner. The consumer
 * refuses an assignment that gives a partition to one member while another claims it. So a
 * partition is withheld from a member as long as another member claims it. Meanwhile it has no
 * active in the routing table, and its next owner follows it as a standby: the overlay of that
 * store must not be lost between the two.
 *
 * <p>When two members claim one partition, the one with the higher generation owns it: the other
 * has missed the rebalance that took it away. With the same generation neither claim is trusted,
 * and both members must revoke first. An old claim that no other member contests is kept: a static
 * member that is restarting is represented by the data of its last join.
 *
 * <p>The group reads the topics that all members subscribe to and the leader sees, as a view counts
 * that all of them have. For the placement their partitions are one row of sources.
 */
final class GroupPlan {
  /** The generation of a member that has not been in one yet. */
  static final int NO_GENERATION = -1;

  /**
   * The assignment of one member in this rebalance.
   *
   * @param sources partitions of the topics that the group reads
   * @param shuffle active partitions, ascending
   * @param table sent beside the partitions
   */
  record MemberAssignment(List<TopicPartition> sources, List<Integer> shuffle, GroupTable table) {}

  private final String input;
  private final ToIntFunction<String> partitions;
  private final int shuffle;
  private final Map<String, MemberInfo> infos = new TreeMap<>();
  private final Map<String, MemberInfo.Said> said = new HashMap<>();
  private final Map<String, String> refusals = new TreeMap<>();
  private final Map<String, Set<String>> subscribed = new HashMap<>();
  private final Claims<TopicPartition> sourceClaims = new Claims<>();
  private final Claims<Integer> shuffleClaims = new Claims<>();

  /**
   * @param input a topic that all accepted members read
   * @param partitions of an input topic; 0 when it does not exist
   * @param shuffle likewise
   */
  GroupPlan(String input, ToIntFunction<String> partitions, int shuffle) {
    this.input = input;
    this.partitions = partitions;
    this.shuffle = shuffle;
  }

  /**
   * Once for each member of the group.
   *
   * @param id by which the group knows it
   * @param data what {@link MemberInfo} encoded, or anything else
   * @param topics of input that it subscribes to
   * @param generation in which it owned the partitions, or {@link #NO_GENERATION}
   */
  void add(
      String id,
      Optional<ByteBuffer> data,
      Collection<String> topics,
      int generation,
      Collection<TopicPartition> ownedSources,
      Collection<Integer> ownedShuffle) {
    subscribed.put(id, Set.copyOf(topics));
    sourceClaims.add(id, generation, ownedSources);
    shuffleClaims.add(id, generation, ownedShuffle);
    try {
      MemberInfo info =
          MemberInfo.decode(
              data.orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "it says nothing about itself: another program uses this group; give each its own app-id")));
      infos.put(id, info);
      said.put(id, info.said());
    } catch (IllegalArgumentException e) {
      refusals.put(id, "member %s is refused: %s".formatted(id, e.getMessage()));
    }
  }

  /** The member, just added, takes no part. */
  void refuse(String id, String why) {
    infos.remove(id);
    refusals.put(id, why);
  }

  /** By member id; one entry for each member, including those that are refused. */
  Map<String, MemberAssignment> decide() {
    Set<String> owners = new HashSet<>(sourceClaims.claimants());
    owners.addAll(shuffleClaims.claimants());
    Map<String, String> differing = SettingsVote.refusals(infos, owners);
    refusals.putAll(differing);
    infos.keySet().removeAll(differing.keySet());
    SortedMap<String, Integer> inputs = inputs();
    List<TopicPartition> sources = new ArrayList<>();
    inputs.forEach(
        (topic, count) -> {
          for (int p = 0; p < count; p++) {
            sources.add(new TopicPartition(topic, p));
          }
        });
    Map<String, Placement.Tasks> placed = place(sources);
    List<GroupTable.Member> members = new ArrayList<>();
    placed.forEach((id, tasks) -> members.add(member(id, tasks)));
    GroupTable all = GroupTable.of(partitions.applyAsInt(input), shuffle, members, views());
    if (accepted().anyMatch(topics -> topics.size() > 1)) {
      all = all.reading(inputs);
    }
    return address(all, placed, sources);
  }

  private Map<String, MemberAssignment> address(
      GroupTable all, Map<String, Placement.Tasks> placed, List<TopicPartition> sources) {
    Map<String, MemberAssignment> parts = new LinkedHashMap<>();
    int number = 0;
    for (Map.Entry<String, Placement.Tasks> each : placed.entrySet()) {
      String id = each.getKey();
      parts.put(
          id,
          new MemberAssignment(
              sourceClaims.freeFor(id, each.getValue().posts().stream().map(sources::get).toList()),
              shuffleClaims.freeFor(id, each.getValue().active()),
              all.to(number++, info(id).said())));
    }
    refusals.forEach(
        (id, why) -> {
          GroupTable refusal = all.refusing(why, Optional.ofNullable(said.get(id)));
          parts.put(id, new MemberAssignment(List.of(), List.of(), refusal));
        });
    return parts;
  }

  /** Topics of each member that takes part. */
  private Stream<Set<String>> accepted() {
    return infos.keySet().stream().map(id -> subscribed.getOrDefault(id, Set.of()));
  }

  /** Partitions of each topic that the group reads. */
  private SortedMap<String, Integer> inputs() {
    SortedMap<String, Integer> inputs = new TreeMap<>();
    accepted().forEach(topics -> topics.forEach(topic -> inputs.put(topic, 0)));
    accepted().forEach(topics -> inputs.keySet().retainAll(topics));
    inputs.replaceAll((topic, none) -> partitions.applyAsInt(topic));
    inputs.values().removeIf(count -> count == 0);
    return inputs;
  }

  /** Each view that some member has, with the instances that lack it. */
  private List<GroupTable.AgreedView> views() {
    Set<String> names = new TreeSet<>();
    infos.values().forEach(info -> names.addAll(info.views().others().keySet()));
    List<GroupTable.AgreedView> views = new ArrayList<>();
    for (String name : names) {
      List<String> lackedBy =
          infos.values().stream()
              .filter(info -> !info.views().others().containsKey(name))
              .map(MemberInfo::instanceId)
              .distinct()
              .sorted()
              .toList();
      views.add(new GroupTable.AgreedView(name, lackedBy));
    }
    return views;
  }

  private Map<String, Placement.Tasks> place(List<TopicPartition> sources) {
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
                    indexes(sources, sourceClaims.owned(id)),
                    shuffleClaims.owned(id),
                    info.standbys(),
                    info.warmups(),
                    info.positions())));
    return Placement.assign(sources.size(), shuffle, standbys, members);
  }

  /** Without partitions that are not read now. */
  private static Set<Integer> indexes(List<TopicPartition> sources, Set<TopicPartition> owned) {
    Set<Integer> indexes = new TreeSet<>();
    for (int i = 0; i < sources.size(); i++) {
      if (owned.contains(sources.get(i))) {
        indexes.add(i);
      }
    }
    return indexes;
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

  /** Whether another loop of the instance has the store open until it revokes the partition. */
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

  /** Which members claim which partitions. */
  private static final class Claims<P> {
    private record Claim(String id, int generation) {}

    private final Map<P, List<Claim>> byPartition = new HashMap<>();

    void add(String id, int generation, Collection<P> partitions) {
      for (P p : new HashSet<>(partitions)) {
        byPartition.computeIfAbsent(p, each -> new ArrayList<>()).add(new Claim(id, generation));
      }
    }

    Set<String> claimants() {
      Set<String> ids = new HashSet<>();
      byPartition.values().forEach(claims -> claims.forEach(claim -> ids.add(claim.id)));
      return ids;
    }

    List<String> claimantsOf(P p) {
      return byPartition.getOrDefault(p, List.of()).stream().map(Claim::id).toList();
    }

    private boolean isOwner(P p, String id) {
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

    Set<P> owned(String id) {
      Set<P> owned = new HashSet<>();
      for (P p : byPartition.keySet()) {
        if (isOwner(p, id)) {
          owned.add(p);
        }
      }
      return owned;
    }

    /**
     * The partitions that the member may have in this rebalance: it owns them, or no other member
     * claims them.
     */
    List<P> freeFor(String id, List<P> partitions) {
      return partitions.stream()
          .filter(p -> isOwner(p, id) || claimantsOf(p).stream().allMatch(id::equals))
          .toList();
    }
  }
}
