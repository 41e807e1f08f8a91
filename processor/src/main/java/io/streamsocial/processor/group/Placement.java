package io.streamsocial.processor.group;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/**
 * Decides which loop gets which partitions: a function of what the members of the group report,
 * without clock, I/O or randomness. The leader of the group evaluates it at each rebalance.
 *
 * <p>Posts and active shuffle partitions are spread evenly ({@link PlacementQuotas}) with as little
 * movement as that allows: each member keeps its partitions up to its quota, and only the others
 * are handed out. Ingest tasks have no state and move at once. A count task has state, and moves at
 * once only to an instance that holds it:
 *
 * <pre>
 *   no active        --&gt; a caught-up member with room; without any state all are caught up
 *                        none: a caught-up member above its quota; warm-up as below
 *   its member is    --&gt; a caught-up member with room
 *   above its quota      none: stays; the member with room gets it as a <b>warm-up</b>, a standby
 *                              beside the S wanted, and as a promise: once it has caught up, the
 *                              next placement moves the partition there
 * </pre>
 *
 * <p>Promises make the placement stable: a member reports its warm-ups, and a move under way is
 * kept as long as balance still needs it. Hence assign(assign(x)) = assign(x), and a group comes to
 * rest once its warm-ups have caught up: each placement moves partitions only to where they stay.
 */
final class Placement {
  /**
   * Shuffle records that a member may be behind the most advanced one and still count at once. A
   * record holds the mentions of one publish, so this many are read in well under a second.
   */
  static final long ACCEPTABLE_LAG = 1_000;

  /**
   * @param id unique in the group
   * @param instanceId of its process; all members of one share it
   * @param loop 0 and up, which of the process's loops it is
   * @param zone empty when unknown
   * @param posts partitions that it has
   * @param active shuffle partitions that it counts
   * @param standbys shuffle partitions that it follows, warm-ups included
   * @param warmups the standbys that it was promised as active
   * @param positions shuffle partition -> the next shuffle offset that its local state would fold:
   *     of actives, standbys and stores at rest
   */
  record Member(
      String id,
      String instanceId,
      int loop,
      String zone,
      Set<Integer> posts,
      Set<Integer> active,
      Set<Integer> standbys,
      Set<Integer> warmups,
      Map<Integer, Long> positions) {}

  /**
   * The partitions of one member; all ascending.
   *
   * @param standbys shuffle partitions to follow, warm-ups included
   * @param warmups the standbys that it will count once it has caught up
   */
  record Tasks(
      List<Integer> posts, List<Integer> active, List<Integer> standbys, List<Integer> warmups) {}

  private final PlacementGroup group;
  private final int[] posts;
  private final int[] active;
  private final int[] warmup;
  private final int[] instanceLoad;

  private Placement(PlacementGroup group) {
    this.group = group;
    posts = group.postsOwner.clone();
    active = group.shuffleOwner.clone();
    warmup = new int[active.length];
    Arrays.fill(warmup, PlacementGroup.NONE);
    instanceLoad = new int[group.instances];
  }

  /**
   * @param posts partitions of the posts, 0 or more
   * @param shuffle partitions of the shuffle, 0 or more
   * @param standbys wanted for each of them, 0 or more
   * @return by id of the member; one entry each
   */
  static Map<String, Tasks> assign(
      int posts, int shuffle, int standbys, Collection<Member> members) {
    if (members.isEmpty()) {
      return Map.of();
    }
    PlacementGroup group = new PlacementGroup(posts, shuffle, members);
    Placement placement = new Placement(group);
    placement.placeShuffle(placement.placePosts());
    return placement.tasks(
        new PlacementStandbys(group, placement.active, placement.warmup).place(standbys));
  }

