package io.streamsocial.processor.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.group.PlacementCases.Wish;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Claims about {@link Placement} that hold for any group. */
final class PlacementTest {
  private static final int CASES = 4_000;

  @Test
  void everyPartitionHasOneMember() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          Map<String, Placement.Tasks> placed = wish.assign(PlacementCases.any(random, wish));
          assertThat(all(placed, Placement.Tasks::posts)).isEqualTo(range(wish.posts()));
          assertThat(all(placed, Placement.Tasks::active)).isEqualTo(range(wish.shuffle()));
        });
  }

  @Test
  void standbysAreElsewhereAndAsManyAsInstancesAllow() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> members = PlacementCases.any(random, wish);
          Map<String, Placement.Tasks> placed = wish.assign(members);
          int instances =
              members.stream().map(Placement.Member::instanceId).distinct().toList().size();
          for (int p = 0; p < wish.shuffle(); p++) {
            List<String> having = instances(members, placed, Placement.Tasks::active, p);
            having.addAll(instances(members, placed, Placement.Tasks::standbys, p));
            assertThat(having).doesNotHaveDuplicates();
            int warmups = instances(members, placed, Placement.Tasks::warmups, p).size();
            assertThat(warmups).isBetween(0, 1);
            assertThat(having)
                .hasSize(1 + warmups + Math.min(wish.standbys(), instances - 1 - warmups));
          }
        });
  }

  @Test
  void placingAgainChangesNothing() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> members = PlacementCases.any(random, wish);
          Map<String, Placement.Tasks> placed = wish.assign(members);
          assertThat(wish.assign(PlacementCases.carryOut(members, placed))).isEqualTo(placed);
        });
  }

  @Test
  void theOrderOfMembersDoesNotMatter() {
    Property.holds(
        1_000,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> members = PlacementCases.any(random, wish);
          List<Placement.Member> shuffled = new ArrayList<>(members);
          Collections.shuffle(shuffled, new Random(random.nextLong()));
          assertThat(wish.assign(shuffled)).isEqualTo(wish.assign(members));
        });
  }

  @Test
  void anyGroupComesToRestInBalance() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> rest =
              PlacementCases.settle(PlacementCases.any(random, wish), wish, 4);
          assertBalanced(rest, Placement.Member::posts);
          assertBalanced(rest, Placement.Member::active);
          assertThat(rest).allSatisfy(member -> assertThat(member.warmups()).isEmpty());
        });
  }

  @Test
  void postsAreBalancedAtOnce() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> members = PlacementCases.any(random, wish);
          assertBalanced(
              PlacementCases.carryOut(members, wish.assign(members)), Placement.Member::posts);
        });
  }

  @Test
  void nothingMovesFromItsMemberToWhereItsStateIsNot() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> members = PlacementCases.any(random, wish);
          Map<String, Placement.Tasks> placed = wish.assign(members);
          for (Placement.Member to : members) {
            for (int p : PlacementCases.tasks(placed, to).active()) {
              for (Placement.Member from : members) {
                if (!from.id().equals(to.id()) && from.active().contains(p)) {
                  assertThat(
                          isCaughtUp(members, to, p) || to.instanceId().equals(from.instanceId()))
                      .as("partition %d from %s to %s", p, from.id(), to.id())
                      .isTrue();
                }
              }
            }
            for (int p : PlacementCases.tasks(placed, to).warmups()) {
              assertThat(isCaughtUp(members, to, p)).isFalse();
            }
          }
        });
  }

  @Test
  void anOrphanIsCountedByWhoeverIsWithinTheLag() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> members = PlacementCases.any(random, wish);
          Map<String, Placement.Tasks> placed = wish.assign(members);
          Set<Integer> owned = new HashSet<>();
          members.forEach(member -> owned.addAll(member.active()));
          for (Placement.Member member : members) {
            for (int p : PlacementCases.tasks(placed, member).active()) {
              assertThat(owned.contains(p) || isCaughtUp(members, member, p))
                  .as("orphan %d at %s", p, member.id())
                  .isTrue();
            }
          }
        });
  }

  @Test
  void aLeaveMovesOnlyWhatItsInstanceHad() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          int instances = random.nextInt(2, 9);
          int loops = random.nextInt(1, 4);
          List<Placement.Member> before =
              PlacementCases.settle(
                  PlacementCases.fresh(instances, loops, random.nextInt(4)), wish, 4);
          String left = "i" + random.nextInt(instances);
          List<Placement.Member> rest =
              before.stream().filter(member -> !member.instanceId().equals(left)).toList();
          List<Placement.Member> after = PlacementCases.settle(rest, wish, 4);
          for (int i = 0; i < rest.size(); i++) {
            assertThat(after.get(i).posts()).containsAll(rest.get(i).posts());
            assertThat(after.get(i).active()).containsAll(rest.get(i).active());
          }
        });
  }

  @Test
  void aJoinTakesOnlyItsShare() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          int instances = random.nextInt(1, 8);
          int loops = random.nextInt(1, 4);
          List<Placement.Member> before =
              PlacementCases.settle(
                  PlacementCases.fresh(instances, loops, random.nextInt(4)), wish, 4);
          List<Placement.Member> joined = new ArrayList<>(before);
          for (int loop = 0; loop < loops; loop++) {
            joined.add(PlacementCases.fresh("joiner", loop, "z1"));
          }
          List<Placement.Member> after = PlacementCases.settle(joined, wish, 4);
          int posts = 0;
          int active = 0;
          for (int i = 0; i < after.size(); i++) {
            if (i < before.size()) {
              assertThat(before.get(i).posts()).containsAll(after.get(i).posts());
              assertThat(before.get(i).active()).containsAll(after.get(i).active());
            } else {
              posts += after.get(i).posts().size();
              active += after.get(i).active().size();
            }
          }
          assertThat(posts)
              .isBetween(wish.posts() / (instances + 1), share(wish.posts(), instances + 1));
          assertThat(active)
              .isBetween(wish.shuffle() / (instances + 1), share(wish.shuffle(), instances + 1));
        });
  }

  @Test
  void instancesAreBalancedToo() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          List<Placement.Member> rest =
              PlacementCases.settle(PlacementCases.any(random, wish), wish, 4);
          Map<String, List<Placement.Member>> instances = new HashMap<>();
          rest.forEach(
              m -> instances.computeIfAbsent(m.instanceId(), id -> new ArrayList<>()).add(m));
          for (List<Placement.Member> loops : instances.values()) {
            int active = loops.stream().mapToInt(loop -> loop.active().size()).sum();
            int share = wish.shuffle() * loops.size();
            assertThat(active)
                .isBetween(share / rest.size(), (share + rest.size() - 1) / rest.size());
          }
        });
  }

  @Test
  void aStandbyIsInAnotherZoneWhereThereIsOne() {
    Property.holds(
        CASES,
        random -> {
          int zones = random.nextInt(1, 5);
          int instances = random.nextInt(zones, 9);
          Wish wish = new Wish(0, random.nextInt(1, 20), random.nextInt(1, 4));
          List<Placement.Member> members =
              PlacementCases.fresh(instances, random.nextInt(1, 3), zones);
          List<Placement.Member> rest = PlacementCases.settle(members, wish, 4);
          for (int p = 0; p < wish.shuffle(); p++) {
            int partition = p;
            long different =
                rest.stream()
                    .filter(m -> m.active().contains(partition) || m.standbys().contains(partition))
                    .map(Placement.Member::zone)
                    .distinct()
                    .count();
            assertThat(different).isEqualTo(Math.min(zones, 1 + wish.standbys()));
          }
        });
  }

  @Test
  void whoHasAPostsPartitionMoreHasNoShufflePartitionMore() {
    Property.holds(
        CASES,
        random -> {
          Wish wish = PlacementCases.wish(random);
          int size = random.nextInt(1, 9);
          Map<String, Placement.Tasks> placed =
              wish.assign(PlacementCases.fresh(size, 1, random.nextInt(3)));
          long both =
              placed.values().stream()
                  .filter(tasks -> tasks.posts().size() > wish.posts() / size)
                  .filter(tasks -> tasks.active().size() > wish.shuffle() / size)
                  .count();
          assertThat(both)
              .isEqualTo(Math.max(0, wish.posts() % size + wish.shuffle() % size - size));
        });
  }

  @Test
  void orphansAreSpreadOverTheirStandbysWhileANewcomerWarmsUp() {
    Map<Integer, Long> caughtUp = Map.of(4, PlacementCases.END, 5, PlacementCases.END);
    Map<String, Placement.Tasks> placed =
        Placement.assign(
            0,
            6,
            0,
            List.of(
                counting("b", Set.of(0, 1), caughtUp),
                counting("c", Set.of(2, 3), caughtUp),
                counting("d", Set.of(), Map.of(4, 7L))));
    assertThat(placed)
        .containsEntry("b", new Placement.Tasks(List.of(), List.of(0, 1, 4), List.of(), List.of()))
        .containsEntry("c", new Placement.Tasks(List.of(), List.of(2, 3, 5), List.of(), List.of()))
        .containsEntry(
            "d", new Placement.Tasks(List.of(), List.of(), List.of(4, 5), List.of(4, 5)));
  }

  @Test
  void aWarmUpIsCalledOffWhenBalanceNoLongerAsksForIt() {
    Placement.Member target =
        new Placement.Member(
            "b",
            "b",
            0,
            "",
            Set.of(),
            Set.of(2),
            Set.of(0),
            Set.of(0),
            Map.of(2, PlacementCases.END));
    Map<Integer, Long> mine = Map.of(0, PlacementCases.END, 1, PlacementCases.END);
    Map<String, Placement.Tasks> placed =
        Placement.assign(0, 3, 0, List.of(counting("a", Set.of(0, 1), mine), target));
    assertThat(placed)
        .containsEntry("a", new Placement.Tasks(List.of(), List.of(0, 1), List.of(), List.of()))
        .containsEntry("b", new Placement.Tasks(List.of(), List.of(2), List.of(), List.of()));
  }

  @Test
  void whoIsAtTheEdgeOfTheLagTakesOver() {
    for (long lag : new long[] {0, Placement.ACCEPTABLE_LAG, Placement.ACCEPTABLE_LAG + 1}) {
      Map<Integer, Long> ends = Map.of(0, PlacementCases.END, 1, PlacementCases.END);
      long position = PlacementCases.END - lag;
      Map<String, Placement.Tasks> placed =
          Placement.assign(
              0,
              2,
              0,
              List.of(
                  counting("a", Set.of(0, 1), ends), counting("b", Set.of(), Map.of(1, position))));
      boolean moves = lag <= Placement.ACCEPTABLE_LAG;
      assertThat(placed)
          .containsEntry(
              "b",
              new Placement.Tasks(
                  List.of(),
                  moves ? List.of(1) : List.of(),
                  moves ? List.of() : List.of(1),
                  moves ? List.of() : List.of(1)));
    }
  }

  private static Placement.Member counting(
      String id, Set<Integer> active, Map<Integer, Long> positions) {
    return new Placement.Member(id, id, 0, "", Set.of(), active, Set.of(), Set.of(), positions);
  }

  @Test
  void aGroupOfNobodyIsPlaced() {
    assertThat(Placement.assign(3, 3, 1, List.of())).isEmpty();
  }

  private static boolean isCaughtUp(
      List<Placement.Member> members, Placement.Member member, int p) {
    long newest = members.stream().mapToLong(m -> position(m, p)).max().orElse(0);
    return members.stream()
            .filter(m -> m.instanceId().equals(member.instanceId()))
            .mapToLong(m -> position(m, p))
            .max()
            .orElse(0)
        >= newest - Placement.ACCEPTABLE_LAG;
  }

  private static long position(Placement.Member member, int p) {
    return member.positions().getOrDefault(p, 0L);
  }

  private static void assertBalanced(
      List<Placement.Member> members, Function<Placement.Member, Set<Integer>> owned) {
    List<Integer> counts = members.stream().map(m -> owned.apply(m).size()).toList();
    assertThat(Collections.max(counts) - Collections.min(counts)).isBetween(0, 1);
  }

  private static List<Integer> all(
      Map<String, Placement.Tasks> placed, Function<Placement.Tasks, List<Integer>> kind) {
    return placed.values().stream().map(kind).flatMap(Collection::stream).sorted().toList();
  }

  private static List<String> instances(
      List<Placement.Member> members,
      Map<String, Placement.Tasks> placed,
      Function<Placement.Tasks, List<Integer>> kind,
      int partition) {
    List<String> instances = new ArrayList<>();
    for (Placement.Member member : members) {
      if (kind.apply(PlacementCases.tasks(placed, member)).contains(partition)) {
        instances.add(member.instanceId());
      }
    }
    return instances;
  }

  private static int share(int partitions, int instances) {
    return (partitions + instances - 1) / instances;
  }

  private static List<Integer> range(int end) {
    return IntStream.range(0, end).boxed().toList();
  }
}
