package io.streamsocial.processor.group;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Decides which member follows which shuffle partition. A standby takes over fast and answers until
 * then, so it must not fail together with the active: it is never on an instance that has the
 * partition, and it is in another zone where there is one. Apart from that, a follower stays.
 */
final class PlacementStandbys {
  private final PlacementGroup group;
  private final int[] active;
  private final int[] warmup;
  private final int[] load;
  private final List<SortedSet<Integer>> followed = new ArrayList<>();

  /**
   * @param active the member that counts each partition
   * @param warmup the member that is warming up for each partition, or none
   */
  PlacementStandbys(PlacementGroup group, int[] active, int[] warmup) {
    this.group = group;
    this.active = active;
    this.warmup = warmup;
    load = new int[group.size()];
    for (int m = 0; m < load.length; m++) {
      followed.add(new TreeSet<>());
    }
    for (int p = 0; p < active.length; p++) {
      load[active[p]]++;
      if (warmup[p] != PlacementGroup.NONE) {
        follow(warmup[p], p);
      }
    }
  }

  /**
   * The standbys of each member, with its warm-ups; fewer than wanted only when there are too few
   * instances.
   */
  List<SortedSet<Integer>> place(int wanted) {
    int[] used = new int[group.instances];
    for (int p = 0; p < active.length; p++) {
      int mark = p + 1;
      List<String> zones = new ArrayList<>();
      zones.add(group.members.get(active[p]).zone());
      used[group.instance[active[p]]] = mark;
      if (warmup[p] != PlacementGroup.NONE) {
        used[group.instance[warmup[p]]] = mark;
      }
      for (int i = 0; i < wanted; i++) {
        int best = best(p, mark, used, zones);
        if (best == PlacementGroup.NONE) {
          break;
        }
        follow(best, p);
        used[group.instance[best]] = mark;
        zones.add(group.members.get(best).zone());
      }
    }
    return followed;
  }

  private void follow(int member, int p) {
    followed.get(member).add(p);
    load[member]++;
  }

  private int best(int p, int mark, int[] used, List<String> zones) {
    int best = PlacementGroup.NONE;
    for (int m = 0; m < group.size(); m++) {
      if (used[group.instance[m]] != mark
          && (best == PlacementGroup.NONE || compare(p, m, best, zones) < 0)) {
        best = m;
      }
    }
    return best;
  }

  private int compare(int p, int a, int b, List<String> zones) {
    int byZone = Integer.compare(closeness(a, zones), closeness(b, zones));
    if (byZone != 0) {
      return byZone;
    }
    int byFollowing = Boolean.compare(group.follows(b, p), group.follows(a, p));
    if (byFollowing != 0) {
      return byFollowing;
    }
    int byPosition = Long.compare(group.position(b, p), group.position(a, p));
    return byPosition != 0 ? byPosition : Integer.compare(load[a], load[b]);
  }

  /** 0 in a zone of its own, 1 in a standby's, 2 in the active's, the first of the zones. */
  private int closeness(int member, List<String> zones) {
    int at = zones.indexOf(group.members.get(member).zone());
    return at < 0 ? 0 : at == 0 ? 2 : 1;
  }
}
