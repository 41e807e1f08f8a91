package io.streamsocial.processor.group;

/** Hands out the partitions of one topic, each to the best member. Not thread-safe. */
final class PlacementHandout {
  private final PlacementGroup group;
  private final PlacementQuotas quotas;
  // Members with an extra of the other topic are the last to get one of this topic.
  private final boolean[] avoid;
  // Partitions of both topics: loops of idle instances come before idle loops of busy ones.
  private final int[] instanceLoad;
  // Partitions that members count for other members that are still warming up.
  private final int[] aboveQuota;

  /**
   * A partition that its member could give away. Promised ones first, then what can move at once.
   *
   * @param rank 0 promised, 1 a member with room has caught up, 2 neither
   * @param lag shuffle records that the best one with room is behind
   */
  record Shed(int partition, int rank, long lag) implements Comparable<Shed> {
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

  PlacementHandout(
      PlacementGroup group, PlacementQuotas quotas, boolean[] avoid, int[] instanceLoad) {
    this.group = group;
    this.quotas = quotas;
    this.avoid = avoid;
    this.instanceLoad = instanceLoad;
    aboveQuota = new int[group.size()];
  }

  /**
   * Counts the partitions that members keep. Extras go first to members that have one and should
   * keep it, then to others that have one: each saves a move.
   */
  void keep(int[] owner, int[] intended) {
    int[] has = group.counts(owner);
    int[] meant = group.counts(intended);
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

  /** Counts a partition for a while, until the member that it is kept for has caught up. */
  void takeAboveQuota(int member) {
    aboveQuota[member]++;
  }

  Shed shed(int p, int owner) {
    if (canTake(group.promised[p])) {
      return new Shed(p, 0, 0);
    }
    int best = best(p, true);
    long lag = group.position(owner, p) - group.position(best, p);
    return group.isCaughtUp(best, p) ? new Shed(p, 1, 0) : new Shed(p, 2, lag);
  }

  /** Among the members with room. */
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

  private int load(int member) {
    return quotas.taken(member) + aboveQuota[member];
  }

  private int compareLoad(int a, int b) {
    int byCount = Integer.compare(load(a), load(b));
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
