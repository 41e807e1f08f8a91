package io.streamsocial.processor.loop;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Posts in a simulation of which some are sent again, and a plain map that says which count. */
final class Retries {
  private static final int NAMES = 12;

  private final SplittableRandom random;
  private final long dedupeMs;
  private final Map<String, Long> lastMs = new HashMap<>();

  Retries(SplittableRandom random, long dedupeMs) {
    this.random = random;
    this.dedupeMs = dedupeMs;
  }

  /** Sends one; returns whether it counts. */
  boolean post(LoopRig rig, int partition, long timeMs, String region, String text) {
    String name = "n" + random.nextInt(NAMES);
    return switch (random.nextInt(4)) {
      case 0 -> {
        rig.named(partition, name, timeMs, region, text);
        yield counts("id " + partition + name, rig.nowMs);
      }
      case 1 -> {
        rig.keyed(partition, name, timeMs, region, text);
        yield counts("key " + partition + name, rig.nowMs);
      }
      default -> {
        rig.post(partition, timeMs, region, text);
        yield true;
      }
    };
  }

  private boolean counts(String id, long nowMs) {
    Long last = lastMs.put(id, nowMs);
    return last == null || nowMs - last > dedupeMs;
  }
}
