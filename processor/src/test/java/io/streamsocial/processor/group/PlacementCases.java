package io.streamsocial.processor.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** Groups to place, and what becomes of them when a placement is carried out. */
final class PlacementCases {
  /** Where the log of each shuffle partition ends. */
  static final long END = 1_000_000;

  private PlacementCases() {}

  record Wish(int posts, int shuffle, int standbys) {
    Map<String, Placement.Tasks> assign(Collection<Placement.Member> members) {
      return Placement.assign(posts, shuffle, standbys, members);
    }
  }

  static Wish wish(SplittableRandom random) {
    return new Wish(random.nextInt(20), random.nextInt(1, 20), random.nextInt(4));
  }

  static Placement.Member fresh(String instance, int loop, String zone) {
    return new Placement.Member(
        instance + "-" + loop,
        instance,
        loop,
        zone,
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Map.of());
  }

  /** Instances of as many loops each, without anything. */
  static List<Placement.Member> fresh(int instances, int loops, int zones) {
    List<Placement.Member> members = new ArrayList<>();
    for (int i = 0; i < instances; i++) {
      for (int loop = 0; loop < loops; loop++) {
        members.add(fresh("i" + i, loop, zones == 0 ? "" : "z" + i % zones));
      }
    }
    return members;
  }

  /** Anything goes: owners without state, state without owners, promises that nobody gave. */
  static List<Placement.Member> any(SplittableRandom random, Wish wish) {
    int zones = random.nextInt(4);
    List<Placement.Member> members = new ArrayList<>();
    for (int i = random.nextInt(1, 8); i > 0; i--) {
      String zone = zones == 0 ? "" : "z" + random.nextInt(zones);
      for (int loop = random.nextInt(3); loop >= 0; loop--) {
        members.add(fresh("i" + i, loop, zone));
      }
    }
    List<Set<Integer>> posts = owned(random, members.size(), wish.posts());
    List<Set<Integer>> active = owned(random, members.size(), wish.shuffle());
    int spread = random.nextInt(1, 5);
    for (int m = 0; m < members.size(); m++) {
      Map<Integer, Long> positions = new HashMap<>();
      Set<Integer> standbys = new TreeSet<>();
      Set<Integer> warmups = new TreeSet<>();
      for (int p = 0; p < wish.shuffle(); p++) {
        if (random.nextInt(spread) == 0) {
          positions.put(
              p, random.nextBoolean() ? END - random.nextLong(3_000) : random.nextLong(END));
        }
        if (random.nextInt(6) == 0) {
          standbys.add(p);
          if (random.nextInt(4) == 0) {
            warmups.add(p);
          }
        }
      }
      members.set(
          m, with(members.get(m), posts.get(m), active.get(m), standbys, warmups, positions));
    }
    return members;
  }

  private static List<Set<Integer>> owned(SplittableRandom random, int members, int partitions) {
    List<Set<Integer>> owned = new ArrayList<>();
    for (int m = 0; m < members; m++) {
      owned.add(new TreeSet<>());
    }
    // Now and then a few have it all.
    int owners = random.nextBoolean() ? members : random.nextInt(1, members + 1);
    int unowned = random.nextInt(1, 6);
    for (int p = 0; p < partitions; p++) {
      if (random.nextInt(unowned) > 0) {
        owned.get(random.nextInt(owners)).add(p);
      }
    }
    return owned;
  }

  private static Placement.Member with(
      Placement.Member member,
      Collection<Integer> posts,
      Collection<Integer> active,
      Collection<Integer> standbys,
      Collection<Integer> warmups,
      Map<Integer, Long> positions) {
    return new Placement.Member(
        member.id(),
        member.instanceId(),
        member.loop(),
        member.zone(),
        new TreeSet<>(posts),
        new TreeSet<>(active),
        new TreeSet<>(standbys),
        new TreeSet<>(warmups),
        positions);
  }

  static Placement.Tasks tasks(Map<String, Placement.Tasks> placed, Placement.Member member) {
    Placement.Tasks tasks = placed.get(member.id());
    if (tasks == null) {
      throw new AssertionError("nothing was said to " + member.id());
    }
    return tasks;
  }

  /** The members once they have what was placed, their local states as they were. */
  static List<Placement.Member> carryOut(
      Collection<Placement.Member> members, Map<String, Placement.Tasks> placed) {
    List<Placement.Member> after = new ArrayList<>();
    for (Placement.Member member : members) {
      Placement.Tasks tasks = tasks(placed, member);
      after.add(
          with(
              member,
              tasks.posts(),
              tasks.active(),
              tasks.standbys(),
              tasks.warmups(),
              member.positions()));
    }
    return after;
  }

  /** Everybody has read what it counts or follows to the end. */
  static List<Placement.Member> catchUp(Collection<Placement.Member> members) {
    List<Placement.Member> after = new ArrayList<>();
    for (Placement.Member member : members) {
      Map<Integer, Long> positions = new HashMap<>(member.positions());
      member.active().forEach(p -> positions.put(p, END));
      member.standbys().forEach(p -> positions.put(p, END));
      after.add(
          with(
              member,
              member.posts(),
              member.active(),
              member.standbys(),
              member.warmups(),
              positions));
    }
    return after;
  }

  /** Places and catches up until nothing moves; fails when that takes more rounds than given. */
  static List<Placement.Member> settle(Collection<Placement.Member> group, Wish wish, int rounds) {
    List<Placement.Member> members = List.copyOf(group);
    for (int round = 0; round <= rounds; round++) {
      List<Placement.Member> after = catchUp(carryOut(members, wish.assign(members)));
      if (after.equals(members)) {
        return members;
      }
      members = after;
    }
    throw new AssertionError("still moving after " + rounds + " rounds: " + members);
  }
}
