package io.streamsocial.processor.loop;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.task.TaskCounters;

/** Reports that a loop counts regions together because their windows have no room for more. */
final class RegionsFull {
  private static final long QUIET_MS = 60_000;

  private final Incidents incidents;
  private final String loop;
  private final TaskCounters counters;
  private final int maxRegions;
  private long seen;

  /**
   * @param loop its name
   */
  RegionsFull(Incidents incidents, String loop, TaskCounters counters, int maxRegions) {
    this.incidents = incidents;
    this.loop = loop;
    this.counters = counters;
    this.maxRegions = maxRegions;
  }

  /** Once a turn. */
  void turn() {
    long mentions = counters.otherRegion();
    if (mentions > seen) {
      seen = mentions;
      incidents.begin(
          Incidents.Kind.REGIONS_FULL,
          loop,
          "a window has %d regions in one shuffle partition, and counts further ones in the region 'other': if the regions are right, raise --max-regions; else look at the producer of the posts"
              .formatted(maxRegions));
    } else if (seen > 0) {
      incidents.endQuiet(Incidents.Kind.REGIONS_FULL, QUIET_MS, "every region has had room");
    }
  }
}
