package io.streamsocial.processor.group;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The input of {@link Placement} by index: members in a fixed order, and their instances. Read
 * only.
 *
 * <p>State belongs to instances, not to members: the loops of a process share its directory, and
 * any loop that gets a partition opens the same store. So positions are merged by instance.
 */
final class PlacementGroup {
  /** No member or no instance. */
  static final int NONE = -1;

  final List<Placement.Member> members;
  final int shufflePartitions;
  final int instances;

  /** The instance of each member. */
  final int[] instance;

  /** How many members each instance has. */
  final int[] loops;

  /** The member that has each posts partition, or {@link #NONE}. */
  final int[] postsOwner;

  /** The member that counts each shuffle partition, or {@link #NONE}. */
  final int[] shuffleOwner;

  /** The member that is to have a shuffle partition once it has caught up, or {@link #NONE}. */
  final int[] promised;

  private final boolean[][] follows;
  private final long[][] positions;
  private final long[] newest;

  PlacementGroup(int posts, int shuffle, Collection<Placement.Member> group) {
    members = new ArrayList<>(group);
    members.sort(
        Comparator.comparing(Placement.Member::instanceId)
            .thenComparing(Placement.Member::loop)
            .thenComparing(Placement.Member::id));
    shufflePartitions = shuffle;
    instance = new int[members.size()];
    Map<String, Integer> numbers = new HashMap<>();
    for (int m = 0; m < instance.length; m++) {
      instance[m] = numbers.computeIfAbsent(members.get(m).instanceId(), id -> numbers.size());
    }
    instances = numbers.size();
    loops = new int[instances];
    for (int i : instance) {
      loops[i]++;
    }
    postsOwner = owners(posts, Placement.Member::posts);
    shuffleOwner = owners(shuffle, Placement.Member::active);
    follows = new boolean[members.size()][shuffle];
    positions = new long[instances][shuffle];
    newest = new long[shuffle];
    readStates();
    promised = promises();
  }

  private int[] owners(int partitions, Function<Placement.Member, Set<Integer>> owned) {
    int[] owners = new int[partitions];
    Arrays.fill(owners, NONE);
    for (int m = 0; m < members.size(); m++) {
      for (int p : owned.apply(members.get(m))) {
        if (p < partitions && owners[p] == NONE) {
          owners[p] = m;
        }
      }
    }
    return owners;
  }

  private void readStates() {
    for (int m = 0; m < members.size(); m++) {
      for (int p : members.get(m).standbys()) {
        if (p < shufflePartitions) {
          follows[m][p] = true;
        }
      }
      long[] mine = positions[instance[m]];
      members
          .get(m)
          .positions()
          .forEach(
              (p, position) -> {
                if (p < shufflePartitions) {
                  mine[p] = Math.max(mine[p], position);
                  newest[p] = Math.max(newest[p], position);
                }
              });
    }
  }

  /**
   * When two members were promised the same partition, as after a change of leaders, the warmer one
   * gets it.
   */
  private int[] promises() {
    int[] promises = new int[shufflePartitions];
    Arrays.fill(promises, NONE);
    for (int m = 0; m < members.size(); m++) {
      for (int p : members.get(m).warmups()) {
        if (p < shufflePartitions
            && shuffleOwner[p] != m
            && (promises[p] == NONE || position(m, p) > position(promises[p], p))) {
          promises[p] = m;
        }
      }
    }
    return promises;
  }

  int size() {
    return instance.length;
  }

  /** How many partitions each member has. */
  int[] counts(int[] owners) {
    int[] counts = new int[size()];
    for (int owner : owners) {
      if (owner != NONE) {
        counts[owner]++;
      }
    }
    return counts;
  }

  boolean follows(int member, int partition) {
    return follows[member][partition];
  }

  /** The position of a member's instance: the next shuffle offset to fold; 0 without any state. */
  long position(int member, int partition) {
    return positions[instance[member]][partition];
  }

  /** Whether the member could count the partition at once. */
  boolean isCaughtUp(int member, int partition) {
    return position(member, partition) >= newest[partition] - Placement.ACCEPTABLE_LAG;
  }
}
