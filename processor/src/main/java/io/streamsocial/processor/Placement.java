package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/**
 * Which loop gets which partitions: a function of what the members of the group tell, without
 * clock, I/O or chance. The leader of the group evaluates it at each rebalance.
 *
 * <p>Posts and active shuffle partitions are spread evenly ({@link PlacementQuotas}) with as little
 * movement as that allows: everybody keeps what it has up to its quota, and only the rest and what
 * nobody has is handed out. Ingest tasks have no state and move at once. A count task has, and
 * moves at once only to where its state is:
 *
 * <pre>
 *   nobody counts it --&gt; a caught-up member with room; all are where nobody has state
 *                        none: a caught-up member above its quota; warm-up as below
 *   its member is    --&gt; a caught-up member with room
 *   above its quota      none: stays; the member with room gets it as a <b>warm-up</b>, a standby
 *                              beside the S wanted, and as a promise: once it has caught up, the
 *                              next placement moves the partition there
 * </pre>
 *
 * <p>Promises are what makes it stable: a member reports its warm-ups, and a plan under way is kept
 * as long as balance still asks for it. Hence assign(assign(x)) = assign(x), and hence a group in
 * which warm-ups catch up comes to rest: each placement moves partitions only to where they stay.
 */
final class Placement {
  /**
   * Shuffle records that a member may be behind the most advanced one and still count at once. A
   * record holds the mentions of one publish, so this is read in well under a second.
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
   * @param warmups which of them it was promised
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
   * What one member gets; all ascending.
   *
   * @param standbys shuffle partitions to follow, warm-ups included
   * @param warmups which of them it gets to count once it has caught up
   */
  record Tasks(
      List<Integer> posts, List<Integer> active, List<Integer> standbys, List<Integer> warmups) {}

