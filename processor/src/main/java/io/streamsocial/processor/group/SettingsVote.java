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

/**
 * Decides which members are refused because their settings differ. Members that own partitions
 * decide: their state and the log were made with their settings. Among them, or among all members
 * when none owns a partition, the majority decides, and the smallest instance id in a tie.
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
    List<MemberInfo> voters =
        members.entrySet().stream()
            .filter(each -> owners.contains(each.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    norm(voters.isEmpty() ? members.values() : voters)
        .ifPresent(
            norm ->
                members.forEach(
                    (id, info) -> {
                      List<String> differences = differences(info, norm);
                      if (!differences.isEmpty()) {
                        refusals.put(id, text(info, norm, differences));
                      }
                    }));
    return refusals;
  }

  private static Optional<MemberInfo> norm(Collection<MemberInfo> voters) {
    Map<List<Long>, Integer> votes = new HashMap<>();
    voters.forEach(voter -> votes.merge(values(voter), 1, Integer::sum));
    return voters.stream()
        .max(
            Comparator.comparing((MemberInfo voter) -> votes.getOrDefault(values(voter), 0))
                .thenComparing(MemberInfo::instanceId, Comparator.reverseOrder()));
  }

  /** In the order of {@link #NAMES}. */
  private static List<Long> values(MemberInfo info) {
    MemberInfo.Settings settings = info.settings();
    return List.of(
        settings.windowMs(),
        settings.graceMs(),
        settings.retentionMs(),
        (long) settings.shufflePartitions(),
        (long) settings.maxRegions());
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
}
