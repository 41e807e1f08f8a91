package io.streamsocial.processor.group;

/**
 * How many partitions of one topic each member gets: all the same number, and some one more, the
 * extras. Extras are spread over instances first: were they spread over members only, an instance
 * of four loops with four partitions would keep them all when a second such instance joins.
 *
 * <p>Each instance gets its share of the extras, by its number of members, rounded down; the rest
 * goes to the first members that ask, at most one to an instance. The quotas sum up to the
 * partitions exactly, so handing them out to any member with room never gets stuck. Not
 * thread-safe.
 */
final class PlacementQuotas {
  private final PlacementGroup group;
  private final int floor;
  private final int[] taken;
  private final int[] sure;
  private final boolean[] mayRoundUp;
  private int spare;

  PlacementQuotas(int partitions, PlacementGroup group) {
    this.group = group;
    int members = group.size();
    floor = partitions / members;
    int extras = partitions % members;
    taken = new int[members];
    sure = new int[group.instances];
    mayRoundUp = new boolean[group.instances];
    spare = extras;
    for (int i = 0; i < sure.length; i++) {
      sure[i] = extras * group.loops[i] / members;
      mayRoundUp[i] = extras * group.loops[i] % members != 0;
      spare -= sure[i];
    }
  }

  /** The least that each member gets. */
  int floor() {
    return floor;
  }

  int taken(int member) {
    return taken[member];
  }

  boolean hasRoom(int member) {
    if (taken[member] < floor) {
      return true;
    }
    int i = group.instance[member];
    return taken[member] == floor && (sure[i] > 0 || (mayRoundUp[i] && spare > 0));
  }

  /** Whether the next partition would be the member's extra. */
  boolean nextIsExtra(int member) {
    return taken[member] == floor;
  }

  void take(int member) {
    if (!hasRoom(member)) {
      throw new IllegalStateException("no room at " + group.members.get(member).id());
    }
    if (taken[member] == floor) {
      int i = group.instance[member];
      if (sure[i] > 0) {
        sure[i]--;
      } else {
        mayRoundUp[i] = false;
        spare--;
      }
    }
    taken[member]++;
  }
}