  private PlacementQuotas placePosts() {
    PlacementQuotas quotas = new PlacementQuotas(posts.length, group);
    int[] counts = group.counts(active);
    int shuffleFloor = active.length / group.size();
    boolean[] avoid = new boolean[group.size()];
    for (int m = 0; m < avoid.length; m++) {
      avoid[m] = counts[m] > shuffleFloor;
    }
    PlacementHandout handout = new PlacementHandout(group, quotas, avoid, instanceLoad);
    handout.keep(posts, posts);
    int[] kept = new int[group.size()];
    for (int p = 0; p < posts.length; p++) {
      int owner = posts[p];
      if (owner != PlacementGroup.NONE && kept[owner]++ >= quotas.taken(owner)) {
        posts[p] = PlacementGroup.NONE;
      }
    }
    for (int p = 0; p < posts.length; p++) {
      if (posts[p] == PlacementGroup.NONE) {
        posts[p] = handout.leastLoaded();
        handout.take(posts[p]);
      }
    }
    return quotas;
  }

  private void placeShuffle(PlacementQuotas postsQuotas) {
    PlacementQuotas quotas = new PlacementQuotas(active.length, group);
    boolean[] avoid = new boolean[group.size()];
    for (int m = 0; m < avoid.length; m++) {
      avoid[m] = postsQuotas.taken(m) > postsQuotas.floor();
    }
    int[] intended = active.clone();
    for (int p = 0; p < intended.length; p++) {
      if (group.promised[p] != PlacementGroup.NONE && intended[p] != PlacementGroup.NONE) {
        intended[p] = group.promised[p];
      }
    }
    PlacementHandout handout = new PlacementHandout(group, quotas, avoid, instanceLoad);
    handout.keep(active, intended);
    // Partitions without an active first: promises must not take the room where their state is.
    List<Integer> orphans = of(PlacementGroup.NONE, active);
    orphans.removeIf(p -> moveToCaughtUp(p, handout));
    List<Integer> excess = excess(handout, quotas);
    excess.removeIf(p -> moveToPromised(p, handout));
    excess.removeIf(p -> moveToCaughtUp(p, handout));
    orphans.forEach(p -> warmUp(p, handout));
    excess.forEach(p -> warmUp(p, handout));
  }

  /** Moves partitions of members above their quota. */
  private List<Integer> excess(PlacementHandout handout, PlacementQuotas quotas) {
    int[] counts = group.counts(active);
    List<Integer> excess = new ArrayList<>();
    for (int m = 0; m < counts.length; m++) {
      int owner = m;
      int tooMany = counts[m] - quotas.taken(m);
      if (tooMany > 0) {
        of(owner, active).stream()
            .map(p -> handout.shed(p, owner))
            .sorted()
            .limit(tooMany)
            .forEach(shed -> excess.add(shed.partition()));
      }
    }
    return excess;
  }

  private boolean moveToPromised(int p, PlacementHandout handout) {
    int target = group.promised[p];
    if (!handout.canTake(target)) {
      return false;
    }
    move(p, target, handout);
    return true;
  }

  private boolean moveToCaughtUp(int p, PlacementHandout handout) {
    int target = handout.best(p, true);
    if (!group.isCaughtUp(target, p)) {
      return false;
    }
    move(p, target, handout);
    return true;
  }

  private void warmUp(int p, PlacementHandout handout) {
    int target = handout.best(p, true);
    if (active[p] == PlacementGroup.NONE) {
      // A member with the state, above its quota for a while, is better than no active.
      active[p] = handout.best(p, false);
      handout.takeAboveQuota(active[p]);
    }
    move(p, target, handout);
  }

  private void move(int p, int target, PlacementHandout handout) {
    handout.take(target);
    int owner = active[p];
    boolean isAtOnce =
        owner == PlacementGroup.NONE
            || group.isCaughtUp(target, p)
            // The same instance and so the same store: no warm-up is needed.
            || group.instance[target] == group.instance[owner];
    (isAtOnce ? active : warmup)[p] = target;
  }

  private Map<String, Tasks> tasks(List<SortedSet<Integer>> standbys) {
    Map<String, Tasks> tasks = new LinkedHashMap<>();
    for (int m = 0; m < group.size(); m++) {
      tasks.put(
          group.members.get(m).id(),
          new Tasks(of(m, posts), of(m, active), List.copyOf(standbys.get(m)), of(m, warmup)));
    }
    return tasks;
  }

  private static List<Integer> of(int member, int[] owners) {
    List<Integer> owned = new ArrayList<>();
    for (int p = 0; p < owners.length; p++) {
      if (owners[p] == member) {
        owned.add(p);
      }
    }
    return owned;
  }
}
