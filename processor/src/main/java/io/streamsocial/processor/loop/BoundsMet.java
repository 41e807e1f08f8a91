package io.streamsocial.processor.loop;

import io.streamsocial.processor.Incidents;

/** Reports that a loop has met a bound of what it keeps, and so counts otherwise. */
final class BoundsMet {
  private static final long QUIET_MS = 60_000;

  private final Incidents incidents;
  private final String loop;
  private final LoopCounters counters;
  private final int maxRegions;
  private long otherRegion;
  private long forgottenIds;

  /**
   * @param loop its name
   */
  BoundsMet(Incidents incidents, String loop, LoopCounters counters, int maxRegions) {
    this.incidents = incidents;
    this.loop = loop;
    this.counters = counters;
    this.maxRegions = maxRegions;
  }

  /** Once a turn. */
  void turn() {
    regions(counters.tasks().otherRegion());
    ids(counters.forgottenIds);
  }

  private void regions(long mentions) {
    if (mentions > otherRegion) {
      otherRegion = mentions;
      incidents.begin(
          Incidents.Kind.REGIONS_FULL,
          loop,
          "a window has %d regions in one shuffle partition, and counts further ones in the region 'other': if the regions are right, raise --max-regions; else look at the producer of the posts"
              .formatted(maxRegions));
    } else if (mentions > 0) {
      incidents.endQuiet(Incidents.Kind.REGIONS_FULL, QUIET_MS, "every region has had room");
    }
  }

  private void ids(long forgotten) {
    if (forgotten > forgottenIds) {
      forgottenIds = forgotten;
      incidents.begin(
          Incidents.Kind.IDS_FORGOTTEN,
          loop,
          "ids of posts are forgotten before their time, for there is no more heap for them: a post that is sent again late counts twice. Give the process more heap with -Xmx, raise --heap-state, or shorten --dedupe");
    } else if (forgotten > 0) {
      incidents.endQuiet(Incidents.Kind.IDS_FORGOTTEN, QUIET_MS, "ids have had room");
    }
  }
}