  private final PlacementGroup group;
  private final int[] posts;
  private final int[] active;
  private final int[] warmup;
  // Partitions of both topics: loops of idle instances come before idle loops of busy ones.
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
    int[] counts = counts(active);
    int shuffleFloor = active.length / group.size();
    boolean[] avoid = new boolean[group.size()];
    for (int m = 0; m < avoid.length; m++) {
      avoid[m] = counts[m] > shuffleFloor;
    }
    Handout handout = new Handout(quotas, avoid);
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
    Handout handout = new Handout(quotas, avoid);
    handout.keep(active, intended);
    // First those that nobody counts, so that promises do not take the room where their state is.
    List<Integer> orphans = of(PlacementGroup.NONE, active);
    orphans.removeIf(p -> moveToCaughtUp(p, handout));
    List<Integer> excess = excess(handout, quotas);
    excess.removeIf(p -> moveToPromised(p, handout));
    excess.removeIf(p -> moveToCaughtUp(p, handout));
    orphans.forEach(p -> warmUp(p, handout));
    excess.forEach(p -> warmUp(p, handout));
  }

  /** What is too much where it is. */
  private List<Integer> excess(Handout handout, PlacementQuotas quotas) {
    int[] counts = counts(active);
    List<Integer> excess = new ArrayList<>();
    for (int m = 0; m < counts.length; m++) {
      int tooMany = counts[m] - quotas.taken(m);
      if (tooMany > 0) {
        of(m, active).stream()
            .map(handout::shed)
            .sorted()
            .limit(tooMany)
            .forEach(shed -> excess.add(shed.partition()));
      }
    }
    return excess;
  }

  private boolean moveToPromised(int p, Handout handout) {
    int target = group.promised[p];
    if (!handout.canTake(target)) {
      return false;
    }
    move(p, target, handout);
    return true;
  }

  private boolean moveToCaughtUp(int p, Handout handout) {
    int target = handout.best(p, true);
    if (!group.isCaughtUp(target, p)) {
      return false;
    }
    move(p, target, handout);
    return true;
  }

  private void warmUp(int p, Handout handout) {
    int target = handout.best(p, true);
    if (active[p] == PlacementGroup.NONE) {
      // Better too much work for a while at who has the state than nobody who can answer.
      active[p] = handout.best(p, false);
    }
    move(p, target, handout);
  }

  private void move(int p, int target, Handout handout) {
    handout.take(target);
    int owner = active[p];
    boolean isAtOnce =
        owner == PlacementGroup.NONE
            || group.isCaughtUp(target, p)
            // The same store: it cannot warm up beside itself, and need not.
            || group.instance[target] == group.instance[owner];
    (isAtOnce ? active : warmup)[p] = target;
  }

  private int[] counts(int[] owners) {
    int[] counts = new int[group.size()];
    for (int owner : owners) {
      if (owner != PlacementGroup.NONE) {
        counts[owner]++;
      }
    }
    return counts;
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

  /**
   * A partition that its member could give away. Promised ones first, then what can move at once.
   *
   * @param rank 0 promised, 1 somebody with room has caught up, 2 neither
   * @param lag shuffle records that the best one with room is behind
   */
  private record Shed(int partition, int rank, long lag) implements Comparable<Shed> {
    @Override
    public int compareTo(Shed other) {
      if (rank != other.rank) {
        return Integer.compare(rank, other.rank);
      }
      return lag != other.lag
          ? Long.compare(lag, other.lag)
          : Integer.compare(partition, other.partition);
    }
  }

  /** Hands out the partitions of one topic, to the best member each. */
  private final class Handout {
    private final PlacementQuotas quotas;
    // Members that have an extra of the other topic get one of this as the last.
    private final boolean[] avoid;

    Handout(PlacementQuotas quotas, boolean[] avoid) {
      this.quotas = quotas;
      this.avoid = avoid;
    }

    /**
     * Counts what members keep of what they have. Extras go to those that have one and are meant to
     * keep it, then to those that have one: each saves a movement.
     */
    void keep(int[] owner, int[] intended) {
      int[] has = counts(owner);
      int[] meant = counts(intended);
      for (int m = 0; m < has.length; m++) {
        for (int i = Math.min(has[m], quotas.floor()); i > 0; i--) {
          take(m);
        }
      }
      for (int round = 0; round < 4; round++) {
        for (int m = 0; m < has.length; m++) {
          boolean isTurn = (meant[m] > quotas.floor()) == round < 2 && avoid[m] == (round % 2 == 1);
          if (isTurn && has[m] > quotas.floor() && quotas.hasRoom(m)) {
            take(m);
          }
        }
      }
    }

    boolean canTake(int member) {
      return member != PlacementGroup.NONE && quotas.hasRoom(member);
    }

    void take(int member) {
      quotas.take(member);
      instanceLoad[group.instance[member]]++;
    }

    Shed shed(int p) {
      if (canTake(group.promised[p])) {
        return new Shed(p, 0, 0);
      }
      int best = best(p, true);
      long lag = group.position(active[p], p) - group.position(best, p);
      return group.isCaughtUp(best, p) ? new Shed(p, 1, 0) : new Shed(p, 2, lag);
    }

    /** Of the members with room. */
    int leastLoaded() {
      int best = PlacementGroup.NONE;
      for (int m = 0; m < group.size(); m++) {
        if (quotas.hasRoom(m) && (best == PlacementGroup.NONE || compareLoad(m, best) < 0)) {
          best = m;
        }
      }
      return best;
    }

    /** The warmest member for a shuffle partition; of equals a follower, then the least loaded. */
    int best(int p, boolean withRoom) {
      int best = PlacementGroup.NONE;
      for (int m = 0; m < group.size(); m++) {
        if ((!withRoom || quotas.hasRoom(m))
            && (best == PlacementGroup.NONE || compare(p, m, best) < 0)) {
          best = m;
        }
      }
      return best;
    }

    private int compare(int p, int a, int b) {
      int byWarmth = Long.compare(warmth(b, p), warmth(a, p));
      if (byWarmth != 0) {
        return byWarmth;
      }
      int byFollowing = Boolean.compare(group.follows(b, p), group.follows(a, p));
      return byFollowing != 0 ? byFollowing : compareLoad(a, b);
    }

    private long warmth(int member, int p) {
      return group.isCaughtUp(member, p) ? Long.MAX_VALUE : group.position(member, p);
    }

    private int compareLoad(int a, int b) {
      int byCount = Integer.compare(quotas.taken(a), quotas.taken(b));
      if (byCount != 0) {
        return byCount;
      }
      boolean isExtra = quotas.nextIsExtra(a);
      int byOther = isExtra ? Boolean.compare(avoid[a], avoid[b]) : 0;
      return byOther != 0
          ? byOther
          : Integer.compare(instanceLoad[group.instance[a]], instanceLoad[group.instance[b]]);
    }
  }
}
