package io.streamsocial.processor.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Decides which members are refused because their settings, or their definitions of a view, differ.
 * Members that own partitions decide: their state and the log were made with their settings. Among
 * them, or among all members when none owns a partition, the majority decides, and the smallest
 * instance id in a tie.
 */
final class SettingsVote {
  private static final List<String> NAMES =
      List.of("window (ms)", "grace (ms)", "retention (ms)", "shuffle-partitions", "max-regions");

  private SettingsVote() {}

  /**
   * @param members by id
   * @param owners ids of the members that own partitions; unknown ids are ignored
   * @return the reason and what to do, by id of each refused member
   */
  static Map<String, String> refusals(Map<String, MemberInfo> members, Set<String> owners) {
    Map<String, String> refusals = new TreeMap<>();
    norm(voters(members, owners), SettingsVote::values)
        .ifPresent(
            norm ->
                members.forEach(
                    (id, info) -> {
                      List<String> differences = differences(info, norm);
                      if (!differences.isEmpty()) {
                        refusals.put(id, text(info, norm, differences));
                      }
                    }));
    Map<String, MemberInfo> accepted = new TreeMap<>(members);
    accepted.keySet().removeAll(refusals.keySet());
    Set<String> views = new TreeSet<>();
    accepted.values().forEach(info -> views.addAll(info.views().others().keySet()));
    views.forEach(view -> refuse(view, accepted, owners, refusals));
    return refusals;
  }

  /** Two definitions under one name: their rows would be mixed. */
  private static void refuse(
      String view,
      Map<String, MemberInfo> members,
      Set<String> owners,
      Map<String, String> refusals) {
    Map<String, MemberInfo> having = new TreeMap<>(members);
    having.values().removeIf(info -> !info.views().others().containsKey(view));
    norm(voters(having, owners), info -> definition(info, view))
        .ifPresent(
            norm ->
                having.forEach(
                    (id, info) -> {
                      if (!definition(info, view).equals(definition(norm, view))) {
                        refusals.putIfAbsent(id, text(info, norm, view));
                      }
                    }));
  }

  private static String definition(MemberInfo info, String view) {
    return info.views().others().getOrDefault(view, "");
  }

  /** Those that own partitions, or all when none does. */
  private static Collection<MemberInfo> voters(
      Map<String, MemberInfo> members, Set<String> owners) {
    List<MemberInfo> voters =
        members.entrySet().stream()
            .filter(each -> owners.contains(each.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    return voters.isEmpty() ? members.values() : voters;
  }

  private static Optional<MemberInfo> norm(
      Collection<MemberInfo> voters, Function<MemberInfo, ?> vote) {
    Map<Object, Integer> votes = new HashMap<>();
    voters.forEach(voter -> votes.merge(vote.apply(voter), 1, Integer::sum));
    return voters.stream()
        .max(
            Comparator.comparing((MemberInfo voter) -> votes.getOrDefault(vote.apply(voter), 0))
                .thenComparing(MemberInfo::instanceId, Comparator.reverseOrder()));
  }

  /** In the order of {@link #NAMES}, and then whether it counts hashtags. */
  private static List<Long> values(MemberInfo info) {
    MemberInfo.Settings settings = info.settings();
    return List.of(
        settings.windowMs(),
        settings.graceMs(),
        settings.retentionMs(),
        (long) settings.shufflePartitions(),
        (long) settings.maxRegions(),
        info.views().hashtags() ? 1L : 0L);
  }

  private static List<String> differences(MemberInfo info, MemberInfo norm) {
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < NAMES.size(); i++) {
      long own = values(info).get(i);
      long other = values(norm).get(i);
      // 0: a member that does not know the setting yet.
      if (own != other && own != 0 && other != 0) {
        differences.add("%s is %d there and %d here".formatted(NAMES.get(i), other, own));
      }
    }
    // With hashtags a record must be a post: the two would reject different records.
    if (info.views().hashtags() != norm.views().hashtags()) {
      differences.add(
          info.views().hashtags()
              ? "hashtags are counted here and not there"
              : "hashtags are counted there and not here");
    }
    return differences;
  }

  private static String text(MemberInfo info, MemberInfo norm, List<String> differences) {
    return "instance %s (%s) cannot count beside instance %s (%s): %s; start it with the same values, or stop all instances and reset the state to change them"
        .formatted(
            info.instanceId(),
            info.endpoint(),
            norm.instanceId(),
            norm.endpoint(),
            String.join(", ", differences));
  }

  private static String text(MemberInfo info, MemberInfo norm, String view) {
    return "instance %s (%s) cannot count beside instance %s (%s): view %s is '%s' there and '%s' here; give the changed view another name"
        .formatted(
            info.instanceId(),
            info.endpoint(),
            norm.instanceId(),
            norm.endpoint(),
            view,
            definition(norm, view),
            definition(info, view));
  }
}
